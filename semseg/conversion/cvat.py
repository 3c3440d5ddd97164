"""CVAT's exports: "CVAT for images 1.1", an XML file, and "Segmentation mask 1.1", folders as Pascal VOC has them.

Source: CVAT's documentation, "XML annotation format" and "Segmentation mask". Polygons cover the pixels that
pycocotools gives them, as in CVAT's own masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from semseg.conversion import shapes
from semseg.conversion.annotated import Annotated, Annotations
from semseg.conversion.canvas import Canvas
from semseg.conversion.classes import BACKGROUND, REFUSE
from semseg.conversion.conversion import Conversion, PathLike
from semseg.conversion.conversion_problems import ConversionProblems, Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.places import file_in, folder_at, sample_name
from semseg.conversion.run_lengths import expand
from semseg.conversion.untrusted import finite, label, points, read_bytes, shown, side
from semseg.conversion.voc import MASKS, write_voc

_FILE = "annotations.xml"
_WITH_AREA = ("polygon", "box", "ellipse", "mask")
_WITHOUT_AREA = ("polyline", "points", "skeleton", "cuboid")


def from_cvat(
    export: PathLike,
    out: PathLike,
    *,
    images: PathLike | None = None,
    validation: float | Sequence[str] | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    background: str | None = BACKGROUND,
    others: str = REFUSE,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from an unpacked export of CVAT.

    Of "CVAT for images 1.1", polygons, masks, boxes and ellipses are drawn in the order of ``z_order``, and then of the
    file; the later lies on top. Of "Segmentation mask 1.1", masks are read by the colours of ``labelmap.txt``.

    Args:
        export: the folder that the export was unpacked to, or its ``annotations.xml``.
        out: the folder to write, which must not be there yet.
        images: the folder of the pictures; where it is not given, ``images`` in the export of an XML file, or
            ``JPEGImages`` in that of masks.
        validation: the share of pictures for validation, above 0 and below 1, or their names without suffix; where it
            is not given, a fifth, or what the export's lists ``train.txt`` and ``val.txt`` say. By share, pictures are
            chosen by ``seed`` so that each class that is in two pictures is on both sides.
        seed: of that choice.
        classes: labels in the order of the classes; all labels, in their order, where it is not given.
        background: the name of the class of pixels that no shape covers, class 0 where ``classes`` does not name it;
            None ignores such pixels (255).
        others: what becomes of labels that ``classes`` leaves out: "refuse" the conversion, take their pixels for
            "background" (as if they were not drawn), or "ignore" their pixels.
        link: whether pictures are hard links to the given ones where the file system allows it; else copies.

    Returns:
        What was written, with the classes' names.

    Raises:
        ChannelError: the export cannot be used, with all problems; ``out`` is there.
        PlatformError: there are polygons, and pycocotools is not installed.
    """
    place = Path(export)
    conversion = Conversion(str(export), out, classes, background, others, link)
    pictures = None if images is None else Path(images)
    if (place / MASKS).is_dir():
        return write_voc(conversion, place, pictures, validation, seed)
    file = place / _FILE if place.is_dir() else place
    annotations = _read(file, pictures or file.parent / "images", conversion.problems)
    return conversion.write_split(annotations, 0.2 if validation is None else validation, seed)


class _Tree(ElementTree.TreeBuilder):
    """Builds the elements of a file without a document type, by which a small file could grow to a large one."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuses a document type; the arguments are the parser's."""
        raise Unusable(f"it must have no document type, got {shown(name)}: CVAT writes none")


def _read(file: Path, images: Path, problems: ConversionProblems) -> Annotations:
    pictures: list[Annotated] = []
    labels: list[str] = []
    with problems.at(file.name):
        folder_at(images, "images")
        root = _parsed(read_bytes(file))
        for element in root.iterfind(".//meta//labels/label/name"):
            labels.append(label({"name": (element.text or "").strip()}, "name"))
        elements = list(root.iterfind("image"))
        if not elements:
            raise Unusable('it must hold <image> elements, got none: export it as "CVAT for images 1.1"')
        if not labels:
            labels = sorted({shape.get("label", "") for element in elements for shape in element} - {""})
        for number, element in enumerate(elements):
            place = f"image[{number}] of {file.name}"
            with problems.at(place):
                pictures.append(_annotated(element, images, place, problems))
    return Annotations(pictures, list(dict.fromkeys(labels)))


