"""The form that starts a training job."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from semseg.console.navigation import TRAIN
from semseg.console.rendering import render
from semseg.console.settings import Settings


class TrainingForm:
    """The form that starts a training job."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [Route(TRAIN.address, self.page)]

    def page(self, request: Request) -> Response:
        """Answers with the page."""
        return HTMLResponse(render("train.html", area=TRAIN.address))
