// What several pages have: buttons that copy, tabs, sliders of opacity.

for (const button of document.querySelectorAll("[data-copy]")) {
  const words = button.lastChild;
  const said = words.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest(".snippet").querySelector("code").textContent);
    words.textContent = "Copied";
    setTimeout(() => (words.textContent = said), 1500);
  });
}

for (const list of document.querySelectorAll("[role=tablist]")) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
}

for (const slider of document.querySelectorAll("[data-opacity]")) {
  const show = () => {
    for (const place of document.querySelectorAll(slider.dataset.opacity)) {
      place.style.setProperty("--opacity", slider.value / 100);
    }
  };
  slider.addEventListener("input", show);
  show();
}
