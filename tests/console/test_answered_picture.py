"""What the page of an endpoint shows of a picture: in numbers counted by hand, and from a server's answer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.console.answered_picture import (
    AnsweredPicture,
    ServedModel,
    answered,
    class_shares,
    classes_png,
    shown_size,
)
from semseg.console.answered_pictures import AnsweredPictures
from semseg.contract import png_mask
from semseg.data.pictures.picture_reading import AS_STORED
from semseg.errors import ImageError
from semseg.model import Model
from semseg.predictor import Predictor
from semseg.session import local_side
from tests.local.fakes import model_at, session_at

MODEL = ServedModel(3, {1: "sky"}, AS_STORED)


def png_file(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def pixels_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def answer_of(size: int) -> AnsweredPicture:
    """An answer whose files take so many bytes."""
    return AnsweredPicture("a.png", 1, 1, b"", 1, 1, bytes(size), b"", (), False, 0.1)


@pytest.fixture
def predictor(tmp_path: Path) -> Iterator[Predictor]:
    """Of an endpoint that answers a picture of 2 x 1 pixels with the probabilities of fake_serve.py."""
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session_at(tmp_path / "home"))
    deployed: Predictor = model.deploy(1, "local", endpoint_name="pets")
    yield deployed
    deployed.delete_endpoint()


def test_a_legend_has_the_classes_that_occur_with_their_shares_the_largest_first() -> None:
    mask = np.array([[1, 1, 1], [0, 1, 0]], np.uint8)
    first, second = class_shares(mask, MODEL)
    assert (first.name, first.share) == ("sky", 4 / 6)
    assert (second.name, second.share) == ("class 0", 2 / 6)
    assert len({first.colour, second.colour}) == 2


def test_what_is_under_the_pointer_is_a_class_and_its_probability_in_percent() -> None:
    mask, probability = np.array([[2, 0]], np.uint8), np.array([[0.754, 1.0]], np.float32)
    assert pixels_of(classes_png(mask, probability, (2, 1))).tolist() == [[[2, 75, 1], [0, 100, 1]]]
    assert pixels_of(classes_png(mask, None, (2, 1))).tolist() == [[[2, 0, 0], [0, 0, 0]]]


@pytest.mark.parametrize(
    ("size", "shown"), [((640, 480), (640, 480)), ((2560, 1000), (1280, 500)), ((3, 12800), (1, 1280))]
)
def test_a_large_picture_is_shown_smaller_and_a_small_one_as_it_is(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert shown_size(*size) == shown


def test_an_endpoint_is_asked_for_probabilities_which_give_mask_legend_and_pointer(predictor: Predictor) -> None:
    session = local_side(predictor.sagemaker_session)
    assert session is not None
    model = ServedModel.at(session.endpoints.folder("pets").model)
    picture = answered(predictor, model, "pet.png", png_file(np.zeros((1, 2, 3), np.uint8)))
    assert (picture.name, picture.width, picture.height, picture.has_probabilities) == ("pet.png", 2, 1, True)
    assert png_mask.decode(picture.mask).tolist() == [[1, 0]]
    assert pixels_of(picture.classes).tolist() == [[[1, 75, 1], [0, 50, 1]]]
    assert [(share.class_id, share.share) for share in picture.shares] == [(0, 0.5), (1, 0.5)]


def test_a_file_that_is_no_picture_is_refused_before_the_endpoint_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        answered(Predictor("nobody", session_at(tmp_path)), MODEL, "notes.txt", b"a text")


def test_the_newest_answers_are_kept_within_a_bound_and_each_endpoint_has_its_own() -> None:
    kept = AnsweredPictures(most_bytes=100, most_pictures=3)
    first, second = (kept.add("pets", answer_of(40)) for _ in range(2))
    other = kept.add("street", answer_of(10))
    assert [key for key, _ in kept.of("pets")] == [second, first]
    assert kept.get("street", first) is None
    large = kept.add("pets", answer_of(45))
    assert [key for key, _ in kept.of("pets")] == [large, second]
    kept.forget("pets")
    assert kept.of("pets") == []
    assert kept.get("street", other) is not None


def test_an_answer_that_is_larger_than_the_bound_is_kept_until_the_next() -> None:
    kept = AnsweredPictures(most_bytes=100)
    kept.add("pets", answer_of(10))
    large = kept.add("pets", answer_of(200))
    assert [key for key, _ in kept.of("pets")] == [large]
