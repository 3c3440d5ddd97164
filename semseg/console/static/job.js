// The page of a training job: curves, epochs, log and progress, as the job tells them.
import { draw } from "./chart.js";

const follow = document.querySelector("[data-follow]");
const log = document.querySelector("[data-log]");
const tail = document.querySelector("[data-tail]");
const MOST_CHARACTERS = 400000;
let state = JSON.parse(follow.dataset.state);

render();
toEnd();
new ResizeObserver(curves).observe(follow);
if (!("over" in follow.dataset)) listen();

function listen() {
  const source = new EventSource(`/jobs/${follow.dataset.follow}/events`);
  source.addEventListener("open", () => (log.textContent = ""));
  source.addEventListener("state", (event) => {
    state = JSON.parse(event.data);
    render();
  });
  source.addEventListener("log", (event) => {
    const { lines, left_out: leftOut } = JSON.parse(event.data);
    const head = leftOut ? `... ${leftOut} lines before these are in the log's file\n` : "";
    log.textContent = (log.textContent + head + lines.map((line) => `${line}\n`).join("")).slice(-MOST_CHARACTERS);
    toEnd();
  });
  source.addEventListener("over", () => {
    source.close();
    location.reload();
  });
}

function toEnd() {
  if (tail.checked) log.scrollTop = log.scrollHeight;
}

function render() {
  const share = document.querySelector("[data-share]");
  if (share) {
    share.value = state.share;
    document.querySelector("[data-phase]").textContent = state.phase || "starting";
    document.querySelector("[data-note]").textContent = state.note;
  }
  document.querySelector("[data-what]").textContent = state.what.split(": ").slice(1).join(": ");
  document.querySelector("[data-of]").textContent = state.of && ` of ${state.of}`;
  warnings();
  epochs();
  curves();
}

function warnings() {
  const list = document.querySelector("[data-warnings]");
  const shown = [...list.children].map((item) => item.textContent.trim());
  for (const text of state.warnings.filter((one) => !shown.includes(one.trim()))) {
    const item = document.createElement("li");
    const note = document.createElement("div");
    note.className = "note warn";
    note.textContent = text;
    item.append(note);
    list.append(item);
  }
  list.hidden = !list.children.length;
}

function epochs() {
  const best = state.epochs.findLast((epoch) => epoch.best);
  const number = (value, digits = 4) => (value === null ? "–" : value.toFixed(digits));
  const rows = [...state.epochs].reverse().map((epoch) => {
    const row = document.createElement("tr");
    const cells = [epoch.number, number(epoch.loss), number(epoch.accuracy), number(epoch.iou), number(epoch.speed, 1), clock(epoch.seconds), epoch === best ? "best" : ""];
    row.append(...cells.map((text, place) => {
      const cell = document.createElement("td");
      cell.className = place < 6 ? "number" : "winner";
      cell.textContent = text;
      return cell;
    }));
    return row;
  });
  document.querySelector("[data-epochs]").replaceChildren(...rows);
}

function clock(seconds) {
  if (seconds === null) return "–";
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function curves() {
  const style = getComputedStyle(document.documentElement);
  const points = (key) => state.epochs.filter((epoch) => epoch[key] !== null).map((epoch) => [epoch.number, epoch[key]]);
  const best = state.epochs.findLast((epoch) => epoch.best)?.number;
  const shared = { planned: state.planned };
  draw(document.querySelector("[data-chart=loss]"), [{ name: "", colour: style.getPropertyValue("--loss"), points: points("loss") }], { ...shared, title: "Training loss" });
  draw(document.querySelector("[data-chart=iou]"), [{ name: "", colour: style.getPropertyValue("--curve"), points: points("iou"), best }], { ...shared, highest: 1, title: "Validation mIOU" });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", curves);
