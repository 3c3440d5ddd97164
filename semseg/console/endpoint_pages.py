"""The pages of endpoints: all of them, the form that makes one, and one that is asked with pictures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from semseg.console.navigation import ENDPOINTS
from semseg.console.rendering import render
from semseg.console.settings import Settings


class EndpointPages:
    """The pages of endpoints: all of them, the form that makes one, and one that is asked with pictures."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [Route(ENDPOINTS.address, self.page)]

    def page(self, request: Request) -> Response:
        """Answers with the page."""
        return HTMLResponse(render("endpoints.html", area=ENDPOINTS.address))
