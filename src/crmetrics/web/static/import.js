// How far the work is, until it has ended; then the page itself is loaded again.
(function () {
  "use strict";
  function again() {
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        var found = new DOMParser().parseFromString(text, "text/html").getElementById("work");
        var here = document.getElementById("work");
        if (!found) { location.reload(); return; }
        here.replaceWith(document.adoptNode(found));
        window.setTimeout(again, 1000);
      }, function () { window.setTimeout(again, 5000); });
  }
  window.setTimeout(again, 700);
}());
