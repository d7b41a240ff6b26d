// Charts: drawn by the library in the colours of the mode; read with a pointer, with the keyboard, or as a table.
(function () {
  "use strict";
  var root = document.documentElement;

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

  // The marks that tell something, in the order in which they were drawn; of two that tell the same the first.
  function marksOf(place) {
    var seen = {};
    return Array.prototype.filter.call(place.querySelectorAll("svg path, svg rect, svg line, svg text, svg g"), function (node) {
      var item = node.__data__, told = item && item.tooltip;
      if (!told || typeof told !== "object") { return false; }
      var key = JSON.stringify(told);
      if (seen[key]) { return false; }
      seen[key] = true;
      return true;
    });
  }

  function sentence(told) {
    return Object.keys(told).map(function (name) { return name.trim() ? name + ": " + told[name] : told[name]; }).join(", ");
  }

  // With the keyboard: one stop for the chart, the arrows go from mark to mark
  function byKeys(place) {
    var figure = place.closest("figure"), told = figure && figure.querySelector(".told");
    if (!told) { return; }
    place.tabIndex = 0;
    place.addEventListener("focus", function () { if (!told.textContent) { told.textContent = told.dataset.keys; } });
    place.addEventListener("blur", function () { told.textContent = ""; light(place, null); });
    place.addEventListener("keydown", function (event) {
      var marks = marksOf(place), last = marks.length - 1, at = marks.indexOf(place.current);
      var next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
      if (event.key === "Enter" && place.current) {
        var item = place.current.__data__;
        if (item.href) { window.location.assign(item.href); }
        return;
      }
      if (next === undefined || last < 0) { return; }
      event.preventDefault();
      light(place, marks[Math.max(0, Math.min(last, next))]);
      told.textContent = sentence(place.current.__data__.tooltip);
    });
  }
  function light(place, mark) {
    if (place.current) { place.current.classList.remove("lit"); }
    place.current = mark;
    if (mark) { mark.classList.add("lit"); }
  }

  // The same values as a table, made when it is opened
  function asTable(figure) {
    var twin = figure.querySelector(".twin");
    if (!twin) { return; }
    twin.hidden = false;
    twin.addEventListener("toggle", function () {
      if (!twin.open) { return; }
      var rows = marksOf(figure.querySelector(".vz")).map(function (mark) { return mark.__data__.tooltip; });
      var names = rows.reduce(function (all, row) {
        Object.keys(row).forEach(function (name) { if (all.indexOf(name) < 0) { all.push(name); } });
        return all;
      }, []);
      var table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
      names.forEach(function (name) {
        var cell = document.createElement("th");
        cell.scope = "col";
        cell.textContent = name;
        head.appendChild(cell);
      });
      rows.forEach(function (row) {
        var line = body.insertRow();
        names.forEach(function (name) { line.insertCell().textContent = row[name] === undefined ? "" : row[name]; });
      });
      twin.querySelector(".tw").replaceChildren(table);
    });
  }

  function draw(isFirst) {
    var theme = window.CRMETRICS_THEME;
    if (!theme || !window.vegaEmbed) { return; }
    var mode = root.dataset.theme;
    document.querySelectorAll("script.spec").forEach(function (script) {
      var place = script.previousElementSibling, figure = place.closest("figure");
      var spec = filled(JSON.parse(script.textContent), theme.roles[mode], theme.coloured, false);
      window.vegaEmbed(place, spec, {
        actions: false, renderer: "svg", ast: true, config: theme.config[mode], defaultStyle: false,
        tooltip: { disableDefaultStyle: true }
      }).then(function () {
        // what the marks tell is told by the place, the keys and the table: the drawing itself has nothing to say
        place.querySelectorAll("svg [role]").forEach(function (node) {
          node.removeAttribute("role");
          node.removeAttribute("aria-roledescription");
        });
        place.dataset.ready = "1";
        if (isFirst) { byKeys(place); if (figure) { asTable(figure); } }
      }, function (error) { place.textContent = error.message; place.dataset.ready = "1"; });
    });
  }
  document.addEventListener("modechange", function () { draw(false); });
  window.addEventListener("load", function () { draw(true); });
}());
