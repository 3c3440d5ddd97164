"""CVAT's exports become masks, of shapes as of colours."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.conversion.cvat import from_cvat
from semseg.errors import ChannelError
from tests.conversion.annotation_files import masks_of, write_mask, write_pictures

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
<label><name>sky</name><color>#4682b4</color></label><label><name>road</name><color>#fa3253</color></label>
</labels></task></meta>
"""
IMAGE = '<image id="{number}" name="{name}" width="8" height="6">{shapes}</image>\n'
MASK = '<mask label="road" occluded="0" rle="1, 2, 1" left="{left}" top="4" width="2" height="2" z_order="0"></mask>'
POLYGON = '<polygon label="sky" occluded="0" points="0,0;8,0;8,2;0,2" z_order="{z}"></polygon>'
BOX = '<box label="road" occluded="0" xtl="6" ytl="1" xbr="8" ybr="3" z_order="0"></box>'


@pytest.fixture
def export(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "export" / "images", ["a.png", "sub/b.png"])
    return tmp_path / "export"


def write_xml(export: Path, first: str, second: str = MASK.format(left=0), head: str = HEAD) -> None:
    images = IMAGE.format(number=0, name="a.png", shapes=first) + IMAGE.format(
        number=1, name="sub/b.png", shapes=second
    )
    (export / "annotations.xml").write_text(f"{head}{images}</annotations>")


def test_a_mask_is_run_lengths_along_the_rows_of_its_part(tmp_path: Path, export: Path) -> None:
    write_xml(export, MASK.format(left=3))
    result = from_cvat(export, tmp_path / "data", validation=["sub/b"])
    masks = masks_of(result)
    assert result.classes == ("background", "sky", "road")
    assert np.argwhere(masks["a"] == 2).tolist() == [[4, 4], [5, 3]]
    assert np.argwhere(masks["sub/b"] == 2).tolist() == [[4, 1], [5, 0]]


@pytest.mark.parametrize(("z", "in_corner"), [(-1, 2), (1, 1)])
def test_shapes_lie_in_the_order_of_z_order(tmp_path: Path, export: Path, z: int, in_corner: int) -> None:
    pytest.importorskip("pycocotools")
    write_xml(export, BOX + POLYGON.format(z=z))
    mask = masks_of(from_cvat(export / "annotations.xml", tmp_path / "data", validation=0.5))["a"]
    expected = np.zeros((6, 8), np.uint8)
    expected[1:3, 6:] = 2
    expected[:2, :6] = expected[0] = 1
    expected[1, 6:] = in_corner
    assert mask.tolist() == expected.tolist()


def test_a_box_turned_by_90_degrees_and_an_ellipse_cover_their_pixels(tmp_path: Path, export: Path) -> None:
    pytest.importorskip("pycocotools")
    box = '<box label="road" xtl="1" ytl="2" xbr="5" ybr="4" rotation="90" z_order="0"></box>'
    ellipse = '<ellipse label="sky" cx="4" cy="3" rx="3" ry="1" rotation="90" z_order="0"></ellipse>'
    write_xml(export, box, ellipse)
    masks = masks_of(from_cvat(export, tmp_path / "data", validation=0.5))
    assert np.argwhere(masks["a"] == 2).tolist() == [[row, column] for row in (1, 2, 3, 4) for column in (2, 3)]
    assert (masks["sub/b"] == 1).sum(axis=0).tolist()[3:5] == [6, 6]


def test_shapes_without_area_and_masks_outside_are_told(tmp_path: Path, export: Path) -> None:
    line = '<polyline label="sky" points="0,0;8,0" z_order="0"></polyline>'
    write_xml(export, line + MASK.format(left=7) + MASK.format(left=1).replace("1, 2, 1", "1, 2"))
    with pytest.raises(ChannelError) as raised:
        from_cvat(export, tmp_path / "data")
    place = "image[0] of annotations.xml"
    assert str(raised.value).splitlines()[1:] == [
        f"polyline[0] of {place}: it covers no area: draw a polygon or a mask, or delete it",
        f"mask[1] of {place}: a mask must lie in its picture of 8 x 6 pixels, got 2 x 2 from 7, 4",
        f"mask[2] of {place}: run lengths must be 0 or more and fill 2 x 2 pixels, got 3 in all",
    ]


def test_a_document_type_is_refused_before_it_grows(tmp_path: Path, export: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
    write_xml(export, "", head=HEAD.replace("<annotations>", f"{bomb}<annotations>"))
    with pytest.raises(
        ChannelError, match=r"annotations.xml: it must have no document type, got 'a': CVAT writes none"
    ):
        from_cvat(export, tmp_path / "data")


@pytest.mark.parametrize("text", ["", "<annotations>", "{}", '<?xml version="1.0" encoding="none"?><a/>'])
def test_what_is_no_xml_is_told(tmp_path: Path, export: Path, text: str) -> None:
    (export / "annotations.xml").write_text(text)
    with pytest.raises(ChannelError, match=r"annotations.xml: it must be XML"):
        from_cvat(export, tmp_path / "data")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, export: Path) -> None:
    write_pictures(tmp_path / "secret", ["a.png"])
    (export / "images" / "a.png").unlink()
    os.symlink(tmp_path / "secret" / "a.png", export / "images" / "a.png")
    write_xml(export, "")
    with pytest.raises(ChannelError, match=r"image\[0\] of annotations.xml: 'a.png' is a link that leads out of"):
        from_cvat(export, tmp_path / "data")


def write_colours(export: Path, mode: str = "RGB") -> None:
    """Two masks of blue sky, red road and black, as pictures of colours or with a palette."""
    (export / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:250,50,83::\nsky:70,130,180::\n"
    )
    colours = np.array([[0, 0, 0], [70, 130, 180], [250, 50, 83]], np.uint8)
    for number, name in enumerate(("a", "b")):
        numbers = np.repeat(np.array([[0, 1, 2, number]]), 6, axis=0).repeat(2, axis=1)
        path = export / "SegmentationClass" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        picture = Image.fromarray(colours[numbers])
        (picture if mode == "RGB" else picture.quantize(3)).save(path)


@pytest.mark.parametrize("mode", ["RGB", "P"])
@pytest.mark.parametrize(("background", "values"), [("background", [0, 2, 1]), (None, [255, 1, 0])])
def test_masks_are_read_by_the_colours_of_the_label_file(
    tmp_path: Path, mode: str, background: str | None, values: list[int]
) -> None:
    write_pictures(tmp_path / "export" / "JPEGImages", ["a.png", "b.png"])
    write_colours(tmp_path / "export", mode)
    result = from_cvat(tmp_path / "export", tmp_path / "data", background=background, validation=0.5)
    black, sky, road = values
    assert result.classes == (("background",) if background else ()) + ("road", "sky")
    assert masks_of(result)["a"][3].tolist() == [black, black, sky, sky, road, road, black, black]
    assert masks_of(result)["b"][3].tolist() == [black, black, sky, sky, road, road, sky, sky]


def test_a_colour_without_a_label_is_told(tmp_path: Path) -> None:
    write_pictures(tmp_path / "export" / "JPEGImages", ["a.png", "b.png"])
    write_colours(tmp_path / "export")
    write_mask(tmp_path / "export" / "SegmentationClass" / "b.png", np.full((6, 8, 3), 9))
    with pytest.raises(ChannelError, match=r"1 problem:\nb: its colours must each have a class, got #090909"):
        from_cvat(tmp_path / "export", tmp_path / "data")
