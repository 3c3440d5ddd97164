"""The page of the disk: what takes room, and what may be removed, shown before it is."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from semseg.console.navigation import DISK
from semseg.console.rendering import render
from semseg.console.request_body import first, read_form
from semseg.console.settings import Settings
from semseg.console.words import size
from semseg.local import LocalSession
from semseg.local.disk import Removal

CLEAN = f"{DISK.address}/clean"
DAYS = 30  # that are proposed
MOST_SHOWN = 8  # things of one kind
# What the folders of a home hold, as people call it: all of a kind, and one.
KINDS = {
    "jobs": ("Training jobs", "training job"),
    "transform_jobs": ("Batch transform jobs", "batch transform job"),
    "tuning_jobs": ("Tuning jobs", "tuning job"),
    "endpoints": ("Endpoints", "endpoint"),
    "models": ("Models", "model"),
    "endpoint_configs": ("Endpoint configurations", "endpoint configuration"),
    "exports": ("Exported forms", "exported form"),
    "downloads": ("Downloads from S3", "download"),
    "compiled": ("Compiled networks", "compiled network"),
    "facts": ("What is known of pictures", "facts of pictures"),
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


@dataclass(frozen=True)
class CleanWish:
    """What somebody wants to have removed, as the fields of the form.

    Attributes:
        days: that something was not used for.
        keep: how many jobs of each kind stay; "" goes by age alone.
        failed: whether only failed jobs and endpoints are removed: "on", or "".
    """

    days: str = str(DAYS)
    keep: str = ""
    failed: str = ""

    def problems(self) -> dict[str, str]:
        """Returns a sentence for each field that cannot be as it is."""
        found = {}
        if _number(self.days) is None:
            found["days"] = f"the number of days must be a number of at least 0, got {self.days!r:.40}"
        if self.keep and not (self.keep.isascii() and self.keep.isdecimal()):
            found["keep"] = f"the number of jobs to keep must be a whole number of at least 0, got {self.keep!r:.40}"
        return found

    def cleaned(self, session: LocalSession, dry_run: bool) -> list[Removal]:
        """Removes what is wished for, or says what would be removed, the largest first."""
        keep = int(self.keep) if self.keep else None
        removals = session.clean(_number(self.days) or 0, dry_run, keep, self.failed != "")
        return sorted(removals, key=lambda removal: (-removal.bytes, removal.kind, removal.name))


class DiskPages:
    """The page of the disk."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session.local

    @property
    def routes(self) -> list[Route]:
        """Returns what this page answers to."""
        return [Route(DISK.address, self.page), Route(CLEAN, self.clean, methods=["POST"])]

    def page(self, request: Request) -> Response:
        """Answers with the page; where the query has a wish, also with what would be removed."""
        asked = request.query_params
        wish = CleanWish(asked.get("days", str(DAYS)), asked.get("keep", ""), asked.get("failed", ""))
        removed = asked.get("removed", "")
        said = f"{size(int(removed))} were removed." if removed.isascii() and removed.isdecimal() else ""
        return self._filled(wish, "days" in asked, said)

    async def clean(self, request: Request) -> Response:
        """Removes what the page has shown; where that has changed meanwhile, it is shown again."""
        form = await read_form(request)
        wish = CleanWish(first(form, "days"), first(form, "keep"), first(form, "failed"))
        return await run_in_threadpool(self._clean, wish, first(form, "shown"))

    def _clean(self, wish: CleanWish, shown: str) -> Response:
        if wish.problems():
            return self._filled(wish, True)
        if _digest(wish.cleaned(self._session, dry_run=True)) != shown:
            return self._filled(wish, True, changed=True)
        removed = sum(removal.bytes for removal in wish.cleaned(self._session, dry_run=False))
        return RedirectResponse(f"{DISK.address}?removed={removed}", 303)

    def _filled(self, wish: CleanWish, is_preview: bool, said: str = "", changed: bool = False) -> Response:
        problems = wish.problems()
        removals = wish.cleaned(self._session, dry_run=True) if is_preview and not problems else []
        home = self._session.home.root
        uses = uses_of(self._session.disk_use())
        page = render(
            "disk.html",
            area=DISK.address,
            home=home,
            disk=shutil.disk_usage(next(place for place in (home, *home.parents) if place.exists())),
            uses=uses,
            total=sum(use.bytes for use in uses),
            wish=wish,
            problems=problems,
            is_preview=is_preview and not problems,
            removals=removals,
            freed=sum(removal.bytes for removal in removals),
            shown=_digest(removals),
            kinds={kind: one for kind, (_, one) in KINDS.items()},
            said=said,
            changed=changed,
            clean_address=CLEAN,
        )
        return HTMLResponse(page, 400 if problems else 409 if changed else 200)


def uses_of(disk_use: Mapping[str, Mapping[str, int]]) -> list[KindUse]:
    """Returns how much each kind takes, the largest first; those of which there is nothing are left out."""
    uses = [_use(kind, dict(things)) for kind, things in disk_use.items() if things]
    return sorted(uses, key=lambda use: -use.bytes)


def _use(kind: str, things: dict[str, int]) -> KindUse:
    largest = sorted(things.items(), key=lambda thing: (-thing[1], thing[0]))
    return KindUse(KINDS.get(kind, (kind, kind))[0], sum(things.values()), len(things), largest[:MOST_SHOWN])


def _number(days: str) -> float | None:
    """Returns a number of days; None where it is none."""
    try:
        number = float(days)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _digest(removals: Sequence[Removal]) -> str:
    """Returns what tells one list of things from another."""
    names = sorted((removal.kind, removal.name) for removal in removals)
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()
