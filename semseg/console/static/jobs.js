// The list of jobs: a filter, boxes to compare, and rows that follow jobs that run.

const form = document.querySelector("[data-jobs]");
if (form) start();

function start() {
  const body = form.querySelector("tbody");
  const filter = form.querySelector("[data-filter]");
  const button = form.querySelector("[data-compare]");
  const most = Number(form.dataset.most);
  filter.addEventListener("input", show);
  form.addEventListener("change", count);
  filter.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  count();
  if ("running" in form.dataset) setInterval(follow, 3000);

  function show() {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const row of body.rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  }

  function count() {
    const chosen = body.querySelectorAll("input:checked").length;
    button.disabled = chosen < 2 || chosen > most;
    button.textContent = chosen ? `Compare ${chosen}` : "Compare";
  }

  async function follow() {
    if (document.hidden) return;
    const answer = await fetch("/jobs?rows").catch(() => null);
    if (!answer?.ok) return;
    const chosen = new Set([...body.querySelectorAll("input:checked")].map((box) => box.value));
    const focused = document.activeElement?.closest("tr")?.dataset.name;
    const table = document.createElement("table");
    table.innerHTML = `<tbody>${await answer.text()}</tbody>`;
    for (const row of [...table.rows]) {
      const old = body.querySelector(`[data-name="${row.dataset.name}"]`);
      if (!old) body.prepend(row);
      else if (old.dataset.name !== focused && old.innerHTML !== row.innerHTML) old.replaceWith(row);
      row.querySelector("input").checked = chosen.has(row.dataset.name);
    }
    show();
    count();
  }
}
