"""One data set in every format that is converted: what each conversion makes of it must be the same."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.conversion.coco import from_coco
from semseg.conversion.converted import Converted
from semseg.conversion.cvat import from_cvat
from semseg.conversion.ground_truth import from_ground_truth
from semseg.conversion.labelme import from_labelme
from semseg.conversion.pairs import from_pairs, split

VOID = 255
COLOURS = np.random.default_rng(7).permutation(256).astype(np.uint8)


@dataclass(frozen=True)
class Plain:
    """A data set of class ids.

    Attributes:
        pictures: the file of each picture by its name.
        masks: the class of each pixel, 255 where it has none, by the same names.
        names: of the classes.
        validation: the names of the pictures for validation.
    """

    pictures: Mapping[str, Path]
    masks: Mapping[str, np.ndarray]
    names: Sequence[str]
    validation: Sequence[str]

    def colour(self, number: int) -> tuple[int, int, int]:
        """Returns a colour of its own for each class; 0,0,0 for none."""
        return (0, 0, 0) if number == VOID else (int(COLOURS[number]), 255 - number, (7 + number) % 256)

    def coloured(self, mask: np.ndarray) -> Image.Image:
        table = np.array([self.colour(number) for number in range(256)], np.uint8)
        return Image.fromarray(table[mask])


def write_coco(plain: Plain, folder: Path) -> None:
    """Writes run lengths; ids of categories have gaps."""
    images: list[object] = []
    annotations: list[object] = []
    for number, (name, mask) in enumerate(plain.masks.items()):
        height, width = mask.shape
        _copy(plain, name, folder / "images")
        images.append({"id": number, "file_name": plain.pictures[name].name, "width": width, "height": height})
        for label in np.unique(mask[mask != VOID]):
            counts = run_lengths((mask == label).T.ravel())
            segmentation = {"size": [height, width], "counts": counts}
            ids = {"id": len(annotations), "image_id": number, "category_id": 10 * int(label) + 3}
            annotations.append({**ids, "iscrowd": 0, "segmentation": segmentation})
    categories = [{"id": 10 * number + 3, "name": name} for number, name in enumerate(plain.names)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(content))


def write_labelme(plain: Plain, folder: Path) -> None:
    """Writes the shapes of masks of LabelMe 5."""
    for name, mask in plain.masks.items():
        _copy(plain, name, folder)
        shapes = []
        for label in np.unique(mask[mask != VOID]):
            rows, columns = np.where(mask == label)
            top, left, bottom, right = (int(edge) for edge in (rows.min(), columns.min(), rows.max(), columns.max()))
            part = (mask == label)[top : bottom + 1, left : right + 1]
            file = io.BytesIO()
            Image.fromarray(part).save(file, "PNG")
            encoded = base64.b64encode(file.getvalue()).decode()
            points = [[left, top], [right, bottom]]
            shape = {"label": plain.names[label], "points": points, "shape_type": "mask", "mask": encoded}
            shapes.append(shape)
        height, width = mask.shape
        size = {"imageHeight": height, "imageWidth": width}
        content = {"version": "5.5.0", "imagePath": plain.pictures[name].name, "shapes": shapes, **size}
        (folder / f"{name}.json").write_text(json.dumps(content))


def write_cvat(plain: Plain, folder: Path) -> None:
    """Writes masks of "CVAT for images 1.1", each with the part of the picture that it lies in."""
    lines = ["<annotations>", "<version>1.1</version><meta><task><labels>"]
    lines += [f"<label><name>{name}</name></label>" for name in plain.names] + ["</labels></task></meta>"]
    for number, (name, mask) in enumerate(plain.masks.items()):
        _copy(plain, name, folder / "images")
        height, width = mask.shape
        file = plain.pictures[name].name
        lines.append(f'<image id="{number}" name="{file}" width="{width}" height="{height}">')
        for label in np.unique(mask[mask != VOID]):
            rows, columns = np.where(mask == label)
            top, left, bottom, right = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
            rle = ", ".join(map(str, run_lengths((mask == label)[top:bottom, left:right].ravel())))
            place = f'left="{left}" top="{top}" width="{right - left}" height="{bottom - top}"'
            lines.append(f'<mask label="{plain.names[label]}" rle="{rle}" {place} z_order="0"></mask>')
        lines.append("</image>")
    (folder / "annotations.xml").write_text("\n".join([*lines, "</annotations>"]))


def write_colours(plain: Plain, folder: Path) -> None:
    """Writes masks of colours as CVAT's "Segmentation mask 1.1" has them, the labels sorted by name."""
    (folder / "SegmentationClass").mkdir(parents=True)
    for name, mask in plain.masks.items():
        _copy(plain, name, folder / "JPEGImages")
        plain.coloured(mask).save(folder / "SegmentationClass" / f"{name}.png")
    colours = {"background": VOID, **{name: number for number, name in enumerate(plain.names)}}
    rows = (f"{name}:{','.join(map(str, plain.colour(colours[name])))}::" for name in sorted(colours))
    (folder / "labelmap.txt").write_text("\n".join(["# label:color_rgb:parts:actions", *rows, ""]))
    lists = folder / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("".join(f"{name}\n" for name in plain.masks if name not in plain.validation))
    (lists / "val.txt").write_text("".join(f"{name}\n" for name in plain.validation))


