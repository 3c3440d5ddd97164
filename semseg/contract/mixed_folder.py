"""Finds masks that lie in the folder of their images."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from semseg.contract.findings import REFUSED, SHOWN_FILES, Finding
from semseg.contract.renaming import Renaming, find_renaming
from semseg.contract.s3_uri import is_s3

_MASK_SUFFIX = ".png"
_MASKS = re.compile("mask|label|annot|segm|gt", re.IGNORECASE)  # in the name of a folder

Names = Mapping[str, str]


def masks_among_images(
    images: Collection[str], masks: Collection[str], channel: str, places: tuple[str, str]
) -> Finding | None:
    """Returns what is told of a folder that holds both the images and their masks; None where it is not so.

    It is so where at least half of the images have a PNG file beside them, of their name, with the same ending each, or
    in a folder that is called after masks, and the channel of the masks is the same folder, or has masks for less than
    half of them.

    Args:
        images: the paths of the pictures in the channel of the images.
        masks: likewise, of the masks.
        places: what an error calls the folders of both channels.
    """
    is_one_place = places[0] == places[1]
    pngs = {_stem(path): path for path in sorted(images) if path.lower().endswith(_MASK_SUFFIX)}
    others = {_stem(path): path for path in sorted(images) if not path.lower().endswith(_MASK_SUFFIX)} or pngs
    if not is_one_place and 2 * len(masks) >= len(others):
        return None
    for found, named, rule in _ways(others, pngs):
        if found and 2 * len(found) >= len(others) - (len(found) if others is pngs else 0):
            example = f"{channel}/{pngs[next(iter(found))]} beside {channel}/{others[next(iter(found.values()))]}"
            sentence = (
                f"channel {channel} has {len(found)} {_MASK_SUFFIX} files beside pictures {named}, such as {example}: "
                f"where these are the masks, {_way_out(found, rule, channel, places)}"
            )
            names = tuple(f"{channel}/{pngs[mask]}" for mask in list(found)[:SHOWN_FILES])
            return Finding(REFUSED, "masks-among-images", channel, sentence, len(found), names)
    return _one_folder(channel, places[0]) if is_one_place else None


def _one_folder(channel: str, place: str) -> Finding:
    sentence = (
        f"channels {channel} and {channel}_annotation must have a folder each, and both have {place}: put the masks "
        "into a folder of their own"
    )
    return Finding(REFUSED, "masks-among-images", channel, sentence)


def _ways(others: Names, pngs: Names) -> Iterator[tuple[Names, str, Renaming | None]]:
    """Yields in which ways PNG files may be masks of other pictures: the names of both, how that is told, and the rule
    of their names.
    """
    if others is not pngs:
        yield {name: name for name in pngs if name in others}, "of the same name", None
    rule = _ending(others, pngs)
    if rule is not None:
        yield _found(rule, others, pngs), "of the same name but for an ending", rule
    in_folders = [name for name in pngs if _MASKS.search(name.rpartition("/")[0])]
    images = {_last_part(name): name for name in others if name not in in_folders}
    found = {name: images[_last_part(name)] for name in in_folders if _last_part(name) in images}
    yield found, "of the same name in another folder", None


def _ending(images: Collection[str], masks: Collection[str]) -> Renaming | None:
    rule = find_renaming({_last_part(name) for name in images}, {_last_part(name) for name in masks})
    if rule is not None and images is masks and not (rule.mask_start or rule.mask_end):
        rule = Renaming("", "", rule.image_start, rule.image_end)  # in one list each way round is as good
    return None if rule is None or rule.image_start or rule.image_end else rule


def _found(rule: Renaming, images: Collection[str], masks: Collection[str]) -> dict[str, str]:
    """Returns the names of the images by those of the masks."""
    found = {}
    for mask in masks:
        image = rule.image_of(_last_part(mask))
        if image is not None and mask[: -len(_last_part(mask))] + image in images:
            found[mask] = mask[: -len(_last_part(mask))] + image
    return found


def _way_out(found: Names, rule: Renaming | None, channel: str, places: tuple[str, str]) -> str:
    wanted = f"*{_MASK_SUFFIX}" if rule is None else rule.pattern
    name = "p.name" if rule is None else rule.expression("p.name")
    moved = f"move them into a folder of their own, which is channel {channel}_annotation"
    renamed = "" if rule is None else ", and give each the name of its image"
    if is_s3(places[0]) or any("/" in name for name in found):
        return f"{moved}{renamed}"
    target = f"{places[0].rstrip('/')}_annotation" if places[0] == places[1] else places[1]
    return (
        f"{moved}{renamed}, in Python: from pathlib import Path; new = Path({target!r}); new.mkdir(exist_ok=True); "
        f"[p.rename(q) for p in list(Path({places[0]!r}).glob({wanted!r})) if not (q := new / ({name})).exists()]"
    )


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix()


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]
