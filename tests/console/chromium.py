"""The Chromium of the system, driven by Playwright, which may speak to this machine alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
EXECUTABLE = next(filter(None, map(shutil.which, NAMES)), None)
needs_chromium = pytest.mark.skipif(EXECUTABLE is None, reason="there is no Chromium: apt-get install chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)
WIDE, NARROW = (1280, 860), (400, 860)  # width and height of a window, in pixels
SERIOUS = ("serious", "critical")
MILLISECONDS = 60_000  # that a page may take to show something, on a busy machine


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, which is closed at the end."""
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(ARGUMENTS), timeout=MILLISECONDS)
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """A window of a browser with cookies of its own, which notes what pages ask for and what they complain about.

    Attributes:
        page: what it shows.
        asked: the addresses of all requests that went to another server than the one that is looked at.
        complaints: the errors and warnings of the pages, such as what the Content-Security-Policy refused.
    """

    def __init__(self, browser: Browser, server: str, size: tuple[int, int] = WIDE, theme: str = "light") -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._server = urlsplit(server).netloc
        self._context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        self._context.set_default_timeout(MILLISECONDS)
        self._context.route("**/*", self._answer)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def close(self) -> None:
        self._context.close()

    def _answer(self, route: Route, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self._server:
            self.asked.append(request.url)
            route.abort()
        else:
            route.continue_()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def window(browser: Browser, server: str, size: tuple[int, int] = WIDE, theme: str = "light") -> Iterator[Window]:
    """A window, which is closed at the end.

    Args:
        server: the address that its pages may ask, such as http://127.0.0.1:8765.
        theme: "light" or "dark".
    """
    opened = Window(browser, server, size, theme)
    try:
        yield opened
    finally:
        opened.close()


def serious_faults(page: Page) -> list[str]:
    """What axe finds on a page that keeps people from using it: each as the rule and the first place."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['help']}: {fault['nodes'][0]['html']}" for fault in found if fault["impact"] in SERIOUS
    ]


def is_wider_than_its_window(page: Page) -> bool:
    """Whether a page must be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
