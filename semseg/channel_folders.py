"""The channels of one folder, as ``fit("data")`` takes it: the folders in it that have the channels' names."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semseg.aws.account import Account
from semseg.contract.address import path_text
from semseg.contract.channels import HALVES, KNOWN, REQUIRED
from semseg.contract.echoed import echoed
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ChannelError

NOUN = "the folder of the channels"
SHOWN_ENTRIES = 8
HALF_WORDS = ("train(?:ing)?|trn", "val(?:id(?:ation|ate)?)?|dev")  # in the order of HALVES
IMAGE_WORDS = "images?|imgs?|pictures?|photos?|jpegimages|leftimg8bit"
MASK_WORDS = "annot(?:ation)?s?|anno?s?|masks?|labels?|gts?|gtfine|segmentation(?:class)?|seg"


@dataclass(frozen=True)
class Entries:
    """What lies directly in a folder: the names of folders and of files."""

    folders: Sequence[str]
    files: Sequence[str]


def channels_in(
    folder: str | os.PathLike[str], account: Account, required: Sequence[str] = REQUIRED, call: str = "fit("
) -> dict[str, str]:
    """Returns the place of each channel that a folder holds, of those that a training job knows.

    Args:
        folder: a path or a file:// URI of this machine, or an s3:// URI.
        required: the channels that must be there.
        call: how the call begins that takes channels, for the way out.

    Raises:
        ChannelError: there is no such folder, or a channel is missing in it; the sentence says what is there.
        UserError: it is another address.
    """
    if isinstance(folder, str) and is_s3(folder):
        uri = S3Uri.parse(NOUN, folder)
        found = Entries(*account.objects.list_entries(uri, NOUN))
        places = {name: f"{uri.join(name)}/" for name in found.folders}
    else:
        path = Path(path_text(NOUN, folder, "download it, then give its folder")).expanduser()
        found = _entries(path)
        places = {name: str(path / name) for name in found.folders}
    missing = [name for name in required if name not in places]
    if missing:
        raise ChannelError(_refusal(os.fspath(folder), found, required, missing, call))
    return {name: places[name] for name in KNOWN if name in places}


def _entries(path: Path) -> Entries:
    if not path.is_dir():
        raise ChannelError(f"{NOUN} must be a folder that exists, got {echoed(str(path))}")
    names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    folders = [name for name in names if (path / name).is_dir()]
    return Entries(folders, [name for name in names if name not in folders])


def _refusal(folder: str, found: Entries, required: Sequence[str], missing: Sequence[str], call: str) -> str:
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"{NOUN} must hold the folders {_listed(required)}, and {_listed(missing)} {verb} missing in {echoed(folder)}, "
        f"which holds {_shown(found)}: {_way_out(folder.rstrip('/'), found, required, call)}"
    )


def _shown(found: Entries) -> str:
    entries = [*(f"{name[:60]}/" for name in found.folders), *(name[:60] for name in found.files)]
    more = len(entries) - SHOWN_ENTRIES
    shown = entries if more <= 0 else [*entries[:SHOWN_ENTRIES], f"{more} more"]
    return _listed(shown) if shown else "nothing"


def _way_out(folder: str, found: Entries, required: Sequence[str], call: str) -> str:
    """Returns what to do, by what the folder seems to be."""
    renamed = {name: meant_channel(name) for name in found.folders if name not in KNOWN}
    names = [f"{name} to {channel}" for name, channel in renamed.items() if channel and channel not in found.folders]
    if names:
        return f"rename {_listed(names)}, or give each channel its folder, such as {call}{{'{required[0]}': ..., ...}})"
    images, masks = (_first(found.folders, words) for words in (IMAGE_WORDS, MASK_WORDS))
    if images and masks:
        places = {}
        for (image_channel, mask_channel), half in zip(HALVES, ("train", "val")):
            if image_channel not in required:
                continue
            places[image_channel] = f"{folder}/{images}/{half}"
            places[mask_channel] = f"{folder}/{masks}/{half}"
        return f"images and masks lie apart here; give each channel its folder, such as {call}{places})"
    return f"give each channel its folder, such as {call}{{'{required[0]}': ..., '{required[1]}': ..., ...}})"


def meant_channel(name: str) -> str | None:
    """Returns the channel that a folder's name means, such as "validation" for "val"; None where it means none."""
    plain = re.sub(r"[\W_]+", "", name.lower())
    for channels, half in zip(HALVES, HALF_WORDS):
        if re.fullmatch(f"(?:{half})(?:{IMAGE_WORDS})?|(?:{IMAGE_WORDS})(?:{half})", plain):
            return channels[0]
        if re.fullmatch(f"(?:{half})(?:{MASK_WORDS})|(?:{MASK_WORDS})(?:{half})", plain):
            return channels[1]
    return None


def _first(names: Sequence[str], words: str) -> str | None:
    return next((name for name in names if re.fullmatch(words, re.sub(r"[\W_]+", "", name.lower()))), None)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
