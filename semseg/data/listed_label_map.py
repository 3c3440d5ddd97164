"""One call that makes a label map of a list of colours, or of the colours that a folder of masks holds."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Optional, Union

from semseg.contract.class_names import is_name
from semseg.contract.label_maps import COLORS, FILES, NAMES
from semseg.contract.pairing import MASK_SUFFIXES, written_suffixes
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.colour import Colour, read_colour, shown
from semseg.data.labels.colour_lists import ColourList, ListedLabel, read_colour_list
from semseg.data.labels.colours_seen import ColoursSeen
from semseg.data.labels.proposed_colours import written
from semseg.data.pictures.image_files import mask_colours
from semseg.data.samples import list_folder
from semseg.errors import UserError
from semseg.plumbing.json_file import write_public_json
from semseg.plumbing.ordered_map import ordered_map

VOID = ("void", "ignore", "ignored", "unlabeled", "unlabelled")  # labels of what nobody knows
BACKGROUND = "background"  # in CVAT's lists: what nobody has labelled
_MOST_CLASSES = 254
_READERS = 4  # threads

Place = Union[str, "os.PathLike[str]"]


def label_map_from(
    source: Place, classes: Optional[Sequence[str]] = None, ignored: Optional[Collection[str]] = None
) -> dict[str, Any]:
    """Returns the label map for masks of colours, as a dictionary for JSON.

    Args:
        source: a list of labels and their colours, CVAT's ``labelmap.txt`` or ``label_colors.txt``, or a
            ``class_dict.csv`` (name, r, g, b); or a folder of masks, at any depth, whose colours are listed.
        classes: the labels of class 0, of class 1, ...; all others are ignored. Left out, the labels in the order of
            the list. Of a folder, colours as "#4682b4", in rising order if left out.
        ignored: the labels, or colours, that are ignored. Left out, those that are called void or unlabelled, and in
            CVAT's lists the background, if at least two others are left.

    Returns:
        ``{"colors": {"0": "#4682b4", ..., "255": "#000000"}, "names": {"0": "sky", ..., "255": "background"}}``; a
        class of several colours has a list of them, and the colours of a folder have no names.

    Raises:
        UserError: there is no such list or folder, or it cannot be used; the sentence says why.
        ImageError: a mask cannot be read.
    """
    path = Path(source)
    if path.is_dir():
        seen = _colours_below(path)
        listed = ColourList([ListedLabel(shown(colour), colour) for colour in sorted(seen.pixels)], is_cvat=False)
        return {COLORS: _numbered(listed, _as_colours(classes), _as_colours(ignored), path)[0]}
    colors, names = _numbered(read_colour_list(path), classes, ignored, path)
    return {COLORS: colors, NAMES: names}


def write_label_maps(
    source: Place, folder: Place, classes: Optional[Sequence[str]] = None, ignored: Optional[Collection[str]] = None
) -> dict[str, Any]:
    """Writes what :func:`label_map_from` returns to ``train_label_map.json`` and ``validation_label_map.json``.

    Args:
        folder: for channel ``label_map``; made if it does not exist.

    Returns:
        The label map.
    """
    label_map = label_map_from(source, classes, ignored)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in FILES:
        write_public_json(Path(folder) / name, label_map)
    return label_map


def _colours_below(folder: Path) -> ColoursSeen:
    """Returns the colours of all masks below a folder."""
    found = sorted(path for path in list_folder(folder).pictures if Path(path).suffix.lower() in MASK_SUFFIXES)
    if not found:
        raise UserError(f"{folder} must hold masks, {written_suffixes(MASK_SUFFIXES)} files, got none")
    seen, pixels = ColoursSeen(), 0
    for of_one, count in ordered_map(lambda name: mask_colours(folder / name), found, _READERS):
        seen.add(of_one)
        pixels += count
    if seen.are_too_many or seen.look_smoothed(pixels):
        raise UserError(
            f"{folder} must hold masks of at most {IGNORE} colours, got {seen.number()}, {seen.listed()}: masks that "
            "were scaled or smoothed with interpolation, or were JPEG once, have such mixtures"
        )
    return seen


def _numbered(
    listed: ColourList, classes: Optional[Sequence[str]], ignored: Optional[Collection[str]], path: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Returns the colours and the names of the classes."""
    of: dict[str, list[Colour]] = {}
    for label in listed.labels:
        of.setdefault(label.name, []).append(label.colour)
    void = _void(list(of), classes, ignored, listed.is_cvat)
    order = [name for name in of if name not in void] if classes is None else list(classes)
    _check(path, of, order, void)
    colors = {str(label): written(of[name]) for label, name in enumerate(order)}
    names = {str(label): name for label, name in enumerate(order)}
    if void:
        colors[str(IGNORE)] = written([colour for name in of if name in void for colour in of[name]])
        together = ", ".join(name for name in of if name in void)
        names.update({str(IGNORE): together} if is_name(together) else {})
    return colors, names


def _void(
    labels: Sequence[str], classes: Optional[Sequence[str]], ignored: Optional[Collection[str]], is_cvat: bool
) -> set[str]:
    """Returns the labels that are ignored."""
    if classes is not None:
        return {*labels, *(ignored or ())} - set(classes)
    if ignored is not None:
        return set(ignored)
    void = {name for name in labels if name.lower() in VOID}
    nobody = {name for name in labels if is_cvat and name.lower() == BACKGROUND}
    left = set(labels) - void - nobody
    return void | nobody if len(left) > 1 else void


def _check(path: Path, of: dict[str, list[Colour]], order: Sequence[str], void: set[str]) -> None:
    unknown = [name for name in (*order, *sorted(void)) if name not in of]
    if unknown:
        raise UserError(f"{path} has no {unknown[0]!r}, it has {', '.join(of)}")
    if len(set(order)) < len(order):
        raise UserError(f"classes must name each label once, got {', '.join(order)}")
    if not 1 <= len(order) <= _MOST_CLASSES:
        raise UserError(f"{path} must lead to 1 to {_MOST_CLASSES} classes, got {len(order)}")


def _as_colours(names: Optional[Collection[str]]) -> Optional[list[str]]:
    """Returns colours, in whichever form they are given, as the colours of a folder are called."""
    if names is None:
        return None
    try:
        return [shown(read_colour(name)) for name in names]
    except ValueError as error:
        raise UserError(f"a colour of classes or ignored {error}") from None
