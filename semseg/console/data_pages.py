"""The pages of data: a folder is picked, checked, looked at, and its classes are named."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from semseg.console.data_checks import DataCheck, DataChecks
from semseg.console.data_pictures import HALVES, DataPictures, display_colours
from semseg.console.data_view import view_of
from semseg.console.folder_listing import list_folder
from semseg.console.label_map_form import description_of, write_label_map
from semseg.console.navigation import DATA
from semseg.console.rendering import render
from semseg.console.request_body import Form, first, read_form
from semseg.console.settings import Settings
from semseg.contract.channels import TRAIN
from semseg.errors import SemsegError, UserError

SECONDS_TO_WAIT = 0.25  # for a check, so that a small data set is shown at once
KEPT = {"Cache-Control": "private, max-age=300"}  # of small pictures, whose address changes with each check


class DataPages:
    """What a data set holds, what a job would say of it, and its label map."""

    def __init__(self, settings: Settings, checks: DataChecks) -> None:
        self._roots = settings.roots
        self._checks = checks
        self._pictures = DataPictures(settings.roots)

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [
            Route(DATA.address, self.page),
            Route("/data/progress", self.progress),
            Route("/data/picture", self.picture),
            Route("/data/mask", self.mask),
            Route("/data/check", self.check_again, methods=["POST"]),
            Route("/data/label-map", self.write, methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        """Answers with a data set, or with the folders to choose from."""
        folder = self._roots.data(request.query_params.get("folder", str(self._roots.folders[0])))
        listing = list_folder(self._roots, folder)
        if not listing.is_data:
            return HTMLResponse(render("data.html", area=DATA.address, listing=listing, roots=self._roots.folders))
        channel = request.query_params.get("channel", TRAIN)
        return self._data_set(folder, channel if channel in HALVES else TRAIN)

    def progress(self, request: Request) -> Response:
        """Answers how far the check of a data set is."""
        check = self._checks.of(self._folder(request))
        return JSONResponse(
            {"over": check.is_over.is_set(), "channel": check.channel, "done": check.done, "total": check.total}
        )

    def picture(self, request: Request) -> Response:
        """Answers with a small picture."""
        folder, channel, place = self._shown(request)
        return Response(self._pictures.small(folder, channel, place).picture, 200, KEPT, "image/jpeg")

    def mask(self, request: Request) -> Response:
        """Answers with the mask of a small picture, in the colours of its classes."""
        folder, channel, place = self._shown(request)
        return Response(self._pictures.small(folder, channel, place).mask, 200, KEPT, "image/png")

    async def check_again(self, request: Request) -> Response:
        """Reads the files of a data set again."""
        folder = self._roots.data(first(await read_form(request), "folder"))
        self._forget(folder)
        return RedirectResponse(f"{DATA.address}?{urlencode({'folder': folder})}", 303)

    async def write(self, request: Request) -> Response:
        """Writes the label map that the form describes; where it is none, shows the form with what is wrong."""
        form = await read_form(request)
        folder = self._roots.data(first(form, "folder"))
        try:
            await run_in_threadpool(self._write, folder, form)
        except UserError as error:
            page = await run_in_threadpool(self._data_set, folder, TRAIN, form, str(error))
            return HTMLResponse(page.body, 400)
        return RedirectResponse(f"{DATA.address}?{urlencode({'folder': folder})}", 303)

    def _data_set(self, folder: Path, channel: str, form: Form | None = None, problem: str = "") -> Response:
        check = self._checks.of(folder)
        check.is_over.wait(SECONDS_TO_WAIT)
        names, halves_error = self._names(folder, channel)
        return HTMLResponse(
            render(
                "data_set.html",
                area=DATA.address,
                folder=folder,
                channel=channel,
                halves=HALVES,
                check=check,
                names=names,
                error=check.error or halves_error,
                view=self._view(check, form),
                problem=problem,
            )
        )

    def _view(self, check: DataCheck, form: Form | None) -> object:
        if not check.is_over.is_set() or check.found is None:
            return None
        label_map = self._pictures.half(check.folder, TRAIN).label_map
        return view_of(check, label_map, display_colours(label_map), form)

    def _names(self, folder: Path, channel: str) -> tuple[list[str], str]:
        try:
            return self._pictures.names(folder, channel), ""
        except SemsegError as error:
            return [], str(error)

    def _write(self, folder: Path, form: Form) -> None:
        write_label_map(folder, description_of(form))
        self._forget(folder)

    def _forget(self, folder: Path) -> None:
        self._checks.forget(folder)
        self._pictures.forget()

    def _folder(self, request: Request) -> Path:
        return self._roots.data(request.query_params.get("folder", ""))

    def _shown(self, request: Request) -> tuple[Path, str, int]:
        place = request.query_params.get("place", "")
        if not place.isdecimal() or len(place) > 4:
            raise UserError(f"place must be the number of a picture, got {place!r:.40}")
        return self._folder(request), request.query_params.get("channel", TRAIN), int(place)
