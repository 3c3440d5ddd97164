"""The pictures and videos that are given to be predicted."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from semseg.bulk.answers import Source
from semseg.bulk.mask_files import MASKS, OVERLAYS
from semseg.contract.echoed import echoed
from semseg.contract.pairing import IMAGE_SUFFIXES, is_hidden
from semseg.contract.prediction_request import Given
from semseg.contract.video_files import VIDEO_SUFFIXES, is_video
from semseg.data.video import Video
from semseg.errors import UserError

SUFFIXES = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES)


@dataclass(frozen=True)
class NamedSource:
    """A picture to predict, and the name of what is written of it."""

    name: str
    source: Source


def given_at(places: Sequence[Path], target: Path) -> list[Given]:
    """Returns the pictures and videos at some places: files, and folders, of which all at any depth are taken.

    What is written of a file has its name without the suffix; of one in a folder the path below that.

    Args:
        target: the folder that gets the files; what lies in its folders of masks and overlays is not taken.

    Raises:
        UserError: there is no such place, a folder has none, or two would be written to the same files.
    """
    if not places:
        raise UserError("pictures must be at least one picture, video or folder, got none")
    written = [target / kind for kind in (MASKS, OVERLAYS)]
    found = list({given.path: given for place in places for given in _at(place.absolute(), written)}.values())
    first = {given.name.lower(): given for given in reversed(found)}
    for given in found:
        other = first[given.name.lower()]
        parents = [first.get(parent.as_posix()) for parent in PurePosixPath(given.name.lower()).parents]
        other = next((parent for parent in parents if parent is not None and is_a_video(parent)), other)
        if other is not given:
            raise UserError(
                f"each picture must have a name of its own, and {echoed(other.path)} and {echoed(given.path)} would be "
                f"written to the same files: predict them one after the other, into two folders"
            )
    return found


def sources_of(video: Video, name: str) -> Generator[NamedSource, None, None]:
    """Yields the frames of a video, named by their numbers: ``<name>/000001``."""
    for number, frame in enumerate(video.frames(), 1):
        yield NamedSource(f"{name}/{number:06d}", frame)


def _at(place: Path, written: Sequence[Path]) -> list[Given]:
    if place.is_file():
        return [Given(place.stem, str(place))]
    if not place.is_dir():
        raise UserError(f"a picture, a video or a folder of them must be there to predict, got {echoed(str(place))}")
    below = sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    names = {path: path.relative_to(place) for path in below}
    found = [
        Given(name.with_suffix("").as_posix(), str(path))
        for path, name in names.items()
        if not is_hidden(name.as_posix()) and not any(folder in path.parents for folder in written)
    ]
    if not found:
        raise UserError(f"a folder to predict must have a picture or a video in it, and {echoed(str(place))} has none")
    return found


def is_a_video(given: Given) -> bool:
    """Returns whether a file is read as a video, by its name."""
    return is_video(given.path)
