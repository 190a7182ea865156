// The page image (OpenSeadragon) with its words over it as selectable text, and places marked on it.
"use strict";
window.archiveViewer = (() => {
  const box = document.getElementById("viewer");
  if (!box) return null;
  const pages = JSON.parse(box.dataset.pages);
  const select = document.getElementById("page-number");
  const measure = document.createElement("canvas").getContext("2d");
  const FONT_PX = 100;
  measure.font = `${FONT_PX}px "Liberation Sans", Arial, Helvetica, sans-serif`;

  let current = null;
  let overlay = null;
  let place = null; // { page, box } that a field points at
  const byHand = new Map(); // number of a page seen -> boxes of what was written on it by hand
  let hits = []; // [page, box] of the searched words, in order
  let hit = -1;

  // the viewer adds a style element for touch screens, which our policy forbids; it adds none where it finds one,
  // and an element of that name that is no HTML styles nothing
  const noStyle = document.createElementNS(null, "style");
  noStyle.setAttribute("data-openseadragon-mobile-css", "");
  document.head.append(noStyle);

  const viewer = OpenSeadragon({
    element: box,
    drawer: "canvas",
    showNavigationControl: false,
    animationTime: 0.3,
    maxZoomPixelRatio: 4,
    minZoomImageRatio: 0.7,
    visibilityRatio: 0.3,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { dblClickToZoom: true },
    keyboardNavEnabled: true,
  });
  // our own letters; arrows and the wheel stay with the viewer
  viewer.addHandler("canvas-key", (event) => {
    if (!/^Arrow/.test(event.originalEvent.key)) event.preventDefaultAction = true;
  });

  function open(number) {
    const page = pages.find((each) => each.number === number) || pages[0];
    if (current === page) return draw();
    current = page;
    select.value = String(page.number);
    viewer.clearOverlays();
    overlay = null;
    viewer.open({ type: "image", url: page.image, buildPyramid: false });
  }

  viewer.addHandler("open", async () => {
    const page = current;
    const layer = document.createElement("div");
    layer.className = "overlay";
    layer.lang = "vi";
    const size = viewer.world.getItemAt(0).getBounds();
    viewer.addOverlay({ element: layer, location: size });
    overlay = layer;
    layer.addEventListener("pointerdown", keepForText);
    layer.addEventListener("mousedown", keepForText);
    draw();
    fitWidth(true);
    if (place || hit >= 0) show();
    const answer = await fetch(page.words);
    if (answer.ok && overlay === layer) {
      const told = await answer.json();
      addWords(layer, told.lines, page.width / page.height);
      byHand.set(page.number, told.hand);
      draw();
      tellFields();
      box.dataset.ready = String(page.number);
    }
  });
  viewer.addHandler("open-failed", () => window.archivePage.say(box.dataset.lost, "bad"));

  // a drag that begins on a word selects text, one that begins beside words moves the page
  function keepForText(event) {
    if (event.target.classList.contains("word")) event.stopPropagation();
  }

  function addWords(layer, lines, ratio) {
    for (const line of lines) {
      const row = document.createElement("div");
      for (const [text, left, top, right, bottom] of line) {
        const word = document.createElement("span");
        word.className = "word";
        word.textContent = text + " ";
        const height = bottom - top;
        const natural = measure.measureText(text).width / FONT_PX; // in ems, and an em is the height of the box
        const wanted = ((right - left) * ratio) / height;
        position(word, [left, top, right, bottom]);
        word.style.fontSize = `${height * 100}cqh`;
        word.style.width = "auto";
        word.style.transform = `scaleX(${natural ? wanted / natural : 1})`;
        row.append(word);
      }
      layer.append(row);
    }
  }

  function position(element, [left, top, right, bottom]) {
    element.style.left = `${left * 100}%`;
    element.style.top = `${top * 100}%`;
    element.style.width = `${(right - left) * 100}%`;
    element.style.height = `${(bottom - top) * 100}%`;
  }

  function draw() {
    if (!overlay) return;
    for (const old of overlay.querySelectorAll(".place, .hit, .hand")) old.remove();
    for (const written of byHand.get(current.number) || []) mark("hand", written);
    for (const [page, marked] of hits) if (page === current.number) mark("hit", marked);
    if (place && place.page === current.number) mark("place", place.box);
  }

  function mark(kind, marked) {
    const element = document.createElement("div");
    element.className = kind;
    position(element, marked);
    overlay.prepend(element);
  }

  // a field that rests on handwriting says so
  function tellFields() {
    for (const field of document.querySelectorAll("#side [data-field][data-box]")) {
      const [left, top, right, bottom] = field.dataset.box.split(",").map(Number);
      const holds = (each) => left <= (each[0] + each[2]) / 2 && (each[0] + each[2]) / 2 <= right && top <= (each[1] + each[3]) / 2 && (each[1] + each[3]) / 2 <= bottom;
      field.classList.toggle("by-hand", (byHand.get(Number(field.dataset.page)) || []).some(holds));
    }
  }

  // bring what is marked into view: close enough to read, with some paper around it
  function show() {
    const target = place && place.page === current.number ? place.box : hits[hit]?.[0] === current.number ? hits[hit][1] : null;
    if (!target || !overlay) return;
    const [left, top, right, bottom] = target;
    const tall = current.height / current.width;
    const width = Math.max(0.55, Math.min(1, right - left + 0.2));
    const x = Math.min(Math.max(0, (left + right) / 2 - width / 2), 1 - width);
    const port = viewer.viewport.getContainerSize();
    const height = (width * port.y) / port.x;
    const middle = ((top + bottom) / 2) * tall - height / 2;
    const y = height >= tall ? (tall - height) / 2 : Math.min(Math.max(0, middle), tall - height);
    viewer.viewport.fitBounds(new OpenSeadragon.Rect(x, y, width, height));
  }

  function fitWidth(immediately) {
    const port = viewer.viewport.getContainerSize();
    const tall = current.height / current.width;
    const height = port.y / port.x;
    if (height >= tall) return viewer.viewport.goHome(immediately);
    viewer.viewport.fitBounds(new OpenSeadragon.Rect(0, 0, 1, height), immediately);
  }

  function showPlace(page, marked) {
    place = marked ? { page, box: marked } : null;
    const here = current?.number === page;
    open(page);
    if (here) show();
  }

  function goToHit(index) {
    if (!hits.length) return;
    hit = (index + hits.length) % hits.length;
    place = null;
    const counter = document.getElementById("hit-count");
    counter.textContent = counter.dataset.pattern.replace("{number}", hit + 1).replace("{total}", hits.length);
    const here = current?.number === hits[hit][0];
    open(hits[hit][0]);
    if (here) show();
  }

  async function loadMarks() {
    const answer = await fetch(box.dataset.marks);
    if (!answer.ok) return;
    const marked = (await answer.json()).pages;
    hits = Object.keys(marked).map(Number).sort((a, b) => a - b).flatMap((page) => marked[page].map((each) => [page, each]));
    if (!hits.length) return;
    document.getElementById("hit-bar").hidden = false;
    draw();
    goToHit(Math.max(0, hits.findIndex(([page]) => page === current.number)));
  }

  document.getElementById("side").addEventListener("htmx:afterSettle", tellFields);
  select.addEventListener("change", () => open(Number(select.value)));
  for (const button of document.querySelectorAll("[data-go]")) {
    button.addEventListener("click", () => {
      const index = pages.indexOf(current) + Number(button.dataset.go);
      if (pages[index]) open(pages[index].number);
    });
  }
  for (const button of document.querySelectorAll("[data-open]")) {
    button.addEventListener("click", () => { place = null; open(Number(button.dataset.open)); box.focus(); });
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => { viewer.viewport.zoomBy(Number(button.dataset.zoom)); viewer.viewport.applyConstraints(); });
  }
  for (const button of document.querySelectorAll("[data-fit]")) {
    button.addEventListener("click", () => (button.dataset.fit === "width" ? fitWidth(false) : viewer.viewport.goHome()));
  }
  for (const button of document.querySelectorAll("[data-hit]")) {
    button.addEventListener("click", () => goToHit(hit + Number(button.dataset.hit)));
  }

  open(Number(box.dataset.first));
  if (box.dataset.marks) loadMarks();
  return { showPlace };
})();
