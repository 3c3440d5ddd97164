"""A look sums up the files of one half, whoever adds them and in whatever order, and keeps no pixels."""

from __future__ import annotations

import json
import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

from semseg.data.look.channel_look import ChannelLook
from tests.data.looking import a_mask, an_image, judged, look_of, map_of


def test_the_summary_tells_pixels_and_shares_of_classes_and_what_is_ignored() -> None:
    look = look_of([{0: 4, 1: 2, 255: 2}, {0: 4, 9: 4}, {7: 6, 255: 2}, {255: 8}])
    summary = look.summary(map_of('{"map": {"0": 0, "1": [1, 7]}}'), 3)
    assert json.loads(json.dumps(summary)) == {
        "images": 4,
        "masks": 4,
        "classes": {
            "0": {"pixels": 8, "share": 0.5},
            "1": {"pixels": 8, "share": 0.5},
            "2": {"pixels": 0, "share": 0.0},
        },
        "ignored": {"pixels": 12, "share": 0.375},
        "pixels_of_no_class": 4,
        "pixel_values": {"0": 8, "1": 2, "7": 6, "9": 4, "255": 12},
        "masks_of_one_class": 1,
        "masks_ignored_wholly": 1,
        "exif_orientations": {},
        "sixteen_bit_images": {"images": 0, "highest": 0},
        "images_seen_twice": 0,
    }


def test_the_summary_counts_orientations_16_bit_images_and_images_seen_twice() -> None:
    look = ChannelLook("train")
    for number, (orientation, highest) in enumerate([(6, 0), (3, 0), (6, 900), (1, 4000)]):
        names = f"train/{number}.png", f"train_annotation/{number}.png"
        look.add(names, an_image(str(min(number, 2)), orientation, 16 if highest else 8, highest), a_mask({0: 8}))
    summary = look.summary(map_of(None), 2)
    assert summary["exif_orientations"] == {"3": 1, "6": 2}
    assert summary["sixteen_bit_images"] == {"images": 2, "highest": 4000}
    assert summary["images_seen_twice"] == 1


def test_of_many_pixel_values_the_most_common_are_told() -> None:
    summary = look_of([{value: 1 + value for value in range(100)}]).summary(map_of(None), 2)
    assert list(summary["pixel_values"]) == [str(value) for value in range(68, 100)]


def test_the_summary_of_nothing_has_no_shares() -> None:
    summary = ChannelLook("train").summary(map_of(None), 2)
    assert summary["classes"]["0"] == {"pixels": 0, "share": 0.0}
    assert summary["ignored"] == {"pixels": 0, "share": 0.0}


def test_files_that_could_not_be_read_are_left_out_of_what_is_known() -> None:
    look = look_of([{0: 4, 1: 4}])
    look.add(("train/8.jpg", "train_annotation/8.png"), None, a_mask({0: 4, 1: 4}))
    look.add(("train/9.jpg", "train_annotation/9.png"), an_image("9"), None)
    summary = look.summary(map_of(None), 2)
    assert (summary["images"], summary["masks"], look.plain.unreadable) == (2, 2, 1)


def test_the_order_in_which_threads_add_does_not_matter() -> None:
    samples = [
        (
            (f"train/{number:03}.jpg", f"train_annotation/{number:03}.png"),
            an_image(str(number % 150), orientation=1 + number % 8, width=2),
            a_mask({0: 4, 1: 2, number % 7: 2}, width=2, palette=bytes(range(number % 5, 30))),
        )
        for number in range(200)
    ]
    ordered, shuffled = ChannelLook("train"), ChannelLook("train")
    for sample in samples:
        ordered.add(*sample)
    random.Random(0).shuffle(samples)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda sample: shuffled.add(*sample), samples))
    assert ordered.summary(map_of(None), 3) == shuffled.summary(map_of(None), 3)
    validation = look_of([{0: 4, 1: 4}], "validation")
    causes = ("same-picture-other-mask", "same-picture-twice")  # which of equal ones is the first one depends on it
    first, second = (
        [finding for finding in judged(look, validation, 3) if finding.cause not in causes]
        for look in (ordered, shuffled)
    )
    assert first == second
    assert len(first) > 3


def test_of_each_file_a_digest_and_a_name_are_kept_alone() -> None:
    counts = a_mask({0: 90_000, 1: 10_000})
    look = ChannelLook("train")
    tracemalloc.start()
    try:
        for number in range(2000):
            look.add((f"train/{number:05}.jpg", f"train_annotation/{number:05}.png"), an_image(str(number)), counts)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / 2000 < 500
