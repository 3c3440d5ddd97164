from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from semseg.data.pictures.image_files import decode_image
from semseg.errors import ImageError
from tests.faults import attempts, mutations, pictures, png_chunks


def decoded_or_refused(data: bytes) -> str:
    """Any other error than the promised one comes through."""
    try:
        decode_image(data, attempts.LARGEST_PICTURE, max_side=4096)
    except ImageError:
        return "refused"
    return "decoded"


def test_the_same_seed_and_number_draw_the_same_request() -> None:
    assert [attempts.draw(3, number) for number in range(50)] == [attempts.draw(3, number) for number in range(50)]
    assert attempts.draw(3, 0) != attempts.draw(4, 0)


def test_every_kind_of_request_is_drawn() -> None:
    makers = {make.__name__ for make, _ in attempts.KINDS}
    assert len(makers) == len(attempts.KINDS) == 23


def test_every_kind_of_png_is_drawn_whole() -> None:
    for colour, depth in png_chunks.KINDS:
        for interlaced in (False, True):
            chunks = png_chunks.noise(random.Random(0), 13, 7, colour, depth, interlaced)
            assert decode_image(png_chunks.join(chunks)).shape == (7, 13, 3)


def test_whole_pictures_are_decoded_at_the_size_that_they_were_drawn_with() -> None:
    for number in range(100):
        picture = pictures.draw(random.Random(number))
        assert decode_image(picture.data).shape[:2] == picture.size, picture.kind


def test_a_file_that_is_taken_apart_and_put_together_is_the_same() -> None:
    picture = png_chunks.join(png_chunks.noise(random.Random(0), 5, 5, 2, 8, False))
    assert png_chunks.join(png_chunks.split(picture)) == picture


def test_broken_pictures_are_decoded_or_refused_and_nothing_else() -> None:
    outcomes = {decoded_or_refused(mutations.mutate(random.Random(number))[1]) for number in range(400)}
    assert outcomes == {"decoded", "refused"}


@pytest.mark.parametrize("make", mutations.BOMBS, ids=lambda make: make.__name__)
def test_bombs_are_small_and_are_decoded_or_refused(make: Callable[[random.Random], bytes]) -> None:
    data = make(random.Random(0))
    assert len(data) < 500_000
    assert decoded_or_refused(data) in ("decoded", "refused")
