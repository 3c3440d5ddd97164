"""The page of the disk: what takes room, and what may be removed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from semseg.console.navigation import DISK
from semseg.console.rendering import render
from semseg.console.settings import Settings


class DiskPages:
    """The page of the disk: what takes room, and what may be removed."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [Route(DISK.address, self.page)]

    def page(self, request: Request) -> Response:
        """Answers with the page."""
        return HTMLResponse(render("disk.html", area=DISK.address))
