// The fields beside the page: moved through, shown on the page, accepted and corrected without a mouse.
"use strict";
(() => {
  const side = document.getElementById("side");
  if (!side) return;
  let index = -1; // of the current field
  let changed = false; // the coming swap answers a change that was made to a field

  const fields = () => [...side.querySelectorAll(".fields > li")];
  const current = () => side.querySelector(".fields > li.current");

  function choose(field, { focus = true } = {}) {
    current()?.classList.remove("current");
    if (!field) return;
    field.classList.add("current");
    index = fields().indexOf(field);
    if (focus) field.querySelector(".field-value").focus({ preventScroll: true });
    const about = field.getBoundingClientRect();
    if (about.top < 60 || about.bottom > innerHeight) field.scrollIntoView({ block: "center" });
    showOnPage(field);
  }

  function showOnPage(field) {
    if (!field.dataset.page || !window.archiveViewer) return;
    window.archiveViewer.showPlace(Number(field.dataset.page), field.dataset.box?.split(",").map(Number));
  }

  function edit(field) {
    const details = field?.querySelector("details.edit");
    if (!details) return;
    details.open = true;
    const input = details.querySelector("input:not([type=hidden]), textarea");
    input.focus();
    input.select();
  }

  function add(name) {
    const form = document.getElementById("add");
    form.open = true;
    form.querySelector("select").value = name;
    form.querySelector("textarea").focus();
  }

  side.addEventListener("click", (event) => {
    const value = event.target.closest(".field-value");
    if (value) choose(value.closest("li"));
    const absent = event.target.closest("[data-add]");
    if (absent) add(absent.dataset.add);
  });
  side.addEventListener("focusin", (event) => {
    const field = event.target.closest(".fields > li");
    if (field && field !== current()) choose(field, { focus: false });
  });
  side.addEventListener("toggle", (event) => {
    const details = event.target;
    if (details.matches?.("details.edit[open]") && !details.contains(document.activeElement?.closest("form"))) edit(details.closest("li"));
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writing = event.target.matches?.("input, textarea, select");
    const form = event.target.closest?.("form[data-correct]");
    if (form && event.key === "Escape") {
      const field = form.closest("li");
      form.reset();
      form.closest("details").open = false;
      return choose(field);
    }
    if (form && event.key === "Enter" && event.target.matches("textarea") && !event.shiftKey) {
      event.preventDefault();
      return form.requestSubmit(form.querySelector("button.first"));
    }
    if (writing) return;
    const all = fields();
    const move = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (move && (event.key.length === 1 || side.contains(event.target))) {
      event.preventDefault();
      const next = Math.min(Math.max(0, index + move), all.length - 1);
      choose(all[next]);
    } else if (event.key === "a" && current()) {
      event.preventDefault();
      const accept = current().querySelector("form[data-accept]");
      if (accept) accept.requestSubmit();
      else if (current().matches(".doubtful")) edit(current());
    } else if (event.key === "e" && current()) {
      event.preventDefault();
      edit(current());
    }
  });

  side.addEventListener("htmx:beforeRequest", (event) => { changed = event.target.matches("form[data-accept], form[data-correct]"); });
  // after the settling: until then htmx gives elements of the same id their earlier classes
  side.addEventListener("htmx:afterSettle", () => {
    if (!changed) return;
    changed = false;
    const doubtful = side.querySelector(".fields > li.doubtful");
    if (doubtful) choose(doubtful);
    else (side.querySelector("#review") || side.querySelector(".field-value"))?.focus();
  });

  if (location.hash.startsWith("#field-")) choose(document.getElementById(location.hash.slice(1)));
  else if (!document.getElementById("viewer")?.dataset.marks) choose(side.querySelector(".fields > li.doubtful"), { focus: true });
})();