def _parsed(content: bytes) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Tree())
    try:
        parser.feed(content)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unusable(f"it must be XML ({error}): export it anew") from error
    return root


def _annotated(element: ElementTree.Element, images: Path, place: str, problems: ConversionProblems) -> Annotated:
    size = side(element.get("width"), "width"), side(element.get("height"), "height")
    picture = file_in(images, element.get("name", ""))
    drawn = []
    for number, shape in enumerate(element):
        shape_place = f"{shape.tag}[{number}] of {place}"
        with problems.at(shape_place):
            if shape.tag in _WITHOUT_AREA:
                raise Unusable("it covers no area: draw a polygon or a mask, or delete it")
            if shape.tag in _WITH_AREA:
                drawn.append((finite(shape.get("z_order", 0), "z_order"), number, shape_place, shape))
    ordered = [(shape_place, shape) for *_, shape_place, shape in sorted(drawn, key=lambda one: one[:2])]
    draw = partial(_draw, drawn=ordered, problems=problems)
    return Annotated(sample_name(picture, images), picture, place, size, draw)


def _draw(canvas: Canvas, drawn: list[tuple[str, ElementTree.Element]], problems: ConversionProblems) -> None:
    for place, shape in drawn:
        with problems.at(place):
            named = label(shape.attrib, "label")
            if shape.tag == "mask":
                _paint_mask(canvas, named, shape)
            else:
                corners = points(_corners(shape).tolist(), "points", canvas.size)
                canvas.paint(named, shapes.polygon(corners, canvas.width, canvas.height))


def _corners(shape: ElementTree.Element) -> np.ndarray:
    if shape.tag == "box":
        left, top, right, bottom = (finite(shape.get(key), key) for key in ("xtl", "ytl", "xbr", "ybr"))
        return shapes.box_corners(left, top, right, bottom, finite(shape.get("rotation", 0), "rotation"))
    if shape.tag == "ellipse":
        x, y, radius_x, radius_y = (finite(shape.get(key), key) for key in ("cx", "cy", "rx", "ry"))
        return shapes.ellipse_corners(x, y, radius_x, radius_y, finite(shape.get("rotation", 0), "rotation"))
    pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
    if len(pairs) < 3 or any(len(pair) != 2 for pair in pairs):
        raise Unusable(f"points must be three or more of the form x,y;x,y, got {shown(shape.get('points', ''))}")
    return np.array([[finite(number, "points") for number in pair] for pair in pairs])


def _paint_mask(canvas: Canvas, named: str, shape: ElementTree.Element) -> None:
    left, top = (_place(shape.get(key), key) for key in ("left", "top"))
    width, height = (side(shape.get(key), key) for key in ("width", "height"))
    if left + width > canvas.width or top + height > canvas.height:
        raise Unusable(
            f"a mask must lie in its picture of {canvas.width} x {canvas.height} pixels, got {width} x {height} from "
            f"{left}, {top}"
        )
    texts = [text.strip() for text in shape.get("rle", "").split(",")]
    if not all(text.isascii() and text.isdigit() and len(text) < 12 for text in texts):
        raise Unusable(f"rle must be whole numbers with commas between them, got {shown(shape.get('rle', ''))}")
    canvas.paint(named, expand([int(text) for text in texts], width, height, by_columns=False), left, top)


def _place(value: str | None, key: str) -> int:
    number = finite(value, key)
    if number < 0 or not number.is_integer():
        raise Unusable(f"{key} must be a whole number of 0 or more, got {shown(value)}")
    return int(number)