def write_ground_truth(plain: Plain, folder: Path) -> None:
    """Writes an output manifest, and palette masks whose values are one more than the classes."""
    colour_map = {"0": {"class-name": "BACKGROUND", "hex-color": "#000000"}}
    for number, name in enumerate(plain.names):
        red, green, blue = plain.colour(number)
        colour_map[str(number + 1)] = {"class-name": name, "hex-color": f"#{red:02x}{green:02x}{blue:02x}"}
    palette = [part for each in colour_map.values() for part in bytes.fromhex(each["hex-color"][1:])]
    lines = []
    for name, mask in plain.masks.items():
        _copy(plain, name, folder / "pictures")
        picture = Image.fromarray((mask + 1).astype(np.uint8))
        picture.putpalette(palette)
        (folder / "output").mkdir(exist_ok=True)
        picture.save(folder / "output" / f"{name}.png")
        line = {
            "source-ref": f"s3://bucket/pictures/{plain.pictures[name].name}",
            "objects-ref": f"s3://bucket/output/{name}.png",
            "objects-ref-metadata": {"internal-color-map": colour_map, "type": "groundtruth/semantic-segmentation"},
        }
        lines.append(json.dumps(line))
    (folder / "output.manifest").write_text("\n".join(lines))


def write_pairs(plain: Plain, folder: Path) -> None:
    """Writes each mask beside its picture."""
    for name, mask in plain.masks.items():
        _copy(plain, name, folder)
        Image.fromarray(mask).save(folder / f"{name}_mask.png")


def write_two_folders(plain: Plain, folder: Path) -> None:
    """Writes a folder of pictures and one of masks."""
    (folder / "masks").mkdir(parents=True)
    for name, mask in plain.masks.items():
        _copy(plain, name, folder / "images")
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")


WRITERS: dict[str, Callable[[Plain, Path], None]] = {
    "coco": write_coco,
    "labelme": write_labelme,
    "cvat": write_cvat,
    "colours": write_colours,
    "ground_truth": write_ground_truth,
    "pairs": write_pairs,
    "two_folders": write_two_folders,
}


def write(plain: Plain, form: str, folder: Path) -> Path:
    """Writes a data set in one of the formats, and returns its folder."""
    place = folder / form
    place.mkdir(parents=True)
    WRITERS[form](plain, place)
    return place


def drawn(folder: Path, seed: int, names: Sequence[str]) -> Plain:
    """Returns a data set of noise in which every class and "no class" occur, of pictures of several sizes."""
    chance = np.random.default_rng(seed)
    pictures, masks = {}, {}
    for number in range(4):
        name = f"scene_{number}"
        height, width = 5 + number, 9 + 2 * number
        pictures[name] = folder / "source" / f"{name}.{'jpg' if number % 2 else 'png'}"
        pictures[name].parent.mkdir(exist_ok=True)
        Image.fromarray(chance.integers(0, 256, (height, width, 3), np.uint8)).save(pictures[name])
        masks[name] = chance.choice([*range(len(names)), VOID], (height, width)).astype(np.uint8)
    return Plain(pictures, masks, names, ["scene_2"])


def write_all(folder: Path) -> None:
    """Writes a data set of roads and trees in every format."""
    plain = drawn(folder, 1, ("road", "tree"))
    for form in WRITERS:
        write(plain, form, folder)


def convert(plain: Plain, form: str, place: Path, out: Path) -> Converted:
    """Converts what :func:`write` wrote, with the classes in the order of the data set's own."""
    names, validation = list(plain.names), list(plain.validation)
    if form == "coco":
        file = place / "instances.json"
        return from_coco(file, place / "images", out, classes=names, background=None, validation=validation)
    if form == "labelme":
        return from_labelme(place, out, classes=names, background=None, validation=validation)
    if form == "cvat":
        return from_cvat(place, out, classes=names, background=None, validation=validation)
    if form == "colours":
        return from_cvat(place, out, classes=names, background=None)
    if form == "ground_truth":
        folders = {f"s3://bucket/{name}": place / name for name in ("pictures", "output")}
        manifest = place / "output.manifest"
        return from_ground_truth(manifest, out, folders=folders, classes=names, background=None, validation=validation)
    if form == "pairs":
        return from_pairs(place, out, validation=validation)
    return split(place / "images", place / "masks", out, validation=validation)


def run_lengths(inside: np.ndarray) -> list[int]:
    """Returns the lengths of runs outside and inside in turn, the first of them outside."""
    padded = np.concatenate([[False], inside])
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return np.diff([0, *edges, inside.size]).tolist()


def _copy(plain: Plain, name: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(plain.pictures[name], folder)
