// The page of a data set: how far its check is, how clear the masks are, rows for more classes.

const checking = document.querySelector("[data-check]");
if (checking) follow(checking);

async function follow(card) {
  const bar = card.querySelector("progress");
  const words = card.querySelector("[data-words]");
  const address = `/data/progress?folder=${encodeURIComponent(card.dataset.check)}`;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    const state = await fetch(address).then((answer) => answer.json()).catch(() => null);
    if (state?.over) return location.reload();
    if (state?.total) {
      bar.max = state.total;
      bar.value = state.done;
      words.textContent = `${state.channel}: ${state.done} of ${state.total}`;
    }
  }
}

document.querySelector("[data-add-row]")?.addEventListener("click", () => {
  const body = document.querySelector("[data-rows] tbody");
  const row = body.lastElementChild.cloneNode(true);
  const labels = [...body.querySelectorAll("[name=label]")].map((input) => Number(input.value)).filter((n) => n < 255);
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.placeholder = "";
  }
  row.querySelector("[name=label]").value = Math.max(-1, ...labels) + 1;
  body.append(row);
  row.querySelector("[name=pixels]").focus();
});
