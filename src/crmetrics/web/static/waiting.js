// What is still being worked out is looked up again and put in place as soon as it is there. A mark data-waiting stands in it;
// what is renewed is the nearest part around the mark that has an id. Work that changes the data (id "work") is followed to its
// end, and then the page itself is loaded again; anything else is looked up less and less often, and not for ever.
(function () {
  "use strict";
  var MOST = 60, tries = 0;
  function isWork() { return document.getElementById("work") !== null; }
  function isWaiting(part) { return part.matches("[data-waiting]") || part.querySelector("[data-waiting]") !== null; }
  function renewed(page) {
    var isNew = false;
    document.querySelectorAll("[data-waiting]").forEach(function (mark) {
      var here = mark.closest("[id]"), found = page.getElementById(here.id);
      if (!found && here.id === "work") { location.reload(); }
      if (!found || found.outerHTML === here.outerHTML || here.contains(document.activeElement)) { return; }
      isNew = isNew || !isWaiting(found);
      here.replaceWith(document.adoptNode(found));
    });
    return isNew;
  }
  function again() {
    tries += 1;
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        if (renewed(new DOMParser().parseFromString(text, "text/html"))) { document.dispatchEvent(new CustomEvent("modechange")); }
        if (isWork()) { window.setTimeout(again, 1000); return; }
        if (tries < MOST && document.querySelector("[data-waiting]")) { window.setTimeout(again, 1200 + tries * 300); }
      }, function () {
        if (isWork()) { window.setTimeout(again, 5000); } // without a connection anything else stays as it is
      });
  }
  window.setTimeout(again, isWork() ? 700 : 1500);
}());
