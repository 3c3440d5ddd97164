// The curves of several jobs over each other.
import { draw } from "./chart.js";

const place = document.querySelector("[data-curves]");
const jobs = JSON.parse(place.dataset.curves);
const colours = [...document.querySelectorAll("thead .swatch rect")].map((rect) => rect.getAttribute("fill"));

function curves(key, options) {
  const lines = jobs.map((job, number) => ({
    name: job.name,
    colour: colours[number],
    points: job.epochs.filter((epoch) => epoch[key] !== null).map((epoch) => [epoch.number, epoch[key]]),
  }));
  draw(document.querySelector(`[data-chart=${key}]`), lines, options);
}

function all() {
  curves("loss", { title: "Training loss" });
  curves("iou", { title: "Validation mIOU", highest: 1 });
}

all();
new ResizeObserver(all).observe(place);
