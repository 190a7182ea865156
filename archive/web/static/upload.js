// Sends the chosen files one after the other and tells of each: its name, then its receipt or the reason it was not
// taken, then what became of it. Names that have not passed the gate are known to this tab alone: they are kept here
// for a reload and forgotten at the next sign-in. Without scripts the form sends all files and shows their receipts.
"use strict";
(() => {
  const section = document.getElementById("sent");
  if (!section) return;
  const form = document.querySelector("form[data-upload]");
  const body = section.querySelector("tbody");
  const summary = document.getElementById("sent-summary");
  const words = section.dataset;
  const memory = `sent:${location.pathname}`;
  const queue = [];
  let sending = false;
  const TELL_EVERY_MS = 2000; // a stack of small files does not load the table for each of them

  const rows = remembered().map(show);
  follow();
  document.body.addEventListener("batchMoved", follow);

  if (form) {
    const input = form.querySelector("input[type=file]");
    const drop = form.querySelector(".drop");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const files = [...input.files];
      input.value = "";
      add(files);
    });
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
    window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
  }

  function add(files) {
    for (const file of files) {
      const row = show({ name: file.name, outcome: "waiting" });
      rows.push(row);
      queue.push([file, row]);
    }
    sum();
    send();
  }

  async function send() {
    if (sending) return;
    sending = true;
    let told = 0;
    while (queue.length) {
      const [file, row] = queue.shift();
      await sendOne(file, row);
      remember();
      sum();
      if (!queue.length || performance.now() - told > TELL_EVERY_MS) {
        htmx.trigger(document.body, "batchMoved");
        told = performance.now();
      }
    }
    sending = false;
    const live = document.getElementById("live");
    if (live) htmx.ajax("GET", `${location.pathname}/progress`, { target: live, swap: "outerHTML" });
  }

  async function sendOne(file, row) {
    if (file.size > Number(words.limit)) return tell(row, { outcome: "refused", reason: words.tooBig });
    tell(row, { outcome: "sending" });
    const content = new FormData();
    content.append("files", file, file.name);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: content,
        headers: { Accept: "application/json", "X-CSRF-Token": document.body.dataset.csrf },
      });
      if (response.redirected) return fail(file, row, words.signedOut);
      if (!response.ok) return fail(file, row, window.archivePage.problemIn(await response.text()));
      const [received] = (await response.json()).files;
      tell(row, received);
    } catch {
      fail(file, row);
    }
  }

  function fail(file, row, reason) {
    tell(row, { outcome: "failed", reason: reason || words.failed });
    const again = document.createElement("button");
    again.type = "button";
    again.className = "small";
    again.textContent = words.again;
    again.addEventListener("click", () => { tell(row, { outcome: "waiting" }); queue.push([file, row]); sum(); send(); });
    row.fate.append(" ", again);
  }

  function show(told) {
    const element = document.createElement("tr");
    const [name, answer, fate] = ["th", "td", "td"].map((kind) => element.appendChild(document.createElement(kind)));
    name.scope = "row";
    name.textContent = told.name;
    body.append(element);
    section.hidden = false;
    const row = { element, answer, fate, told };
    tell(row, told);
    return row;
  }

  function tell(row, told) {
    row.told = { name: row.told.name, ...told };
    const { outcome, receipt, reason } = row.told;
    const bad = outcome === "refused" || outcome === "failed";
    row.element.className = bad ? "bad" : receipt ? "good" : "";
    row.answer.textContent = receipt || words[outcome] || "";
    row.answer.classList.toggle("code", Boolean(receipt));
    row.fate.textContent = reason || (outcome === "duplicate" ? words.duplicate : "");
  }

  // the batch tells what became of each receipt since
  async function follow() {
    sum();
    if (!rows.some((row) => row.told.receipt)) return;
    const answer = await fetch(`${location.pathname}/outcomes`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const known = await answer.json();
    for (const row of rows) {
      const outcome = known[row.told.receipt];
      if (!outcome) continue;
      row.element.className = outcome.bad ? "bad" : "good";
      row.fate.textContent = outcome.text;
    }
  }

  function sum() {
    const count = (...outcomes) => rows.filter((row) => outcomes.includes(row.told.outcome)).length;
    const said = words.summary
      .replace("{done}", rows.length - count("waiting", "sending"))
      .replace("{all}", rows.length)
      .replace("{taken}", count("stored", "duplicate"))
      .replace("{refused}", count("refused"))
      .replace("{failed}", count("failed"));
    if (rows.length && summary.textContent !== said) summary.textContent = said;
  }

  function remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(memory) || "[]");
    } catch {
      return [];
    }
  }

  function remember() {
    const answered = rows.map((row) => row.told).filter((told) => told.receipt || told.outcome === "refused");
    try {
      sessionStorage.setItem(memory, JSON.stringify(answered));
    } catch {
      // a tab without storage shows the list until it is reloaded
    }
  }
})();
