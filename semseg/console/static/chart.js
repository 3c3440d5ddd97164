// Draws curves over epochs as SVG: lines of points with a grid, the best epoch marked, values under the pointer.

const SPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 220;
const EDGE = { left: 44, right: 14, top: 14, bottom: 28 };

function element(name, attributes = {}, text = "") {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// The steps of a grid between two values: 1, 2 or 5 times a power of ten.
function steps(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) found.push(value);
  return { found, digits: Math.max(0, -Math.floor(Math.log10(step))) };
}

// place: an element. lines: [{name, colour, points: [[epoch, value]], best}]. options: {planned, highest, title}.
export function draw(place, lines, { planned = 1, highest = null, title = "" }) {
  const width = Math.max(220, place.clientWidth);
  const points = lines.flatMap((line) => line.points);
  const last = Math.max(planned, 1, ...points.map(([epoch]) => epoch));
  const top = highest ?? (Math.max(0, ...points.map(([, value]) => value)) * 1.08 || 1);
  const x = (epoch) => EDGE.left + (last === 1 ? 0.5 : (epoch - 1) / (last - 1)) * (width - EDGE.left - EDGE.right);
  const y = (value) => HEIGHT - EDGE.bottom - (Math.min(value, top) / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const said = lines.map((line) => sentence(line)).filter(Boolean).join("; ");
  const svg = element("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": `${title}: ${said || "no epoch is over yet"}` });
  const grid = steps(0, top, 4);
  for (const value of grid.found) {
    svg.append(element("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }));
    svg.append(element("text", { class: "tick", x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(grid.digits)));
  }
  const across = steps(1, last, Math.min(8, width / 60)).found.filter((epoch) => Number.isInteger(epoch) && x(epoch) - x(1) > 24);
  for (const epoch of [1, ...across]) {
    svg.append(element("text", { class: "tick", x: x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, String(epoch)));
  }
  for (const line of lines) {
    if (line.best) {
      svg.append(element("line", { class: "best", x1: x(line.best), x2: x(line.best), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
    }
    const path = line.points.map(([epoch, value], place) => `${place ? "L" : "M"}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    svg.append(element("path", { class: "curve", d: path, stroke: line.colour }));
    if (line.points.length <= 60) {
      for (const [epoch, value] of line.points) {
        svg.append(element("circle", { cx: x(epoch), cy: y(value), r: epoch === line.best ? 5 : 3, fill: line.colour }));
      }
    }
  }
  if (!points.length) svg.append(element("text", { class: "none", x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, "no epoch is over yet"));
  const hint = element("g", { class: "hint", visibility: "hidden" });
  svg.append(hint);
  svg.addEventListener("pointermove", (event) => show(event.offsetX * (width / svg.clientWidth || 1)));
  svg.addEventListener("pointerleave", () => hint.setAttribute("visibility", "hidden"));
  place.replaceChildren(svg);

  function show(at) {
    if (!points.length) return;
    const epoch = points.map(([one]) => one).reduce((near, one) => (Math.abs(x(one) - at) < Math.abs(x(near) - at) ? one : near));
    const words = lines.flatMap((line) => line.points.filter(([one]) => one === epoch).map(([, value]) => `${line.name ? `${line.name} ` : ""}${value.toFixed(4)}`));
    const side = x(epoch) > width / 2 ? "end" : "start";
    const beside = x(epoch) + (side === "end" ? -8 : 8);
    const rows = [`epoch ${epoch}`, ...words].map((text, row) => element("text", { x: beside, y: EDGE.top + 14 + 16 * row, "text-anchor": side }, text));
    hint.replaceChildren(element("line", { x1: x(epoch), x2: x(epoch), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }), ...rows);
    hint.setAttribute("visibility", "visible");
  }
}

function sentence(line) {
  if (!line.points.length) return "";
  const [epoch, value] = line.points.at(-1);
  const best = line.best && line.points.find(([one]) => one === line.best);
  return `${line.name ? `${line.name}, ` : ""}${value.toFixed(3)} after epoch ${epoch}${best ? `, best ${best[1].toFixed(3)} in epoch ${line.best}` : ""}`;
}
