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
  // The list of all analyses, cut to those that hold every word typed, with or without the marks on letters
  function plain(text) {
    return text.toLocaleLowerCase(root.lang).normalize("NFKD").replace(/\p{M}/gu, "").replace(/\u0131/g, "i");
  }
  function find(typed) {
    var sought = plain(typed).split(/\s+/).filter(Boolean), found = 0;
    document.querySelectorAll("main section").forEach(function (section) {
      var area = plain(section.querySelector("h2").textContent), own = 0;
      section.querySelectorAll(".links li").forEach(function (entry) {
        var text = area + " " + plain(entry.textContent);
        entry.hidden = !sought.every(function (word) { return text.indexOf(word) >= 0; });
        if (!entry.hidden) { own += 1; }
      });
      section.hidden = !own;
      found += own;
    });
    document.querySelector("[data-none]").hidden = found > 0;
  }
  var finder = document.querySelector("[data-find]");
  if (finder) {
    finder.hidden = false;
    finder.addEventListener("input", function (event) { find(event.target.value); });
  }
  document.addEventListener("change", function (event) {
    if (event.target.matches("form.bar select")) { event.target.form.requestSubmit(); }
  });
  window.addEventListener("load", draw);
}());
