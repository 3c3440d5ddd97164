// The curves of several jobs over each other.
import { draw } from "./chart.js";

const place = document.querySelector("[data-curves]");
const jobs = [...place.querySelectorAll("[data-curve]")].map((job) => {
  const { curve: name, of, colour, epochs, loss, iou } = job.dataset;
  const values = { loss: JSON.parse(loss), iou: JSON.parse(iou) };
  return { name: of ? `${name} (${of})` : name, colour, epochs: JSON.parse(epochs), values };
});

function curves(key, options) {
  const lines = jobs.map(({ name, colour, epochs, values }) => ({
    name,
    colour,
    points: epochs.map((epoch, number) => [epoch, values[key][number]]).filter(([, value]) => value !== null),
  }));
  draw(place.querySelector(`[data-chart=${key}]`), lines, options);
}

function all() {
  curves("loss", { title: "Training loss" });
  curves("iou", { title: "Validation mIOU", highest: 1 });
}

all();
new ResizeObserver(all).observe(place);
