// The list of all analyses, cut while one types to those that hold every word, in whatever language it is typed.
(function () {
  "use strict";
  function plain(text) {
    var small = text.replace(/[\u0130I]/g, "i").replace(/[\u2019\u02bc\u2018`]/g, "'").toLowerCase();
    return small.normalize("NFKD").replace(/\p{M}/gu, "").replace(/\u0131/g, "i");
  }
  function find(typed) {
    var wanted = plain(typed).split(/\s+/).filter(Boolean), found = 0;
    document.querySelectorAll("main section").forEach(function (section) {
      var area = plain(section.querySelector("h2").textContent), own = 0;
      section.querySelectorAll("[data-sought]").forEach(function (entry) {
        var text = area + " " + entry.dataset.sought + " " + plain(entry.textContent);
        entry.hidden = !wanted.every(function (word) { return text.indexOf(word) >= 0; });
        if (!entry.hidden) { own += 1; }
      });
      section.hidden = !own;
      found += own;
    });
    document.querySelector("[data-none]").hidden = found > 0;
  }
  var finder = document.querySelector("[data-find] input");
  if (finder) { finder.addEventListener("input", function () { find(finder.value); }); }
}());
