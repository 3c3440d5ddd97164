"""The page of the disk: what takes room, and what may be removed, shown before it is."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from semseg.console.navigation import DISK
from semseg.console.rendering import render
from semseg.console.request_body import first, read_form
from semseg.console.settings import Settings
from semseg.errors import UserError
from semseg.local.disk import DAY, Removal

DAYS = 30  # that are proposed
MOST_SHOWN = 8  # things of one kind
# What the folders of a home hold, as people call it.
KINDS = {
    "jobs": "Training jobs",
    "transform_jobs": "Batch transform jobs",
    "tuning_jobs": "Tuning jobs",
    "endpoints": "Endpoints",
    "models": "Models",
    "endpoint_configs": "Endpoint configurations",
    "exports": "Exported forms",
    "downloads": "Downloads from S3",
    "compiled": "Compiled networks",
    "facts": "What is known of pictures",
}


@dataclass(frozen=True)
class KindUse:
    """How much the things of one kind take.

    Attributes:
        title: what people call the kind.
        bytes: of all its things.
        count: of its things.
        largest: the names and bytes of its largest things.
    """

    title: str
    bytes: int
    count: int
    largest: list[tuple[str, int]]


class DiskPages:
    """The page of the disk."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session.local

    @property
    def routes(self) -> list[Route]:
        """Returns what this page answers to."""
        return [Route(DISK.address, self.page), Route(f"{DISK.address}/clean", self.clean, methods=["POST"])]

    def page(self, request: Request) -> Response:
        """Answers with the page; where the query has a number of days, also with what would be removed."""
        asked = request.query_params.get("days")
        return self._filled(asked or str(DAYS), asked is not None, request.query_params.get("removed"))

    async def clean(self, request: Request) -> Response:
        """Removes what the page has shown: nothing that was used since."""
        before = first(await read_form(request), "before")
        return await run_in_threadpool(self._clean, before)

    def _clean(self, before: str) -> Response:
        days = max(0.0, (time.time() - _moment(before)) / DAY)
        removed = self._session.clean(days, dry_run=False)
        size = sum(removal.bytes for removal in removed)
        return RedirectResponse(f"{DISK.address}?removed={size}", 303)

    def _filled(self, days: str, is_preview: bool, removed: str | None) -> Response:
        now = time.time()
        removals: list[Removal] = []
        problem = ""
        if is_preview:
            try:
                removals = self._session.clean(_number(days), dry_run=True)
            except UserError as error:
                problem = str(error)
        home = self._session.home.root
        uses = uses_of(self._session.disk_use())
        page = render(
            "disk.html",
            area=DISK.address,
            home=home,
            disk=shutil.disk_usage(next(place for place in (home, *home.parents) if place.exists())),
            uses=uses,
            total=sum(use.bytes for use in uses),
            days=days,
            problem=problem,
            is_preview=is_preview and not problem,
            removals=sorted(removals, key=lambda removal: -removal.bytes),
            freed=sum(removal.bytes for removal in removals),
            before="" if problem else now - _number(days) * DAY,
            kinds=KINDS,
            removed=int(removed) if removed and removed.isdecimal() else None,
        )
        return HTMLResponse(page, 400 if problem else 200)


def uses_of(disk_use: Mapping[str, Mapping[str, int]]) -> list[KindUse]:
    """Returns how much each kind takes, the largest first; those of which there is nothing are left out."""
    uses = [_use(kind, dict(things)) for kind, things in disk_use.items() if things]
    return sorted(uses, key=lambda use: -use.bytes)


def _use(kind: str, things: dict[str, int]) -> KindUse:
    largest = sorted(things.items(), key=lambda thing: (-thing[1], thing[0]))
    return KindUse(KINDS.get(kind, kind), sum(things.values()), len(things), largest[:MOST_SHOWN])


def _number(days: str) -> float:
    """Raises UserError where this is no number of days; the disk judges whether it is large enough."""
    number = _finite(days)
    if number is None:
        raise UserError(f"the number of days must be a number of at least 0, got {days!r:.40}")
    return number


def _moment(before: str) -> float:
    moment = _finite(before)
    if moment is None:
        raise UserError("what is to be removed must be looked at first: press Show what would be removed")
    return moment


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
