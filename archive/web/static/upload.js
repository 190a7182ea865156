// Sends the chosen files two at a time, in parts that a cut line or a killed server does not lose (tus 1.0), and tells of
// each: its name and how far it is, then its receipt or the reason it was not taken, then what became of it. Whoever
// chooses the same files again goes on where they stopped, in this tab or another one. Names that have not passed the
// gate are known to this tab alone: they are kept here for a reload and forgotten at the next sign-in.
// Without scripts the form sends all files at once and shows their receipts.
"use strict";
(() => {
  const section = document.getElementById("sent");
  if (!section) return;
  const form = document.querySelector("form[data-upload]");
  const body = section.querySelector("tbody");
  const summary = document.getElementById("sent-summary");
  const bar = section.querySelector(".sent-bar");
  const pause = section.querySelector("[data-stop]");
  const words = section.dataset;
  const memory = `sent:${location.pathname}`;
  const AT_ONCE = 2;
  const PART_BYTES = 16 << 20;
  const HASHED_BYTES = 64 << 20; // bigger files would fill the memory of the browser: the server alone digests them
  const TELL_EVERY_MS = 2000; // a stack of small files does not load the table for each of them
  const UNDER = ["waiting", "sending", "away", "paused"];
  const WAITS_S = [1, 3, 5, 10, 20, 30];
  const OF_THE_SYSTEM = /^(\..*|thumbs\.db|desktop\.ini)$/i;

  const queue = [];
  const active = new Set();
  let workers = 0;
  let paused = false;
  let told = 0;

  const rows = remembered().map(show);
  follow();
  document.body.addEventListener("batchMoved", follow);

  if (form) listen();
  else localStorage.removeItem(memory); // the batch is closed: nothing is sent again

  function listen() {
    const input = form.querySelector("#files");
    const folder = form.querySelector("#folder");
    const drop = form.querySelector(".drop");
    folder.closest("[hidden]").hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const files = [...input.files, ...folder.files].map((file) => [file, file.webkitRelativePath || file.name]);
      input.value = folder.value = "";
      add(files);
    });
    folder.addEventListener("change", () => { input.required = !folder.files.length; });
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
    drop.addEventListener("drop", async (event) => {
      event.preventDefault();
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      const plain = [...event.dataTransfer.files].map((file) => [file, file.name]);
      add(entries.length ? (await Promise.all(entries.map(within))).flat() : plain);
    });
    pause.addEventListener("click", () => (paused ? goOn() : stop()));
    window.addEventListener("beforeunload", (event) => { if (active.size) event.preventDefault(); });
    window.addEventListener("online", () => { for (const job of active) job.tryNow?.(); });
  }

  // a dropped folder, as [file, path below it]
  async function within(entry) {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      return [[file, entry.fullPath.replace(/^\//, "")]];
    }
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) return (await Promise.all(found.map(within))).flat();
      found.push(...some);
    }
  }

  async function add(files) {
    const jobs = [];
    for (const [file, name] of files) {
      if (OF_THE_SYSTEM.test(file.name)) continue;
      const row = show({ name, outcome: "waiting" });
      rows.push(row);
      if (file.size > Number(words.limit)) tell(row, { outcome: "refused", reason: words.tooBig });
      else jobs.push({ file, name, row, fails: 0 });
    }
    sum();
    const begun = await unfinished();
    for (const job of jobs) {
      job.print = await fingerprint(job);
      const receipt = job.print && taken()[job.print];
      if (receipt) {
        tell(job.row, { outcome: "earlier", receipt });
        continue;
      }
      const same = begun.findIndex((each) => sameFile(each, job));
      if (same >= 0) job.begun = begun.splice(same, 1)[0];
      queue.push(job);
    }
    sum();
    work();
  }

  function work() {
    while (!paused && workers < AT_ONCE && workers < queue.length + active.size) run();
  }

  async function run() {
    workers += 1;
    while (queue.length && !paused) {
      const job = queue.shift();
      active.add(job);
      const ended = await send(job);
      active.delete(job);
      if (!ended) queue.unshift(job);
      remember();
      sum();
      if (ended && (!queue.length || performance.now() - told > TELL_EVERY_MS)) {
        told = performance.now();
        htmx.trigger(document.body, "batchMoved");
      }
    }
    workers -= 1;
    sum();
    const live = document.getElementById("live");
    if (!workers && live) htmx.ajax("GET", `${location.pathname}/progress`, { target: live, swap: "outerHTML" });
  }

  // true when the file has an outcome; false when it was paused
  async function send(job) {
    tell(job.row, { outcome: "sending", sent: portion(job.begun?.received_bytes ?? 0, job.file.size) });
    if (!(await readable(job.file))) {
      fail(job, words.unreadable);
      return true;
    }
    job.sha256 ??= await digest(job.file);
    if (job.begun?.sha256 && job.sha256 && job.begun.sha256 !== job.sha256) job.begun = null; // another file of that name
    if (job.begun) document.querySelector(`[data-unfinished="${job.begun.upload}"]`)?.remove();
    for (;;) {
      if (paused) return false;
      if (!job.begun && job.tried) job.begun = (await unfinished()).find((each) => sameFile(each, job)); // its answer was lost
      job.tried = true;
      const answer = await attempt(job);
      if (answer.paused) return false;
      if (answer.outcome) {
        keep(job, answer);
        tell(job.row, answer);
        return true;
      }
      if (answer.gone) job.begun = null;
      else if (answer.reason) {
        fail(job, answer.reason);
        return true;
      } else {
        tell(job.row, { ...job.row.told, outcome: "away" });
        await rest(job);
        if (!(await readable(job.file))) {
          fail(job, words.unreadable);
          return true;
        }
      }
    }
  }

  // One try: {outcome, receipt, reason} of the server; {gone}; {reason} that trying again does not mend; or nothing: away
  function attempt(job) {
    return new Promise((done) => {
      const metadata = { batch: words.batch, filename: job.name, filetype: job.file.type, modified: String(job.file.lastModified) };
      if (job.sha256) metadata.sha256 = job.sha256;
      const upload = new tus.Upload(job.file, {
        ...(job.begun ? { uploadUrl: job.begun.upload } : { endpoint: "/tus/", metadata }),
        headers: { "X-CSRF-Token": document.body.dataset.csrf },
        chunkSize: PART_BYTES,
        retryDelays: null,
        storeFingerprintForResuming: false,
        onUploadUrlAvailable: () => { job.begun ??= { upload: new URL(upload.url, location.href).pathname, received_bytes: 0 }; },
        onChunkComplete: (size, received) => {
          job.begun.received_bytes = received;
          job.fails = 0;
        },
        onProgress: (sent, all) => {
          tell(job.row, { outcome: "sending", sent: portion(sent, all) });
          sum();
        },
        onSuccess: async ({ lastResponse }) => done(await outcome(job, lastResponse)),
        onError: (error) => done(wrong(job, error.originalResponse)),
      });
      job.stop = () => { upload.abort(); done({ paused: true }); };
      upload.start();
    });
  }

  function portion(sent, all) {
    return all ? sent / all : 1;
  }

  async function outcome(job, response) {
    const [kind, receipt] = ["Archive-Outcome", "Archive-Receipt"].map((name) => response.getHeader(name));
    if (kind && kind !== "refused") return { outcome: kind, receipt };
    const answer = await fetch(`/api/v1/uploads/${job.begun.upload.split("/").pop()}`).catch(() => null);
    if (!answer?.ok) return {};
    const { outcome, receipt: number, reason } = await answer.json();
    return outcome ? { outcome, receipt: number, reason } : {};
  }

  function wrong(job, response) {
    const status = response?.getStatus() || 0;
    if (!status || status >= 500 || status === 429 || (status === 409 && job.begun)) return {}; // asked for anew
    if (status === 401 || status === 403) return { reason: words.signedOut };
    if (status === 410 || status === 404) return { gone: true };
    const reason = detail(response);
    return response.getHeader("Archive-Outcome") === "refused" ? { outcome: "refused", reason } : { reason };
  }

  function detail(response) {
    try {
      return JSON.parse(response.getBody()).detail;
    } catch {
      return words.failed;
    }
  }

  function rest(job) {
    const seconds = WAITS_S[Math.min(job.fails++, WAITS_S.length - 1)];
    return new Promise((done) => {
      const timer = setTimeout(done, seconds * 1000);
      job.tryNow = () => { clearTimeout(timer); done(); };
      job.stop = job.tryNow;
    }).finally(() => { job.tryNow = null; });
  }

  function stop() {
    paused = true;
    pause.textContent = words.resume;
    for (const job of active) {
      job.stop?.();
      tell(job.row, { ...job.row.told, outcome: "paused" });
    }
    sum();
  }

  function goOn() {
    paused = false;
    pause.textContent = words.pause;
    sum();
    work();
  }

  function fail(job, reason) {
    tell(job.row, { outcome: "failed", reason: reason || words.failed });
    const again = document.createElement("button");
    again.type = "button";
    again.className = "small";
    again.textContent = words.again;
    again.addEventListener("click", () => { tell(job.row, { outcome: "waiting" }); queue.push(job); sum(); work(); });
    job.row.fate.append(" ", again);
  }

  // what this person has begun here before, in whatever tab
  async function unfinished() {
    const found = [];
    for (let cursor = ""; cursor !== null;) {
      const asked = `/api/v1/batches/${words.batch}/uploads?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const answer = await fetch(asked).catch(() => null);
      if (!answer?.ok) return found;
      const page = await answer.json();
      found.push(...page.items);
      cursor = page.next;
    }
    return found;
  }

  function sameFile(begun, { file, name }) {
    return begun.state === "open" && begun.name === name && begun.size_bytes === file.size && begun.modified === String(file.lastModified);
  }

  // not when it was moved or changed since it was chosen
  function readable(file) {
    return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  }

  async function digest(file) {
    if (!crypto.subtle || file.size > HASHED_BYTES) return null;
    return hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  }

  // Tells a file again that was received from here, without telling its name
  async function fingerprint({ file, name }) {
    if (!crypto.subtle) return null;
    const told = `${words.batch}\n${name}\n${file.size}\n${file.lastModified}`;
    return hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(told)));
  }

  function hex(buffer) {
    return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function taken() {
    try {
      return JSON.parse(localStorage.getItem(memory) || "{}");
    } catch {
      return {};
    }
  }

  function keep(job, { receipt }) {
    if (!receipt || !job.print) return;
    try {
      localStorage.setItem(memory, JSON.stringify({ ...taken(), [job.print]: receipt }));
    } catch {
      // a browser without storage sends the file again, and the server says that it has it
    }
  }

  function show(first) {
    const element = document.createElement("tr");
    const [name, answer, fate] = ["th", "td", "td"].map((kind) => element.appendChild(document.createElement(kind)));
    name.scope = "row";
    name.textContent = first.name;
    body.append(element);
    section.hidden = false;
    const row = { element, answer, fate, told: first };
    tell(row, first);
    return row;
  }

  function tell(row, said) {
    row.told = { name: row.told.name, ...said };
    const { outcome, receipt, reason, sent } = row.told;
    const bad = outcome === "refused" || outcome === "failed";
    row.element.className = bad ? "bad" : receipt ? "good" : "";
    row.answer.classList.toggle("code", Boolean(receipt));
    row.fate.textContent = reason || { duplicate: words.duplicate, earlier: words.earlier }[outcome] || "";
    if (sent === undefined) row.answer.textContent = receipt || words[outcome] || "";
    else progress(row, `${words[outcome]} ${Math.floor(sent * 100)}%`, sent);
  }

  function progress(row, text, sent) {
    let meter = row.answer.querySelector("progress");
    if (!meter) {
      meter = document.createElement("progress");
      meter.max = 1;
      meter.setAttribute("aria-label", row.told.name);
      row.answer.replaceChildren(document.createElement("span"), meter);
    }
    row.answer.firstChild.textContent = text;
    meter.value = sent;
  }

  // the batch tells what became of each receipt since
  async function follow() {
    sum();
    if (!rows.some((row) => row.told.receipt)) return;
    const answer = await fetch(`${location.pathname}/outcomes`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const known = await answer.json();
    for (const row of rows) {
      const became = known[row.told.receipt];
      if (!became) continue;
      row.element.className = became.bad ? "bad" : "good";
      row.fate.textContent = became.text;
    }
  }

  function sum() {
    const count = (...outcomes) => rows.filter((row) => outcomes.includes(row.told.outcome)).length;
    const under = count(...UNDER);
    const said = words.summary
      .replace("{done}", rows.length - under)
      .replace("{all}", rows.length)
      .replace("{taken}", count("stored", "duplicate", "earlier"))
      .replace("{refused}", count("refused"))
      .replace("{failed}", count("failed"));
    if (rows.length && summary.textContent !== said) summary.textContent = said;
    bar.hidden = !under;
    bar.max = rows.length || 1;
    bar.value = rows.reduce((whole, row) => whole + (UNDER.includes(row.told.outcome) ? row.told.sent || 0 : 1), 0);
    pause.hidden = !under;
  }

  function remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(memory) || "[]");
    } catch {
      return [];
    }
  }

  function remember() {
    const answered = rows.map((row) => row.told).filter((each) => each.receipt || each.outcome === "refused");
    try {
      sessionStorage.setItem(memory, JSON.stringify(answered));
    } catch {
      // a tab without storage shows the list until it is reloaded
    }
  }
})();
