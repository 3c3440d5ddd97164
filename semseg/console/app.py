"""The application: all pages behind one gate."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from semseg.console.data_checks import DataChecks
from semseg.console.data_pages import DataPages
from semseg.console.disk_pages import DiskPages
from semseg.console.endpoint_pages import EndpointPages
from semseg.console.gate import Gate
from semseg.console.job_pages import JobPages
from semseg.console.navigation import DATA, JOBS
from semseg.console.refusals import HANDLERS
from semseg.console.rendering import FOREVER, STATIC
from semseg.console.settings import Settings
from semseg.console.training_pages import TrainingPages

SMALLEST = 1000  # bytes of an answer that is compressed
COMPRESSION = 5  # of 9: quicker than the last few percent are worth


def create_app(settings: Settings) -> Starlette:
    """Returns the application of one console."""
    checks = DataChecks()
    pages = (
        DataPages(settings, checks),
        TrainingPages(settings, checks),
        JobPages(settings),
        EndpointPages(settings),
        DiskPages(settings),
    )
    app = Starlette(
        routes=[
            Route("/", First(settings).page),
            *(route for several in pages for route in several.routes),
            Mount("/static", KeptFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(Gate, settings=settings),
            Middleware(GZipMiddleware, minimum_size=SMALLEST, compresslevel=COMPRESSION),
        ],
        exception_handlers=dict(HANDLERS),
    )
    app.router.redirect_slashes = False
    return app


class First:
    """Sends to the jobs, or to the data where there is no job yet."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session.local

    def page(self, request: Request) -> Response:
        """Answers with the address of the page to begin with."""
        has_jobs = any(self._session.home.jobs.glob("[!.]*"))
        return RedirectResponse((JOBS if has_jobs else DATA).address, 303)


class KeptFiles(StaticFiles):
    """Static files. Browsers keep for ever what has an address that changes with its content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answers with a file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOREVER if b"v=" in scope["query_string"] else "no-cache"
        return response
