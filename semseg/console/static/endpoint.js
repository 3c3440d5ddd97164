// The page of an endpoint: sends pictures, and shows what was answered: the mask over the picture, and the class and
// its probability under the pointer.

const AT_A_TIME = 2; // requests; while one picture is computed, the next is on its way
const MOST_PICTURES = 500; // of one folder
const PICTURES = /\.(jpe?g|png|tiff?|bmp|webp)$/i;
const WAIT = 1000; // milliseconds between two looks at an endpoint that starts

const waits = document.querySelector("[data-status]");
if (waits && ["Creating", "Preparing"].includes(waits.dataset.status)) {
  setInterval(async () => {
    const answer = await fetch(waits.dataset.statusAddress, { headers: { Accept: "application/json" } });
    if (!answer.ok || (await answer.json()).status !== waits.dataset.status) location.reload();
  }, WAIT);
}

const place = document.getElementById("answer");
if (place) {
  look(place);
  listen(document.getElementById("drop"));
  document.getElementById("answers").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-key]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.dataset.key);
  });
}

// --- sending

function listen(drop) {
  const zone = drop.querySelector(".drop-zone");
  for (const id of ["files", "folder"]) {
    const input = document.getElementById(id);
    input.addEventListener("change", async () => {
      await send(drop, [...input.files]);
      input.value = "";
    });
  }
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => zone.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const files = entries.length ? await filesOf(entries) : [...event.dataTransfer.files];
    await send(drop, files);
  });
}

async function filesOf(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || found.length > MOST_PICTURES) continue;
    if (entry.isFile) found.push(await new Promise((done, fail) => entry.file(done, fail)));
    else found.push(...await filesOf(await contentOf(entry.createReader())));
  }
  return found;
}

async function contentOf(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return all;
    all.push(...some);
  }
}

async function send(drop, files) {
  const isFolder = files.length > 1;
  const pictures = files.filter((file) => !isFolder || PICTURES.test(file.name)).slice(0, MOST_PICTURES);
  const bar = document.getElementById("asked");
  const told = document.getElementById("told");
  document.getElementById("refused").replaceChildren();
  if (!pictures.length) {
    told.textContent = "There is no picture among these files.";
    return;
  }
  const waiting = [...pictures];
  let done = 0;
  let answered = 0;
  const move = () => {
    bar.max = pictures.length;
    bar.value = done;
    if (done === pictures.length) told.textContent = `${answered} of ${counted(done)} answered.`;
    else if (done) told.textContent = `${answered} of ${counted(pictures.length)} answered so far …`;
    else told.textContent = `Asking about ${pictures.length === 1 ? pictures[0].name : counted(pictures.length)} …`;
  };
  drop.querySelector(".asked").classList.add("busy");
  move();
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    while (waiting.length) {
      const key = await ask(drop, waiting.shift());
      done += 1;
      if (key) answered += 1;
      move();
      if (key && answered === 1) await show(key);
    }
  }));
  drop.querySelector(".asked").classList.remove("busy");
}

function counted(number) {
  return number === 1 ? "1 picture" : `${number} pictures`;
}

async function ask(drop, file) {
  if (file.size > Number(drop.dataset.most)) {
    refuse(file.name, `it has more than ${Number(drop.dataset.most) / 2 ** 20} MiB`);
    return null;
  }
  try {
    const answer = await fetch(`${drop.dataset.address}?file=${encodeURIComponent(file.name)}`, {
      method: "POST", body: file, headers: { Accept: "application/json", "Content-Type": "application/octet-stream" },
    });
    const content = await answer.json();
    if (!answer.ok) {
      refuse(file.name, content.message);
      return null;
    }
    list(content, file.name);
    return content.key;
  } catch {
    refuse(file.name, "the console did not answer: is it still running?");
    return null;
  }
}

function refuse(name, why) {
  const note = document.createElement("li");
  note.className = "note bad";
  note.textContent = `${name}: ${why}`;
  document.getElementById("refused").append(note);
}

