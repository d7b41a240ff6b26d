// Light or dark, and the charts. The chart library is loaded after this file, so drawing waits for the whole page.
(function () {
  "use strict";
  var root = document.documentElement;
  var saved = null;
  try { saved = localStorage.getItem("theme"); } catch (error) { saved = null; }
  var prefersDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = saved || (prefersDark ? "dark" : "light");

  function filled(spec, roles, coloured, isColour) {
    if (typeof spec === "string") { return isColour && spec.charAt(0) === "@" && roles[spec.slice(1)] || spec; }
    if (Array.isArray(spec)) { return spec.map(function (each) { return filled(each, roles, coloured, isColour); }); }
    if (spec && typeof spec === "object") {
      var copy = {};
      Object.keys(spec).forEach(function (name) {
        var isData = name === "data" || name === "datasets";
        copy[name] = isData ? spec[name] : filled(spec[name], roles, coloured, coloured.indexOf(name) >= 0);
      });
      return copy;
    }
    return spec;
  }

  function draw() {
    var theme = window.CRMETRICS_THEME;
    if (!theme || !window.vegaEmbed) { return; }
    var mode = root.dataset.theme;
    document.querySelectorAll("script.spec").forEach(function (script) {
      var place = script.previousElementSibling;
      var spec = filled(JSON.parse(script.textContent), theme.roles[mode], theme.coloured, false);
      window.vegaEmbed(place, spec, {
        actions: false, renderer: "svg", ast: true, config: theme.config[mode], defaultStyle: false,
        tooltip: { disableDefaultStyle: true }
      }).then(function () { place.dataset.ready = "1"; }, function (error) { place.textContent = error.message; });
    });
  }

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-toggle-theme]")) { return; }
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch (error) { /* a browser without storage forgets */ }
    draw();
  });
  document.addEventListener("change", function (event) {
    if (event.target.matches("form.bar select")) { event.target.form.requestSubmit(); }
  });
  window.addEventListener("load", draw);
}());
