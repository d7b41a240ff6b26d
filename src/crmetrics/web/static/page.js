// What every page has: light or dark, a list cut to the words typed.
(function () {
  "use strict";
  var root = document.documentElement;
  var saved = null;
  try { saved = localStorage.getItem("theme"); } catch (error) { saved = null; }
  var prefersDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = saved || (prefersDark ? "dark" : "light");

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-toggle-theme]")) { return; }
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch (error) { /* a browser without storage forgets */ }
    document.dispatchEvent(new Event("modechange"));
  });

}());
