"""The pages of data: a folder is picked, checked, looked at, and its classes are named."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from semseg.console.navigation import DATA
from semseg.console.rendering import render
from semseg.console.settings import Settings


class DataPages:
    """The pages of data: a folder is picked, checked, looked at, and its classes are named."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [Route(DATA.address, self.page)]

    def page(self, request: Request) -> Response:
        """Answers with the page."""
        return HTMLResponse(render("data.html", area=DATA.address))
