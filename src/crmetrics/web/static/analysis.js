// The page of an analysis: what is chosen is asked for at once, parts of the page come when they are wanted.
(function () {
  "use strict";
  function part(address) {
    return fetch(address, { headers: { "X-Part": "1" }, credentials: "same-origin" });
  }
  function each(selector, doing) { document.querySelectorAll(selector).forEach(doing); }

  // A form says only what is not as usual: what has not been touched and is blank is left out
  document.addEventListener("submit", function (event) {
    event.target.querySelectorAll("input, select").forEach(function (field) {
      if (field.type !== "checkbox" && field.name && !field.value) { field.disabled = true; }
    });
  });
  window.addEventListener("pageshow", function () {
    each("form :disabled", function (field) { field.disabled = false; });
  });

  // Period, comparison, grouping: chosen is asked. Two days are asked when both are there.
  var days = document.querySelector("[data-days]");
  if (days && "idle" in days.dataset) { days.hidden = true; }
  document.addEventListener("change", function (event) {
    var field = event.target, form = field.form;
    if (!form || !form.matches(".tools")) { return; }
    if (field.name === "period" && field.value === "custom") {
      days.hidden = false;
      days.querySelector("input").focus();
      return;
    }
    if (field.name === "first" || field.name === "last") {
      if (form.elements.first.value && form.elements.last.value && form.elements.first.value <= form.elements.last.value) {
        form.elements.period.value = "custom";
        return;
      }
      return;
    }
    if (field.type !== "date") { form.requestSubmit(); }
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.matches(".tools") && form.elements.period && form.elements.period.value !== "custom") {
      ["first", "last"].forEach(function (name) { if (form.elements[name]) { form.elements[name].disabled = true; } });
    }
  });

  // The values of a dimension, below its button
  var place = document.getElementById("values"), opener = null;
  function open(dimension, button) {
    var address = new URL(place.dataset.valuesAt, window.location.href);
    address.searchParams.set("choose", dimension);
    part(address).then(function (answer) { return answer.text(); }).then(function (html) {
      place.innerHTML = html;
      each("[data-values]", function (other) { other.setAttribute("aria-expanded", String(other === button)); });
      each(".drop[open]", function (drop) { drop.open = false; });
      opener = button;
      var first = place.querySelector("[data-typed]");
      if (first) { first.focus(); }
    });
  }
  function close() {
    place.replaceChildren();
    each("[data-values]", function (other) { other.setAttribute("aria-expanded", "false"); });
    if (opener) { opener.focus(); }
  }
  // What is typed is looked for; what is ticked stays ticked
  var typing = 0;
  document.addEventListener("input", function (event) {
    if (!event.target.matches("[data-typed]")) { return; }
    window.clearTimeout(typing);
    typing = window.setTimeout(function () {
      var form = event.target.form, sent = new URLSearchParams(new FormData(form));
      sent.set("choose", event.target.name.replace(/^find\./, ""));
      part(place.dataset.valuesAt.split("?")[0] + "?" + sent).then(function (answer) { return answer.text(); }).then(function (html) {
        var fresh = document.createElement("div"), list = form.querySelector(".ticks"), now;
        fresh.innerHTML = html;
        now = fresh.querySelector(".ticks") || fresh.querySelector("form > p");
        if (list && now) { list.replaceWith(now); } else if (now) { place.innerHTML = html; place.querySelector("[data-typed]").focus(); }
      });
    }, 200);
  });

  // What other definitions would give; what is still being worked out is asked for again
  function effects(button) {
    var section = button.closest("[data-effects-at]"), list = section.querySelector(".switches");
    button.setAttribute("aria-disabled", "true");
    section.setAttribute("aria-busy", "true");
    (function look() {
      part(section.dataset.effectsAt).then(function (answer) {
        return answer.text().then(function (html) {
          if (answer.ok) { list.innerHTML = html; }
          if (answer.ok && answer.headers.get("X-Complete") === "no") { window.setTimeout(look, 1500); return; }
          section.removeAttribute("aria-busy");
          button.parentElement.remove();
        });
      });
    }());
  }

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-values],[data-close],[data-effects],[data-copy],[data-print]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    if (target.dataset.values && place) {
      event.preventDefault();
      if (target.getAttribute("aria-expanded") === "true") { close(); } else { open(target.dataset.values, target); }
    } else if ("close" in target.dataset) {
      event.preventDefault();
      close();
    } else if ("effects" in target.dataset) {
      event.preventDefault();
      effects(target);
    } else if (target.dataset.copy) {
      var field = document.getElementById(target.dataset.copy);
      field.select();
      navigator.clipboard.writeText(field.value).then(function () { target.textContent = target.dataset.copied; });
    } else { window.print(); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    var drop = document.querySelector(".drop[open]");
    if (drop) { drop.open = false; drop.querySelector("summary").focus(); } else if (place && place.firstChild) { close(); }
  });
  // A list that was opened closes when something else is pressed
  document.addEventListener("click", function (event) {
    each(".drop[open]", function (drop) { if (!drop.contains(event.target)) { drop.open = false; } });
  });
  each("[data-print]", function (button) { button.hidden = false; });
  if (navigator.clipboard) { each("[data-copy]", function (button) { button.hidden = false; }); }

  // An answer that is being worked out arrives by itself
  var waiting = document.querySelector("[data-waiting]");
  if (waiting) {
    (function look() {
      part(waiting.dataset.waiting).then(function (answer) {
        if (answer.status === 503) { throw new Error(answer.statusText); } // stopped: it is asked again when the server is back
        // who has been signed out meanwhile is led to the sign-in, and what has failed is told, by the page itself
        return answer.redirected || !answer.ok ? { ready: true } : answer.json();
      }).then(function (told) {
        if (told.ready) { window.location.reload(); return; }
        waiting.querySelector("[data-told]").textContent = told.sentence;
        if (told.usual) { waiting.querySelector("progress").value = Math.min(told.seconds, told.usual); }
        window.setTimeout(look, 1000);
      }, function () { window.setTimeout(look, 3000); });
    }());
  }
}());
