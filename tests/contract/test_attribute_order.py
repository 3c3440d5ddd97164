from __future__ import annotations

import pytest

from semseg.contract.attribute_order import AttributeOrder

MASK = {"street-ref-metadata": {"internal-color-map": {}, "type": "groundtruth/semantic-segmentation"}}
PLAIN = {"source-ref": "s3://a/b.jpg", "street-ref": "s3://a/b.png"}


def judged(names: list[str], *lines: dict[str, object]) -> list[str]:
    order = AttributeOrder(names, "train")
    for line in lines:
        order.add(line)
    return [finding.sentence for finding in order.findings()]


@pytest.mark.parametrize(
    ("names", "line", "reason"),
    [
        (["street-ref", "frame"], MASK, "but 'street-ref' is the mask, as its metadata says"),
        (["mask", "photo"], {"mask": "s3://a/b.png", "photo": "s3://a/b.JPG"}, "but 'photo' names JPEG files, which"),
        (["mask-ref", "source-ref"], {}, "but 'source-ref' is the image"),
    ],
)
def test_a_mask_in_the_place_of_the_image_is_told(names: list[str], line: dict[str, object], reason: str) -> None:
    (sentence,) = judged(names, line, line)
    assert sentence.startswith(
        f"AttributeNames of channel 'train' must name the image and then its mask, got {names}, {reason}"
    )
    assert sentence.endswith(f": give {names[::-1]}")


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        (["source-ref", "street-ref"], [{**PLAIN, **MASK}]),
        (["photo", "mask"], [{"photo": "s3://a/b.png", "mask": "s3://a/b.png"}]),
        (["photo", "mask"], [{"photo": "s3://a/b.jpg", "mask": "s3://a/b.jpg"}]),  # JPEG masks are told by the check
        (["source-ref", "street-ref"], []),
        (["a", "b"], [{"a": "s3://a/b.png", "b": "s3://a/b.jpg"}, {}, {}]),  # one line of three says little
    ],
)
def test_nothing_is_said_of_an_order_that_may_be_right(names: list[str], lines: list[dict[str, object]]) -> None:
    assert judged(names, *lines) == []
