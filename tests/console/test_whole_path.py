"""The whole console in a browser: from a folder of pictures to a served model, and back to an empty disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import semseg
from semseg.local.jobs.home import Home
from tests.console.chromium import (
    NARROW,
    WIDE,
    Window,
    chromium,
    is_wider_than_its_window,
    needs_chromium,
    serious_faults,
    window,
)
from tests.console.running import Console, console
from tests.endtoend import write_samples

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900), needs_chromium]

MILLISECONDS = 300_000  # that a job or an endpoint may take on a busy machine
ORDER = {"base_size": "48", "crop_size": "24", "epochs": "5", "mini_batch_size": "2"}
DROP = """(zone, [name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
  }
}"""
# Notes how many points the curve has whenever it is drawn, until the page is loaded anew.
NOTE_POINTS = """() => {
  const chart = document.querySelector("[data-chart=loss]");
  const note = () => {
    const noted = JSON.parse(sessionStorage.points || "[]");
    const points = chart.querySelectorAll("circle").length;
    if (noted.at(-1) !== points) sessionStorage.points = JSON.stringify([...noted, points]);
  };
  new MutationObserver(note).observe(chart, { childList: true });
  note();
}"""
DRAWN = "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set, and a picture that is not in it."""
    place = tmp_path_factory.mktemp("console")
    for channel, count, seed in (("train", 4, 10), ("validation", 2, 20), ("unseen", 1, 30)):
        write_samples(place / "squares", channel, count, seed)
    return place


@pytest.fixture(scope="module")
def opened(place: Path) -> Iterator[tuple[Console, Window]]:
    with console(place / "home", place) as running, chromium() as browser, window(browser, running.server) as shown:
        yield running, shown


def is_usable(page: Page, in_the_dark: bool = False) -> None:
    """Axe finds nothing serious, and a narrow window need not be scrolled sideways.

    Args:
        in_the_dark: whether the dark theme is looked at, too; its colours are those of all pages.
    """
    assert serious_faults(page) == []
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert not is_wider_than_its_window(page)
    if in_the_dark:
        page.emulate_media(color_scheme="dark")
        assert serious_faults(page) == []
        page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def test_a_person_who_never_writes_python_goes_from_pictures_to_a_served_model_and_back(
    opened: tuple[Console, Window], place: Path
) -> None:
    running, shown = opened
    page = shown.page
    session = semseg.LocalSession.at(Home(place / "home"))

    page.goto(running.link)
    look_at_the_data(page)
    is_usable(page)
    order_a_job(page)
    follow_it(page)
    is_usable(page, in_the_dark=True)
    deploy_it(page)
    mask = semseg.Predictor("squares-1", session).predict(place / "squares" / "unseen" / "square_0.jpg")
    drop_a_picture(page, place / "squares" / "unseen" / "square_0.jpg", mask)
    is_usable(page, in_the_dark=True)
    undeploy_it(page)
    assert session.list_endpoints()["Endpoints"] == []
    clean(page)
    is_usable(page)
    assert session.list_training_jobs()["TrainingJobSummaries"] == []

    assert shown.asked == []
    assert [text for text in shown.complaints if "400 (Bad Request)" not in text] == []


def look_at_the_data(page: Page) -> None:
    """Where there is no job yet, the console begins with the data."""
    page.get_by_role("link", name="squares").click()
    page.wait_for_selector("text=Nothing stands in the way of a job")
    expect(page.locator(".pictures li")).to_have_count(4)
    page.get_by_role("link", name="Train on it").click()


def order_a_job(page: Page) -> None:
    """A value that cannot be is told at its field, and nothing is started; then it is."""
    page.wait_for_selector("text=Filled in with what suits this data set")
    page.get_by_label("job name").fill("squares-1")
    page.get_by_label("use_pretrained_model").select_option("False")
    for name, value in {**ORDER, "crop_size": "3"}.items():
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("#e-crop_size")).to_contain_text("crop_size must be")
    expect(page.get_by_label("crop_size", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("crop_size", exact=True).fill(ORDER["crop_size"])
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/jobs/squares-1")


def follow_it(page: Page) -> None:
    """The curve grows without the page being loaded anew; at the end the page has the scores and the report."""
    page.evaluate(NOTE_POINTS)
    page.wait_for_selector("text=mIOU of whole pictures", timeout=MILLISECONDS)
    expect(page.locator("[data-chart=loss] circle")).to_have_count(int(ORDER["epochs"]))
    noted = [count for count in page.evaluate("JSON.parse(sessionStorage.points)") if count > 0]
    assert len(noted) >= 2
    assert noted == sorted(noted)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Report").click()
    report = opened.value
    expect(report.locator("h1")).to_contain_text("squares-1")
    report.close()


def deploy_it(page: Page) -> None:
    page.get_by_role("link", name="Deploy").click()
    page.get_by_label("Name").fill("not a name")
    page.get_by_role("button", name="Create endpoint").click()
    expect(page.locator("#error-name")).to_contain_text("letters, digits and hyphens")
    page.get_by_label("Name").fill("squares-1")
    page.get_by_role("button", name="Create endpoint").click()
    page.wait_for_selector("#drop", timeout=MILLISECONDS)


def drop_a_picture(page: Page, picture: Path, mask: np.ndarray) -> None:
    """The overlay and the legend are those of the mask that the endpoint answers."""
    page.locator("#drop").evaluate(DROP, [picture.name, list(picture.read_bytes())])
    page.locator("canvas[data-drawn]").wait_for()
    drawn = np.array(page.locator("canvas").evaluate(DRAWN), np.uint8).reshape(*mask.shape, 4)
    colours = {int(box.get_attribute("data-class") or -1): colour(box) for box in page.locator("[data-class]").all()}
    assert sorted(colours) == np.unique(mask).tolist()
    for class_id, expected in colours.items():
        assert np.unique(drawn[mask == class_id], axis=0).tolist() == [[*expected, 255]]
    page.locator(".view").hover()
    centre = mask[mask.shape[0] // 2, mask.shape[1] // 2]
    expect(page.locator("#under")).to_contain_text(f"class {centre}")
    expect(page.locator("#under")).to_contain_text("probability ")
    page.locator(".view").press("ArrowLeft")
    expect(page.locator(".point")).to_be_visible()
    page.reload()
    page.locator("canvas[data-drawn]").wait_for()


def colour(box: Locator) -> list[int]:
    written = box.get_attribute("data-colour") or ""
    return list(bytes.fromhex(written[1:]))


def undeploy_it(page: Page) -> None:
    page.get_by_role("button", name="Delete endpoint").click()
    page.wait_for_selector("text=No endpoint yet")


def clean(page: Page) -> None:
    """What would be removed is shown first, and is there still."""
    page.get_by_role("link", name="Disk").click()
    page.get_by_label("Not used for so many days").fill("0")
    page.get_by_role("button", name="Show what would be removed").click()
    expect(page.locator("#preview")).to_contain_text("squares-1")
    page.get_by_role("button", name="Remove these").click()
    page.wait_for_selector("text=were removed")
