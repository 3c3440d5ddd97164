"""Output manifests of SageMaker Ground Truth: masks of colours, or polygons.

Sources: the SageMaker developer guide, "Output data" (semantic segmentation: ``internal-color-map``), and the
``crowd-polygon`` element of its custom labelling tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Union
from urllib.parse import unquote

from semseg.conversion import shapes
from semseg.conversion.annotated import Annotated, Annotations
from semseg.conversion.canvas import Canvas
from semseg.conversion.classes import BACKGROUND, REFUSE
from semseg.conversion.conversion import Conversion, PathLike
from semseg.conversion.conversion_problems import ConversionProblems, Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.mask_files import classes_of_colours, classes_of_values, read_mask_file, stored_values
from semseg.conversion.places import file_in, sample_name
from semseg.conversion.untrusted import entry, label, parse_object, points, read_bytes, shown, side
from semseg.data.labels.colour import Colour, read_colour

_SOURCE, _REF, _METADATA, _COLOURS = "source-ref", "-ref", "-metadata", "internal-color-map"
_FILE_SCHEME = "file://"
_Labels = Mapping[Union[int, Colour], str]  # of the values, and of the colours, of a mask's pixels


def from_ground_truth(
    manifest: PathLike,
    out: PathLike,
    *,
    folders: Mapping[str, PathLike] | None = None,
    attribute: str | None = None,
    validation_manifest: PathLike | None = None,
    validation: float | Sequence[str] = 0.2,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    background: str | None = BACKGROUND,
    others: str = REFUSE,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from an output manifest of SageMaker Ground Truth.

    Masks are read by their colours, which each line's ``internal-color-map`` names; where they hold other colours, by
    their values. Polygons (``polygons`` with ``label`` and ``vertices``) are drawn in their order. Boxes do not say
    which pixels belong to an object, and are refused. Lines without the attribute, which were not labelled, are left
    out with a warning. Nothing is downloaded.

    Args:
        manifest: the file, with a JSON object on each line.
        out: the folder to write, which must not be there yet.
        folders: where the files are on this machine, by the beginning of their URIs, as in
            ``{"s3://bucket/streets": "downloads/streets"}``. ``file://`` URIs must lead into one of these folders or
            that of the manifest.
        attribute: the labelling job's, such as "my-street-ref"; the only one with a name in ``-ref`` beside
            ``source-ref`` where it is not given.
        validation_manifest: another manifest, of the pictures for validation.
        validation: without one, the share of pictures for validation, above 0 and below 1, or their names without
            suffix. By share, pictures are chosen by ``seed`` so that rare classes are on
            both sides too.
        seed: of that choice.
        classes: class names in the order of the classes; all of them, in the order of the colour maps, where it is not
            given.
        background: the name of the class of unlabelled pixels (Ground Truth's ``BACKGROUND``), class 0 where
            ``classes`` does not name it; None ignores such pixels (255).
        others: what becomes of labels that ``classes`` leaves out: "refuse" the conversion, take their pixels for
            "background", or "ignore" them.
        link: whether pictures are hard links to the given ones where the file system allows it; else copies.

    Returns:
        What was written, with the classes' names.

    Raises:
        ChannelError: the manifest, or files that it names, cannot be used, with all problems; ``out`` is there.
        PlatformError: there are polygons, and pycocotools is not installed.
    """
    conversion = Conversion(str(manifest), out, classes, background, others, link)
    there = {prefix: Path(folder) for prefix, folder in (folders or {}).items()}
    training = _read(Path(manifest), there, attribute, background, conversion.problems)
    if validation_manifest is None:
        return conversion.write_split(training, validation, seed)
    return conversion.write_both(
        training, _read(Path(validation_manifest), there, attribute, background, conversion.problems)
    )


def _read(
    manifest: Path,
    folders: Mapping[str, Path],
    attribute: str | None,
    background: str | None,
    problems: ConversionProblems,
) -> Annotations:
    pictures: list[Annotated] = []
    labels: dict[str, None] = {}
    lines = read_bytes(manifest).splitlines()
    files = _Files(manifest.parent, folders)
    for number, line in enumerate(lines, start=1):
        place = f"line {number} of {manifest.name}"
        with problems.at(place):
            content = parse_object(line) if line.strip() else {}
            name = _attribute(content, attribute) if content else None
            if name is not None:
                pictures.append(_annotated(content, name, files, place, background, labels))
            elif content:
                problems.warn(place, "it has no label, as of a picture that was not labelled, and is left out")
    return Annotations(pictures, list(labels))


def _attribute(content: Mapping[str, Any], wanted: str | None) -> str | None:
    """Returns the name of the attribute with the labels; None where the line has none."""
    if wanted is not None:
        return next((name for name in (wanted, f"{wanted}{_REF}") if name in content), None)
    found = [name for name in content if name.endswith(_REF) and name != _SOURCE]
    found = found or [
        name for name, value in content.items() if isinstance(value, dict) and f"{name}{_METADATA}" in content
    ]
    if len(found) > 1:
        raise Unusable(f"it must have one attribute of labels, got {shown(found)}: give one of them as attribute")
    return found[0] if found else None


