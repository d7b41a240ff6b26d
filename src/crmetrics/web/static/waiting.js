// Parts of a page that are still being worked out are looked up again and put in place as soon as they are there.
(function () {
  "use strict";
  var tries = 0;
  function again() {
    tries += 1;
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        var page = new DOMParser().parseFromString(text, "text/html"), is_new = false;
        document.querySelectorAll("[data-waiting][id]").forEach(function (here) {
          var found = page.getElementById(here.id);
          if (found && !here.contains(document.activeElement)) {
            is_new = is_new || !found.hasAttribute("data-waiting");
            here.replaceWith(document.adoptNode(found));
          }
        });
        if (is_new) { document.dispatchEvent(new CustomEvent("modechange")); }
        if (tries < 60 && document.querySelector("[data-waiting][id]")) { window.setTimeout(again, 1200 + tries * 300); }
      }, function () { /* without a connection the page stays as it is */ });
  }
  window.setTimeout(again, 1500);
}());
