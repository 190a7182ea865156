// Sends the chosen files one after the other, each with its own outcome; without scripts the form sends them all.
"use strict";
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const list = form.querySelector(".sent");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...input.files];
    input.value = "";
    send(files);
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); send([...event.dataTransfer.files]); });

  async function send(files) {
    const rows = files.map(row);
    for (const [index, file] of files.entries()) {
      await sendOne(file, rows[index]);
      htmx.trigger(document.body, "batchMoved");
    }
    const live = document.getElementById("live");
    if (live && files.length) htmx.ajax("GET", location.pathname + "/progress", { target: live, swap: "outerHTML" });
  }

  function row(file) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const state = document.createElement("span");
    name.textContent = file.name;
    item.append(name, state);
    list.append(item);
    return { item, state };
  }

  async function sendOne(file, { item, state }) {
    if (file.size > Number(form.dataset.limit)) return tell(item, state, form.dataset.tooBig, "bad");
    state.textContent = form.dataset.sending;
    const body = new FormData();
    body.append("files", file, file.name);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRF-Token": document.body.dataset.csrf },
      });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const [received] = (await response.json()).files;
      tell(item, state, received.reason || received.receipt, received.outcome === "refused" ? "bad" : "good");
    } catch {
      tell(item, state, form.dataset.failed, "bad");
    }
  }

  function tell(item, state, text, kind) {
    item.className = kind;
    state.textContent = text;
  }
})();
