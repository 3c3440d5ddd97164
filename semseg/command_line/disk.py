"""``semseg df`` and ``semseg clean``: what takes room, and what may go."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from semseg.command_line.verb import Work, verb
from semseg.plumbing.counted import counted
from semseg.plumbing.disk_space import readable

if TYPE_CHECKING:
    from semseg.local.disk import Removal

AGE = re.compile(r"(\d+(?:\.\d+)?)([hdw])")
DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}  # of each letter
DEFAULT_AGE = 30.0  # days
HEAD = ("WHAT", "NAME", "LAST USED", ">SIZE")


class Age(click.ParamType):
    """A number of days, as 30d, 12h or 2w."""

    name = "age"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Returns the days."""
        if not isinstance(value, str):
            return value
        found = AGE.fullmatch(value)
        if found is None:
            self.fail(f"must be a number with h, d or w, such as 30d, got {value!r}", param, ctx)
        return float(found[1]) * DAYS[found[2]]


@verb
@click.option("--all", "is_all", is_flag=True, help="Each job, endpoint and file, the largest first.")
def df(work: Work, is_all: bool) -> None:
    """Say what takes room on the disk: jobs, endpoints, models, downloads and what is kept to start faster."""
    used = work.local.disk_use()
    if is_all:
        things = [(size, kind, name) for kind, sizes in used.items() for name, size in sizes.items()]
        rows = [[kind, name, readable(size)] for size, kind, name in sorted(things, reverse=True)]
        head = ("WHAT", "NAME", ">SIZE")
    else:
        rows = [[kind, str(len(sizes)), readable(sum(sizes.values()))] for kind, sizes in used.items() if sizes]
        head = ("WHAT", ">NUMBER", ">SIZE")
    work.output.table(used, head, rows, f"nothing is kept in {work.local.home.root}")
    if rows:
        total = sum(size for sizes in used.values() for size in sizes.values())
        work.output.say(f"{readable(total)} in {work.local.home.root}")


@verb
@click.option("--keep", type=click.IntRange(0), metavar="N", help="Remove jobs but the N that ended last.")
@click.option("--older", type=Age(), help="Only what was not used for so long, such as 30d, 12h or 2w.")
@click.option("--failed", is_flag=True, help="Only jobs and endpoints that failed.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def clean(work: Work, keep: int | None, older: float | None, failed: bool, dry_run: bool, yes: bool) -> int | None:
    """Remove what was not used for 30 days: ended jobs, failed endpoints, exports, downloads; or what the options say.

    What runs stays, and what a model, an endpoint or a running job names. On a terminal it asks first.
    """
    if older is None:
        older = DEFAULT_AGE if keep is None and not failed else 0.0
    found = work.local.clean(older, dry_run=True, keep=keep, failed=failed)
    asks = found and not (dry_run or yes or work.output.as_json) and sys.stdin.isatty()
    if asks:
        work.output.table(found, HEAD, _rows(found), "")
        if not click.confirm(f"Remove {_in_words(found)}?", err=True):
            return 1
    if found and not dry_run:
        found = work.local.clean(older, dry_run=False, keep=keep, failed=failed)
    if not asks:
        work.output.table(found, HEAD, _rows(found), "nothing to remove")
    if found:
        work.output.say(f"{'would remove' if dry_run else 'removed'} {_in_words(found)}")
    return None


def _rows(found: Sequence[Removal]) -> list[list[str]]:
    return [[one.kind, one.name, f"{one.last_used.astimezone():%Y-%m-%d}", readable(one.bytes)] for one in found]


def _in_words(found: Sequence[Removal]) -> str:
    return f"{counted(len(found), 'thing')}, {readable(sum(one.bytes for one in found))}"
