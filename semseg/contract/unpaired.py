"""Images and masks without a partner: what their names have in common all the same, and what is told of the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from semseg.contract.findings import REFUSED, SHOWN_FILES, Finding, first_names
from semseg.contract.renaming import Renaming, find_renaming
from semseg.contract.s3_uri import is_s3

Apart = list[tuple["str | None", "str | None"]]  # paths of an image and of a mask
Matched = dict[str, str]  # the name of the image by that of the mask

# How two names may differ that are meant to be one: for a sentence, and what is equal of both.
_ALIKE: Mapping[str, Callable[[str], str]] = {
    "in the case of letters": str.casefold,
    "in spaces, hyphens and underscores": lambda name: re.sub("[ _-]+", "", name),
    "in leading zeros": lambda name: re.sub("(?<![0-9])0+(?=[0-9])", "", name),
}


class Unpaired:
    """The images and the masks of one half that have no partner.

    Args:
        images: the paths of all images by their names.
        masks: the paths of all masks by their names.
        channel: that of the images; that of the masks is the same with ``_annotation``.
        place: the folder or the S3 URI of the masks.
    """

    def __init__(self, images: Mapping[str, str], masks: Mapping[str, str], channel: str, place: str) -> None:
        self.counts = len(images), len(masks)
        self.channels = channel, f"{channel}_annotation"
        self.place = place
        self.images = {name: path for name, path in sorted(images.items()) if name not in masks}
        self.masks = {name: path for name, path in sorted(masks.items()) if name not in images}
        self.apart: Apart = []

    def explained(self) -> tuple[Apart, list[Finding]]:
        """Returns the files that have no partner, two together where their names say so, and what is told of them."""
        findings = []
        if all(self.counts):  # where one side has no file at all, that is told, and nothing else
            findings = [*self._alike(), *self._renamed(), *self._in_other_folders()]
            findings += [*self._without(0, "no-mask"), *self._without(1, "no-image")]
        alone: Apart = [*((path, None) for path in self.images.values()), *((None, p) for p in self.masks.values())]
        return [*self.apart, *alone], findings

    def _alike(self) -> list[Finding]:
        findings = []
        for difference, key in _ALIKE.items():
            matched = _matched(self.images, self.masks, key)
            if matched:
                told = f"the names of {self._of_masks(matched)} differ from those of their images {difference} alone, "
                told += self._such_as(matched)
                findings.append(self._finding("name-differs", matched, told, "give both the same name"))
        return findings

    def _renamed(self) -> list[Finding]:
        rule = find_renaming(_last_parts(self.images), _last_parts(self.masks))
        if rule is None:
            return []
        matched = {}
        for mask in self.masks:
            folder, last = _parted(mask)
            image = rule.image_of(last)
            if image is not None and folder + image in self.images:
                matched[mask] = folder + image
        if not matched:
            return self._renamed_in_other_folders(rule)
        told = f"the names of {self._of_masks(matched)} {rule}"
        return [self._finding("name-ending", matched, told, self._way_out(rule, matched))]

    def _renamed_in_other_folders(self, rule: Renaming) -> list[Finding]:
        matched = _matched(self.images, self.masks, _last_part, lambda mask: rule.image_of(_last_part(mask)) or "")
        if not matched:
            return []
        told = f"the names of {self._of_masks(matched)} {rule}, and they lie in other folders, {self._such_as(matched)}"
        way_out = "give each mask the path of its image below its channel's folder, but for the suffix"
        return [self._finding("name-ending", matched, told, way_out)]

    def _in_other_folders(self) -> list[Finding]:
        matched = _matched(self.images, self.masks, _last_part)
        if 2 * len(matched) < min(len(self.images), len(self.masks)) or not matched:
            return []
        told = f"{self._of_masks(matched)} lie in other folders than their images, {self._such_as(matched)}"
        return [
            self._finding(
                "other-folder", matched, told, "put both at the same path below the folders of their channels"
            )
        ]

    def _finding(self, cause: str, matched: Matched, told: str, way_out: str) -> Finding:
        """Returns what is told of masks that belong to an image, and takes them from those without a partner."""
        pairs = [(self.images.pop(image), self.masks.pop(mask)) for mask, image in matched.items()]
        self.apart += pairs
        names = [f"{self.channels[1]}/{mask}" for _, mask in pairs[:SHOWN_FILES]]
        return Finding(REFUSED, cause, self.channels[1], f"{told}: {way_out}", len(pairs), tuple(names))

    def _such_as(self, matched: Matched) -> str:
        mask, image = next(iter(matched.items()))
        return f"such as {self.channels[1]}/{self.masks[mask]} for {self.channels[0]}/{self.images[image]}"

    def _of_masks(self, matched: Matched) -> str:
        return f"{len(matched)} of {self.counts[1]} masks of channel {self.channels[1]}"

    def _way_out(self, rule: Renaming, matched: Matched) -> str:
        mask, image = next(iter(matched.items()))
        names = f"{PurePosixPath(self.masks[mask]).name} -> {_last_part(image)}.png"
        if is_s3(self.place):
            return f"give each mask the name of its image ({names})"
        found = f"list(Path({self.place!r}).rglob({rule.pattern!r}))"
        return (
            f"give each mask the name of its image ({names}), in Python: from pathlib import Path; "
            f"[p.rename(q) for p in {found} if not (q := p.with_name({rule.expression('p.name')})).exists()]"
        )

    def _without(self, side: int, cause: str) -> list[Finding]:
        """Returns what is told of the images (0), or of the masks (1), that have no partner at all."""
        files = (self.images, self.masks)[side]
        if not files:
            return []
        noun, partner, suffix = (("images", "mask", ".png"), ("masks", "image", ".jpg"))[side]
        channel, other = self.channels[side], self.channels[1 - side]
        paths, first = list(files.values()), next(iter(files))
        sentence = f"{channel}/{paths[0]} has no {partner}: expected {other}/{first}{suffix}"
        if len(paths) > 1:
            sentence = (
                f"{len(paths)} of {self.counts[side]} {noun} of channel {channel} have no {partner}, first "
                f"{first_names(paths, len(paths))}: expected {other}/{first}{suffix} and so on"
            )
        names = tuple(f"{channel}/{path}" for path in paths[:SHOWN_FILES])
        return [Finding(REFUSED, cause, channel, sentence, len(paths), names)]


def _matched(
    images: Mapping[str, str],
    masks: Mapping[str, str],
    key: Callable[[str], str],
    of_mask: Callable[[str], str] | None = None,
) -> Matched:
    """Returns the image of each mask that has the same key, where no other image and no other mask has it."""
    by_key = _unique(images, key)
    return {mask: by_key[found] for found, mask in _unique(masks, of_mask or key).items() if found in by_key}


def _unique(names: Mapping[str, str], key: Callable[[str], str]) -> dict[str, str]:
    """Returns the names by their keys, without those of which several have the same."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name), []).append(name)
    return {made: several[0] for made, several in found.items() if made and len(several) == 1}


def _last_parts(names: Mapping[str, str]) -> set[str]:
    return {_last_part(name) for name in names}


def _last_part(name: str) -> str:
    return _parted(name)[1]


def _parted(name: str) -> tuple[str, str]:
    """Returns the folder of a name, with its slash, and its last part."""
    folder, slash, last = name.rpartition("/")
    return folder + slash, last
