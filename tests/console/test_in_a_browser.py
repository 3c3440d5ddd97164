"""What only a browser can tell of the pages: that the keyboard is enough, that nothing jumps, that a link is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from semseg.console.endpoint_pages import FORM
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
from tests.console.served import Visitor

pytestmark = needs_chromium

AREAS = ("/data", "/train", "/jobs", "/endpoints", "/disk")
# How much of a page has moved since it was opened: 0 is nothing, and 0.1 is what people notice.
MOVED = """() => new Promise((done) => {
  let moved = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) moved += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(moved), 50));
})"""


@pytest.fixture(scope="module")
def shown(visitor: Visitor) -> Iterator[Window]:
    with chromium() as browser, window(browser, f"http://{visitor.host}") as opened:
        opened.page.goto(visitor.settings.link)
        yield opened


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.id"))


def test_the_keyboard_skips_the_navigation_and_fills_in_a_form(shown: Window, visitor: Visitor) -> None:
    page = shown.page
    page.goto(f"http://{visitor.host}{FORM}")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert focused(page).startswith("Create endpoint")
    reached: list[str] = []
    while not reached or reached[-1] != "Create endpoint":
        page.keyboard.press("Tab")
        reached.append(focused(page).splitlines()[0])
        assert len(reached) < 12
    assert [name for name in ("archive", "name") if name not in reached] == []
    page.locator("#name").fill("pets")
    page.keyboard.press("Enter")
    expect(page.locator("#error-model")).to_contain_text("an endpoint needs one model")


def test_the_arrow_keys_change_the_tab_of_a_text_to_copy(shown: Window, visitor: Visitor) -> None:
    page = shown.page
    page.goto(f"http://{visitor.host}{FORM}?job=street-1")
    page.get_by_role("tab", name="Python").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel")).to_contain_text("semseg deploy street-1")


def test_no_page_jumps_and_each_fits_into_a_narrow_window(shown: Window, visitor: Visitor) -> None:
    page = shown.page
    for area in (*AREAS, FORM):
        page.goto(f"http://{visitor.host}{area}")
        assert page.evaluate(MOVED) < 0.02, area
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        assert not is_wider_than_its_window(page), area
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def test_pages_that_the_whole_path_does_not_see_can_be_used_by_everybody(shown: Window, visitor: Visitor) -> None:
    for area in ("/data", "/jobs", "/endpoints", FORM):
        shown.page.goto(f"http://{visitor.host}{area}")
        assert serious_faults(shown.page) == [], area


def test_without_the_link_a_browser_is_told_where_it_is(shown: Window, visitor: Visitor) -> None:
    other = shown.page.context.browser
    assert other is not None
    with window(other, f"http://{visitor.host}") as stranger:
        answer = stranger.page.goto(f"http://{visitor.host}/jobs")
        assert answer is not None
        assert answer.status == 401
        expect(stranger.page.locator("main")).to_contain_text("it has a token that this needs")


def test_nothing_was_asked_of_another_machine_and_no_page_complained(shown: Window) -> None:
    assert shown.asked == []
    assert [text for text in shown.complaints if "400 (Bad Request)" not in text] == []
