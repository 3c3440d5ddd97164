"""The pages of training jobs: all of them, one of them, several beside each other."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from semseg.console.navigation import JOBS
from semseg.console.rendering import render
from semseg.console.settings import Settings


class JobPages:
    """The pages of training jobs: all of them, one of them, several beside each other."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [Route(JOBS.address, self.page)]

    def page(self, request: Request) -> Response:
        """Answers with the page."""
        return HTMLResponse(render("jobs.html", area=JOBS.address))
