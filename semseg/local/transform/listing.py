"""What lies at the place of a batch transform job's data: its pictures, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from semseg.aws.account import Account
from semseg.contract.echoed import echoed
from semseg.contract.findings import first_names
from semseg.contract.pairing import is_hidden, is_picture
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import UserError
from semseg.local.files.channel_files import visible_files
from semseg.local.files.locations import local_path
from semseg.local.transform.data import DATA
from semseg.local.transform.folder import TransformInput
from semseg.plumbing.counted import counted


@dataclass(frozen=True)
class Listing:
    """What lies at the place of a job's data.

    Attributes:
        inputs: the pictures, sorted.
        left_out: the keys of hidden files and of those that are no pictures, which training leaves out as well.
    """

    inputs: list[TransformInput]
    left_out: list[str]

    @property
    def sentence(self) -> str:
        """Says what is left out; empty if it is nothing."""
        count = len(self.left_out)
        if not count:
            return ""
        files = f"{counted(count, 'file')} {'is' if count == 1 else 'are'}"
        return f"{files} left out, hidden or without the name of a picture: {first_names(self.left_out, count)}"


def list_inputs(location: str, account: Account) -> Listing:
    """Lists a folder, a file:// URI or an S3 prefix; or the one file or object of this name, whatever it is.

    Raises:
        UserError: there is no picture, or an object's key is no name of a file.
    """
    listing = _objects(location, account) if is_s3(location) else _files(local_path(DATA, location))
    if not listing.inputs:
        seen = f": {listing.sentence}" if listing.left_out else ""
        raise UserError(f"{DATA} must name at least one picture, and there is none at {echoed(location)}{seen}")
    return listing


def _objects(location: str, account: Account) -> Listing:
    uri = S3Uri.parse(DATA, location)
    found = account.objects.list_channel(uri, DATA)
    inputs = [TransformInput(stored.uri.relative_to(uri).as_posix(), str(stored.uri), stored.size) for stored in found]
    return Listing(inputs, []) if [stored.uri for stored in found] == [uri] else _without_others(inputs)


def _files(path: Path) -> Listing:
    if path.is_file():
        return Listing([TransformInput(path.name, str(path), path.stat().st_size)], [])
    if not path.is_dir():
        raise UserError(f"{DATA} must name a folder or a file that exists, got {echoed(str(path))}")
    found = [TransformInput(name, str(file), file.stat().st_size) for name, file in visible_files(path)]
    listing = _without_others(found)
    return Listing(listing.inputs, sorted([*listing.left_out, *_hidden_files(path)]))


def _without_others(found: list[TransformInput]) -> Listing:
    inputs = [item for item in found if is_picture(item.key) and not is_hidden(item.key)]
    kept = {item.key for item in inputs}
    return Listing(inputs, [item.key for item in found if item.key not in kept])


def _hidden_files(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [name for name in names if is_hidden(name)]
