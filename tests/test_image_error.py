from __future__ import annotations

import copy

from semseg.errors import ImageError


def test_an_image_error_carries_its_parts_so_that_alike_ones_can_be_told_together() -> None:
    error = ImageError.of("train/a.jpg", "is empty (0 bytes)", "write it anew", "empty")
    assert str(error) == "train/a.jpg is empty (0 bytes): write it anew"
    assert (error.name, error.fault, error.way_out) == ("train/a.jpg", "is empty (0 bytes)", "write it anew")
    assert error.cause == "empty"


def test_an_image_error_may_be_a_sentence_alone() -> None:
    error = ImageError("an image must be a path, got int")
    assert (str(error), error.name, error.fault, error.way_out) == ("an image must be a path, got int", "", "", "")
    assert error.cause == "unusable"


def test_a_copy_of_an_image_error_such_as_another_process_sends_keeps_its_parts() -> None:
    error = copy.copy(ImageError.of("a.png", "is cut off", "write it anew", "damaged"))
    assert (str(error), error.name, error.cause) == ("a.png is cut off: write it anew", "a.png", "damaged")
