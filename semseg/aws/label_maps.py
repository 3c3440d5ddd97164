"""The refusal of label maps that SageMaker's own algorithm does not read; a job would find that out after minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from semseg.api.shapes import Request
from semseg.aws.account import Account
from semseg.contract.channels import LABEL_MAP
from semseg.contract.label_maps import FILES, MAP, NAMES, SCALE, own_additions
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ChannelError, SemsegError
from semseg.plumbing.regular_file import read_regular

MAX_BYTES = 2**20  # of a label map
FILE_SCHEME = "file://"


def check_label_maps(channel: Request, account: Account) -> None:
    """Refuses a channel whose label maps have what is ours alone: colours, names, several values for one class.

    A label map that cannot be read, or is none, passes: the job itself says so.

    Args:
        channel: shaped as in CreateTrainingJob; any but ``label_map`` passes.

    Raises:
        ChannelError: with what to do instead.
    """
    source = channel["DataSource"].get("S3DataSource")
    if channel["ChannelName"] != LABEL_MAP or source is None:
        return
    location = str(source["S3Uri"])
    for name, text in _in_s3(location, account) if is_s3(location) else _here(location):
        description = _object(text)
        ours = own_additions(description)
        if ours:
            raise ChannelError(
                f'{name} of channel {LABEL_MAP} must have "{SCALE}" or "{MAP}" alone, with one pixel value for each '
                f"class, because SageMaker's built-in algorithm reads no more, got {' and '.join(ours)}: "
                f"{_way_out(description)}, or give image_uri an image of semseg, or train on this machine"
            )


def _way_out(description: dict[str, Any]) -> str:
    if own_additions(description) != [f'"{NAMES}"']:
        return (
            "write masks of class ids with semseg.data.convert_masks(masks, new_folder, label_map), which need no "
            "label map"
        )
    return f"leave {NAMES} out" if len(description) > 1 else f"leave channel {LABEL_MAP} out"


def _object(text: bytes) -> dict[str, Any]:
    """Returns a JSON object, an empty one where the text holds none."""
    try:
        description = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return description if isinstance(description, dict) else {}


def _in_s3(location: str, account: Account) -> Iterator[tuple[str, bytes]]:
    """Yields the names and the content of those label maps that can be read."""
    uri = S3Uri.parse(f"channel {LABEL_MAP}", location)
    places = [uri] if uri.key.endswith(".json") else [uri.join(name) for name in FILES]
    for place in places:
        with suppress(SemsegError):
            yield place.key.rpartition("/")[2], account.objects.read(place, most=MAX_BYTES)


def _here(location: str) -> Iterator[tuple[str, bytes]]:
    """Yields the same of a folder, or a file, of this machine that is still to be uploaded."""
    path = Path(unquote(location[len(FILE_SCHEME) :]) if location.startswith(FILE_SCHEME) else location).expanduser()
    for place in [path] if path.suffix == ".json" else [path / name for name in FILES]:
        with suppress(OSError):
            yield place.name, read_regular(place, MAX_BYTES)