function list({ key, address }, name) {
  const answers = document.getElementById("answers");
  const picture = Object.assign(new Image(120, 90), { src: `${address}/shown`, alt: "", loading: "lazy" });
  const link = Object.assign(document.createElement("a"), { href: `?picture=${key}` });
  link.dataset.key = key;
  link.append(picture, element("span", name));
  const item = document.createElement("li");
  item.append(link);
  answers.querySelector("ul").prepend(item);
  answers.hidden = false;
}

// --- showing

async function show(key) {
  const answer = await fetch(`${document.getElementById("drop").dataset.address}/${key}`);
  if (!answer.ok) return;
  const opacity = place.querySelector("#opacity")?.value;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...made.body.children);
  if (opacity) place.querySelector("#opacity").value = opacity;
  history.replaceState(null, "", `?picture=${key}`);
  for (const link of document.querySelectorAll("#answers a")) {
    if (link.dataset.key === key) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  await look(place);
}

async function look(root) {
  const canvas = root.querySelector("canvas");
  if (!canvas) return;
  const classes = await pixelsOf(canvas.dataset.classes, canvas.width, canvas.height);
  const boxes = [...root.querySelectorAll("[data-class]")];
  const legend = new Map(boxes.map((box) => [Number(box.dataset.class), box]));
  const opacity = root.querySelector("#opacity");
  const draw = () => paint(canvas, classes, legend);
  const fade = () => { canvas.style.opacity = opacity.value / 100; };
  for (const box of boxes) box.addEventListener("change", draw);
  opacity.addEventListener("input", fade);
  fade();
  draw();
  point(root, canvas, classes, legend);
  canvas.dataset.drawn = "yes";
}

async function pixelsOf(address, width, height) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

function paint(canvas, classes, legend) {
  const context = canvas.getContext("2d");
  const drawn = context.createImageData(canvas.width, canvas.height);
  const colours = new Map();
  for (const [id, box] of legend) {
    if (box.checked) colours.set(id, [1, 3, 5].map((start) => parseInt(box.dataset.colour.slice(start, start + 2), 16)));
  }
  for (let at = 0; at < classes.length; at += 4) {
    const colour = colours.get(classes[at]);
    if (colour) drawn.data.set([...colour, 255], at);
  }
  context.putImageData(drawn, 0, 0);
}

function point(root, canvas, classes, legend) {
  const view = root.querySelector(".view");
  const mark = root.querySelector(".point");
  const under = root.querySelector(".under");
  const unasked = under.cloneNode(true);
  let x = Math.floor(canvas.width / 2);
  let y = Math.floor(canvas.height / 2);
  const tell = () => {
    const at = 4 * (y * canvas.width + x);
    const box = legend.get(classes[at]);
    const swatch = box.parentElement.querySelector("svg").cloneNode(true);
    const name = element("strong", box.dataset.name);
    const probability = classes[at + 2] ? `probability ${classes[at + 1]} %` : "no probability: the picture is too large";
    under.replaceChildren(swatch, name, element("span", probability));
  };
  view.addEventListener("pointermove", (event) => {
    const box = view.getBoundingClientRect();
    x = clamp(Math.floor((event.clientX - box.left) / box.width * canvas.width), canvas.width);
    y = clamp(Math.floor((event.clientY - box.top) / box.height * canvas.height), canvas.height);
    mark.hidden = true;
    tell();
  });
  view.addEventListener("pointerleave", () => {
    if (document.activeElement !== view) under.replaceChildren(...unasked.cloneNode(true).childNodes);
  });
  view.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const size = Math.max(1, Math.round(Math.max(canvas.width, canvas.height) / 100)) * (event.shiftKey ? 10 : 1);
    x = clamp(x + size * step[0], canvas.width);
    y = clamp(y + size * step[1], canvas.height);
    mark.hidden = false;
    mark.style.left = `${100 * (x + 0.5) / canvas.width}%`;
    mark.style.top = `${100 * (y + 0.5) / canvas.height}%`;
    tell();
  });
}

function element(kind, text) {
  return Object.assign(document.createElement(kind), { textContent: text });
}

function clamp(value, size) {
  return Math.min(size - 1, Math.max(0, value));
}
