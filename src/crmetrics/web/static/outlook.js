// What models have yet to learn is looked up again and put in place as soon as it is there.
(function () {
  "use strict";
  var tries = 0;
  function again() {
    tries += 1;
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        var found = new DOMParser().parseFromString(text, "text/html").getElementById("outlook");
        var here = document.getElementById("outlook");
        if (found && here && !here.contains(document.activeElement)) { here.replaceWith(document.adoptNode(found)); }
        if (tries < 40 && document.querySelector("#outlook[data-waiting]")) { window.setTimeout(again, 1500 + tries * 500); }
      }, function () { /* without a connection the page stays as it is */ });
  }
  window.setTimeout(again, 2000);
}());
