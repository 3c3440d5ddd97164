"""The pages of data, asked as a browser asks them."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from semseg.drawing.class_colours import class_colours
from tests.console.pictures import HEIGHT, WIDTH, write_data
from tests.console.served import SECONDS, Visitor


def checked(visitor: Visitor, folder: Path) -> str:
    """Returns the page of a data set once its check is over."""
    deadline = time.monotonic() + SECONDS
    while not json.loads(visitor.ask(f"/data/progress?{urlencode({'folder': folder})}").data)["over"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return visitor.page("/data", folder=str(folder))


def picture(visitor: Visitor, kind: str, folder: Path, place: int = 0, channel: str = "train") -> np.ndarray:
    query = urlencode({"folder": folder, "channel": channel, "place": place})
    answer = visitor.ask(f"/data/{kind}?{query}")
    assert answer.status == 200, answer.data
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))


def test_the_first_page_lists_the_folders_of_the_root(own: Visitor, tmp_path: Path) -> None:
    write_data(tmp_path / "street")
    page = own.page("/data")
    assert ">street</span>" in page
    assert "data set</span>" in page


def test_a_data_set_is_shown_with_its_check_its_classes_and_its_pictures(own: Visitor, tmp_path: Path) -> None:
    page = checked(own, write_data(tmp_path / "street"))
    assert "Nothing stands in the way of a job." in page
    assert page.count("<img ") == 2 * 2  # two pictures, each with its mask
    assert page.count("50 %") == 4  # half of all pixels for each of two classes, in both halves
    assert f"{WIDTH} \N{MULTIPLICATION SIGN} {HEIGHT}" in page


def test_a_picture_lies_under_a_mask_in_the_colours_of_its_classes(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street", (0, 1))
    image, mask = picture(own, "picture", folder, 1), picture(own, "mask", folder, 1)
    assert image.shape == mask.shape == (HEIGHT, WIDTH, 4)
    assert abs(int(image[12, 12, 0]) - 10) <= 2  # of a JPEG
    assert mask[5, 2].tolist() == [*class_colours(2)[0].tolist(), 255]
    assert mask[5, 30].tolist() == [*class_colours(2)[1].tolist(), 255]


def test_what_is_ignored_is_clear(own: Visitor, tmp_path: Path) -> None:
    assert picture(own, "mask", write_data(tmp_path / "street", (0, 255)))[5, 30, 3] == 0


def test_a_mask_that_cannot_be_read_is_clear_and_its_picture_is_shown(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    (folder / "train_annotation" / "p0.png").write_bytes(b"no picture")
    assert picture(own, "picture", folder).shape == (HEIGHT, WIDTH, 4)
    assert not picture(own, "mask", folder)[:, :, 3].any()


def test_black_and_white_masks_get_their_label_map_by_one_press(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "horses", (0, 255))
    assert "These look like black-and-white masks" in checked(own, folder)
    fields = [("folder", str(folder))]
    for label, pixels, name in (("0", "0", "background"), ("1", "255", "horse")):
        fields += [("label", label), ("pixels", pixels), ("name", name)]
    assert own.post("/data/label-map", *fields).status == 303
    written = json.loads((folder / "label_map" / "train_label_map.json").read_text())
    assert written == {"map": {"0": 0, "1": 255}, "names": {"0": "background", "1": "horse"}}
    page = checked(own, folder)
    assert "These look like" not in page
    assert "Nothing stands in the way of a job." in page
    assert "horse" in page
    assert picture(own, "mask", folder)[5, 30].tolist() == [*class_colours(2)[1].tolist(), 255]


def test_masks_of_colours_get_a_label_map_that_lists_them(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street", ((70, 130, 180), (250, 50, 83)))
    page = checked(own, folder)
    assert "The masks are made of colours" in page
    assert 'name="pixels" value="#4682b4"' in page
    fields = [("folder", str(folder))]
    for label, pixels in (("0", "#4682b4"), ("1", "#fa3253")):
        fields += [("label", label), ("pixels", pixels), ("name", "")]
    own.post("/data/label-map", *fields)
    assert "Nothing stands in the way of a job." in checked(own, folder)
    assert picture(own, "mask", folder)[5, 2].tolist() == [70, 130, 180, 255]  # the colour that the label map gives


def test_a_label_map_that_is_none_is_told_beside_what_was_written(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    checked(own, folder)
    answer = own.post(
        "/data/label-map", ("folder", str(folder)), ("label", "0"), ("pixels", "red"), ("name", "<b>sky</b>")
    )
    page = answer.data.decode()
    assert answer.status == 400
    assert "the pixels of class 0 must be values of 0 to 255" in page
    assert 'value="&lt;b&gt;sky&lt;/b&gt;"' in page
    assert "<b>" not in page
    assert not (folder / "label_map").exists()


def test_files_that_were_changed_are_read_again_when_somebody_asks_for_it(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    checked(own, folder)
    (folder / "train_annotation" / "p0.png").unlink()
    assert "has no mask" not in checked(own, folder)
    assert own.post("/data/check", ("folder", str(folder))).status == 303
    assert "has no mask" in checked(own, folder)


def test_a_label_map_that_cannot_be_read_is_told(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    (folder / "label_map").mkdir()
    (folder / "label_map" / "train_label_map.json").write_text("{")
    assert "is not JSON" in own.page("/data", folder=str(folder))


@pytest.mark.parametrize("place", ["-1", "x", "99999", "7", ""])
def test_there_is_no_picture_at_another_place(own: Visitor, tmp_path: Path, place: str) -> None:
    folder = write_data(tmp_path / "street")
    assert own.ask(f"/data/picture?{urlencode({'folder': folder, 'place': place})}").status == 400


def test_no_path_leads_out_of_the_roots(own: Visitor, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = write_data(tmp_path_factory.mktemp("elsewhere") / "street")
    inside = write_data(tmp_path / "street")
    (inside / "train" / "p0.png").unlink()
    (inside / "train" / "p0.png").symlink_to(outside / "train" / "p0.png")
    (tmp_path / "linked").symlink_to(outside)
    for folder in (outside, inside / ".." / ".." / outside.parent.name / "street", tmp_path / "linked"):
        for path in ("/data", "/data/progress", "/data/picture", "/data/mask"):
            assert own.ask(f"{path}?{urlencode({'folder': folder, 'place': 0})}").status == 400
        fields = (("folder", str(folder)), ("label", "0"), ("pixels", "3"), ("name", ""))
        assert own.post("/data/label-map", *fields).status == 400
    assert own.ask(f"/data/picture?{urlencode({'folder': inside, 'place': 0})}").status == 400
    assert not (outside / "label_map").exists()