class _Files:
    """The files of a manifest, by their URIs."""

    def __init__(self, beside: Path, folders: Mapping[str, Path]) -> None:
        self._folders = {prefix.rstrip("/") + "/": folder for prefix, folder in folders.items()}
        self._local = [beside, *folders.values()]

    def find(self, uri: str) -> tuple[Path, Path]:
        """Returns a file, and the folder that it is in."""
        for prefix in sorted(self._folders, key=len, reverse=True):
            if uri.startswith(prefix):
                folder = self._folders[prefix]
                return file_in(folder, uri[len(prefix) :]), folder
        if not uri.startswith(_FILE_SCHEME):
            raise Unusable(
                f"{shown(uri)} must begin as one of folders does, {shown(sorted(self._folders))}: download it, and say "
                'where it is, as in folders={"s3://bucket/prefix": "folder"}'
            )
        path = Path(unquote(uri[len(_FILE_SCHEME) :]))
        for folder in self._local:
            if path.is_relative_to(folder.absolute()):
                return file_in(folder, path.relative_to(folder.absolute()).as_posix()), folder
        raise Unusable(f"{shown(uri)} must be in the manifest's folder or in one of folders")


def _annotated(
    content: dict[str, Any],
    attribute: str,
    files: _Files,
    place: str,
    background: str | None,
    labels: dict[str, None],
) -> Annotated:
    picture, folder = files.find(entry(content, _SOURCE, str, "a URI"))
    name, value = sample_name(picture, folder), content[attribute]
    if isinstance(value, str):
        mask, _ = files.find(value)
        metadata = content.get(f"{attribute}{_METADATA}")
        meanings = _meanings(entry(metadata, _COLOURS, dict, "an object of values and classes"), background)
        named = [label for label in meanings.values() if background or label != BACKGROUND]
        labels.update(dict.fromkeys(named))
        return Annotated(name, picture, place, None, partial(_draw_mask, mask=mask, meanings=meanings))
    size, polygons = _polygons(value)
    labels.update(dict.fromkeys(sorted({label(polygon, "label") for polygon in polygons})))
    return Annotated(name, picture, place, size, partial(_draw_polygons, polygons=polygons))


def _meanings(colour_map: Mapping[str, Any], background: str | None) -> _Labels:
    """Returns the label of each value and of each colour in an ``internal-color-map``."""
    found: dict[int | Colour, str] = {}
    for key in sorted(colour_map, key=lambda key: (len(key), key)):
        if not key.isascii() or not key.isdigit() or int(key[:4]) > 255:
            raise Unusable(f"{_COLOURS} must have values of 0 to 255 as keys, got {shown(key)}")
        named = label(colour_map[key], "class-name")
        named = (background or BACKGROUND) if named.lower() == BACKGROUND else named
        found[int(key)] = named
        hex_colour = colour_map[key].get("hex-color")
        if hex_colour is not None:
            try:
                colour = read_colour(hex_colour)
            except ValueError as error:
                raise Unusable(f"hex-color of class {named!r} {error}") from error
            if found.setdefault(colour, named) != named:
                raise Unusable(f"each class must have a colour of its own, got {shown(hex_colour)} twice")
    return found


def _draw_mask(canvas: Canvas, mask: Path, meanings: _Labels) -> None:
    content = read_mask_file(mask)
    numbers = {key: canvas.classes.number_in_mask(named) for key, named in meanings.items()}
    values = {key: number for key, number in numbers.items() if isinstance(key, int)}
    colours = {key: number for key, number in numbers.items() if not isinstance(key, int)}
    try:
        by_colour = classes_of_colours(content, colours) if colours else None
    except Unusable:
        by_colour = None
    if by_colour is not None:
        canvas.fill(by_colour)
    else:
        canvas.fill(classes_of_values(stored_values(content, mask.name), values))


def _polygons(value: Any) -> tuple[tuple[int, int] | None, list[Any]]:
    """Returns the size of the picture, if it is said, and the polygons of an attribute's value."""
    result = value.get("annotatedResult", value) if isinstance(value, dict) else value
    if not isinstance(result, dict) or not isinstance(result.get("polygons"), list):
        boxes = isinstance(result, dict) and "annotations" in result
        got = "bounding boxes, which do not say which pixels belong to an object" if boxes else shown(value)
        raise Unusable(f"its labels must be a mask's URI or an object with polygons, got {got}")
    size = result.get("inputImageProperties")
    if not isinstance(size, dict):
        return None, result["polygons"]
    return (side(size.get("width"), "width"), side(size.get("height"), "height")), result["polygons"]


def _draw_polygons(canvas: Canvas, polygons: list[Any]) -> None:
    for polygon in polygons:
        vertices = entry(polygon, "vertices", list, "a list of points")
        pairs = [[vertex.get("x"), vertex.get("y")] if isinstance(vertex, dict) else [] for vertex in vertices]
        corners = points(pairs, "vertices", canvas.size)
        if len(corners) < 3:
            raise Unusable(f"a polygon must have 3 points or more, got {len(corners)}")
        canvas.paint(label(polygon, "label"), shapes.polygon(corners, canvas.width, canvas.height))
