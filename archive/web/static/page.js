// What every page has: the menu of narrow screens, shortcuts, the token of htmx requests, what went wrong.
"use strict";
(() => {
  const said = document.getElementById("said");
  let saidTimer = 0;

  function say(text, kind) {
    clearTimeout(saidTimer);
    said.className = "notice " + kind;
    said.textContent = text;
    saidTimer = setTimeout(() => { said.textContent = ""; }, kind === "bad" ? 12000 : 5000);
  }

  // what a page of ours says went wrong
  function problemIn(html) {
    return new DOMParser().parseFromString(html, "text/html").getElementById("error-detail")?.textContent;
  }
  window.archivePage = { say, problemIn };

  if (document.querySelector("form[action=\"/sign-in\"]")) sessionStorage.clear(); // what one person's tab knew is not for the next

  const button = document.querySelector(".menu-button");
  button?.addEventListener("click", () => {
    const open = button.closest(".top").classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  });

  document.addEventListener("keydown", (event) => {
    const who = document.querySelector("details.who[open]");
    if (event.key === "Escape" && who) {
      who.open = false;
      who.querySelector("summary").focus();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    const target = [...document.querySelectorAll("[data-hot]")].find((each) => each.dataset.hot === event.key);
    if (!target || target.closest("[hidden]")) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  });

  function isWriting(element) {
    return element.matches?.("input, textarea, select, [contenteditable]");
  }

  for (const print of document.querySelectorAll("[data-print]")) print.addEventListener("click", () => window.print());

  document.body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = document.body.dataset.csrf;
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig.verb === "get") return;
    say(problemIn(event.detail.xhr.responseText) || said.dataset.offline, "bad");
  });
  document.body.addEventListener("htmx:sendError", () => say(said.dataset.offline, "bad"));
})();
