// Sliders that say how clear masks are laid over their pictures.

for (const slider of document.querySelectorAll("[data-opacity]")) {
  const show = () => {
    for (const place of document.querySelectorAll(slider.dataset.opacity)) {
      place.style.setProperty("--opacity", slider.value / 100);
    }
  };
  slider.addEventListener("input", show);
  show();
}
