// The form of a training job: what is wrong stands at its field while one types, and the text to copy follows.

const form = document.querySelector("[data-order]");
const codes = [...form.querySelectorAll(".snippet code")];
const touched = new Set();
let waiting = 0;
let asked = 0;

const reading = document.querySelector("[data-reading]");
if (reading) fillIn(reading.dataset.reading);

// Once the data is read, the page has the numbers that suit it; not where somebody has begun to type.
async function fillIn(folder) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    const state = await fetch(`/data/progress?folder=${encodeURIComponent(folder)}`).then((answer) => answer.json());
    if (state.over) return touched.size || location.reload();
  }
}

form.addEventListener("input", (event) => {
  touched.add(event.target.name);
  clearTimeout(waiting);
  waiting = setTimeout(lookOver, 250);
});

async function lookOver() {
  const number = ++asked;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch("/train/looked-over", { method: "POST", body }).catch(() => null);
  if (!answer?.ok || number !== asked) return;
  const { problems, snippets } = await answer.json();
  snippets.forEach(([, code], place) => (codes[place].textContent = code));
  for (const field of form.querySelectorAll("[data-field]")) {
    const name = field.dataset.field;
    if (touched.has(name) || field.classList.contains("wrong")) show(field, problems[name] ?? "");
  }
}

function show(field, sentence) {
  const error = field.querySelector("[data-error]");
  const input = field.querySelector("input, select");
  field.classList.toggle("wrong", sentence !== "");
  if (sentence) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (!error) return;
  error.querySelector("span").textContent = sentence;
  error.hidden = sentence === "";
}

form.querySelector("[aria-invalid]")?.focus();
