"""Many pictures through one endpoint: a small server in a process of its own, which asks for three at a time."""

from __future__ import annotations

import itertools
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semseg.contract.picture_kinds import JPEG
from semseg.deserializers import BaseDeserializer
from semseg.errors import ImageError, PlatformError, RequestError, UserError
from semseg.model import Model
from semseg.predictor import Predictor
from semseg.serializers import IdentitySerializer, ImageSerializer
from tests.local.fake_serve import MASK
from tests.local.fakes import model_at, session_at
from tests.notebook_kernel import kernel_at

ENVIRONMENT = {"FAKE_SERVE_CONCURRENT": "3", "SEMSEG_TOKEN": "open-sesame"}
IMAGE = np.zeros((2, 3, 3), dtype=np.uint8)


class Sent(BaseDeserializer):
    """The body that the server was sent."""

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        return ("application/json",)

    def deserialize(self, stream: Any, content_type: str) -> bytes:
        return bytes.fromhex(json.load(stream)["body"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("predictions")
    model = Model(model_data=model_at(home), sagemaker_session=session_at(home), env=ENVIRONMENT, name="pets")
    predictor = model.deploy(1, "local", endpoint_name="pets")
    yield home
    predictor.delete_endpoint()


@pytest.fixture
def plain(home: Path) -> Predictor:
    """As another process makes it; sends bytes."""
    return Predictor("pets", session_at(home), IdentitySerializer(), Sent())


def test_answers_come_in_the_order_of_the_pictures_whichever_is_first(plain: Predictor) -> None:
    pictures = [b"wait", b"b", b"c", b"d", b"e"]
    assert list(plain.predict_many(pictures)) == [(picture, picture) for picture in pictures]


def test_as_many_are_asked_for_at_a_time_as_the_endpoint_asks_for(plain: Predictor) -> None:
    answers = [answer for _, answer in plain.predict_many([b"meet"] * 6)]  # each waits until three are there
    assert answers == [b"meet"] * 6


def test_a_picture_that_is_broken_or_refused_is_reported_and_the_others_go_on(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    predictor = Predictor("pets", session_at(home), ImageSerializer())
    masks = dict(predictor.predict_many([str(tmp_path / "none.jpg"), tmp_path / "broken.jpg"]))
    assert masks == {}
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"skipped {tmp_path / 'none.jpg'}: ")
    assert second.startswith(f"skipped {tmp_path / 'broken.jpg'}: ")


def test_what_has_no_path_is_reported_by_its_number(plain: Predictor, capsys: pytest.CaptureFixture[str]) -> None:
    answers = list(plain.predict_many([b"a", b"refuse me", b"c"]))
    assert answers == [(b"a", b"a"), (b"c", b"c")]
    assert capsys.readouterr().out == "skipped picture 2: the body must be a picture, got text\n"


def test_errors_can_be_handled_by_oneself(plain: Predictor, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[Any, Exception]] = []
    plain.serializer = ImageSerializer()
    pictures = [IMAGE, "no/such/file.jpg"]
    answers = list(plain.predict_many(pictures, on_error=lambda *error: told.append(error)))
    assert [picture for picture, _ in answers] == [IMAGE]
    ((picture, error),) = told
    assert (picture, type(error)) == ("no/such/file.jpg", ImageError)
    assert capsys.readouterr().out == ""


def test_a_refusal_carries_its_status_to_the_one_who_handles_it(plain: Predictor) -> None:
    told: list[int] = []

    def handle(picture: bytes, error: Exception) -> None:
        assert isinstance(error, RequestError)
        told.append(error.status)

    assert list(plain.predict_many([b"refuse me", b"refuse me plainly"], on_error=handle)) == []
    assert told == [415, 503]  # the second says busy, but not for how long


def test_a_busy_endpoint_is_asked_again_once_it_says_so(tmp_path: Path) -> None:
    predictor = endpoint(tmp_path)
    assert list(predictor.predict_many([b"come back"], workers=1)) == [(b"come back", b"come back")]
    predictor.delete_endpoint()


def test_an_iterator_is_read_as_answers_are_taken(plain: Predictor) -> None:
    numbers = itertools.count()
    pictures = (str(number).encode() for number in numbers)
    answers = plain.predict_many(pictures, workers=2)
    assert [next(answers)[1] for _ in range(3)] == [b"0", b"1", b"2"]
    answers.close()  # type: ignore[attr-defined]
    assert next(numbers) == 6  # four, twice the workers, before the first answer; one more for each answer but that


def test_every_serializer_is_taken(home: Path) -> None:
    predictor = Model(sagemaker_session=session_at(home))._predictor("pets", None, None)
    ((_, mask),) = predictor.predict_many([IMAGE])
    assert mask.tolist() == MASK.tolist()


def test_an_endpoint_that_ends_ends_it_all(tmp_path: Path) -> None:
    predictor = endpoint(tmp_path)
    answers = predictor.predict_many([b"a", b"end", b"c", b"d"], workers=1)
    assert next(answers) == (b"a", b"a")
    with pytest.raises(PlatformError, match="has ended"):
        list(answers)


def endpoint(home: Path) -> Predictor:
    model = Model(model_data=model_at(home), sagemaker_session=session_at(home))
    predictor: Predictor = model.deploy(1, "local", endpoint_name="short")
    return Predictor(predictor.endpoint_name, predictor.sagemaker_session, IdentitySerializer(), Sent())


def test_a_folder_stands_for_the_pictures_in_and_below_it(home: Path, tmp_path: Path) -> None:
    for name in ("b.jpg", "a/c.PNG", ".hidden/d.jpg", "notes.txt", "a/e.jpeg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(JPEG.starts[0] + name.encode())
    predictor = Predictor("pets", session_at(home), deserializer=Sent())
    expected = [(tmp_path / name, JPEG.starts[0] + name.encode()) for name in ("a/c.PNG", "a/e.jpeg", "b.jpg")]
    assert list(predictor.predict_many(tmp_path)) == expected
    assert list(predictor.predict_many(str(tmp_path))) == expected


def test_a_folder_without_pictures_is_refused(plain: Predictor, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^a folder of pictures must have at least one JPEG or PNG file, and .* none$"):
        plain.predict_many(tmp_path)


def test_nothing_is_asked_of_an_endpoint_that_is_not_there(home: Path) -> None:
    with pytest.raises(UserError, match="'horses'"):
        Predictor("horses", session_at(home)).predict_many([b"a"])


def test_one_path_is_not_many(plain: Predictor) -> None:
    with pytest.raises(UserError, match=r"^paths must be a folder or several pictures, such as a list, got one str, "):
        plain.predict_many("street.jpg")


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_workers_must_be_a_number_of_them(plain: Predictor, workers: Any) -> None:
    with pytest.raises(UserError, match=r"^workers must be a whole number of at least 1, got "):
        plain.predict_many([b"a"], workers=workers)


def test_no_more_are_asked_for_than_the_endpoint_takes_on(tmp_path: Path) -> None:
    environment = {"FAKE_SERVE_CONCURRENT": "9", "SEMSEG_MAX_QUEUE": "5", "SEMSEG_DEADLINE_SECONDS": "300"}
    session = session_at(tmp_path)
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session, env=environment)
    predictor = model.deploy(1, "local", endpoint_name="small")
    assert [session.requests_in_flight("small", wanted) for wanted in (None, 3, 100)] == [5, 3, 5]
    assert session.endpoints.running("small").answer_seconds == 310  # ten more than the endpoint itself gives itself
    predictor.delete_endpoint()


def test_a_bar_counts_the_pictures_where_it_is_wanted(home: Path, tmp_path: Path) -> None:
    program = kernel_at(tmp_path) + (
        "from semseg.predictor import Predictor\n"
        "from semseg.serializers import IdentitySerializer\n"
        "predictor = Predictor('pets', serializer=IdentitySerializer())\n"
        "for progress in (True, False):\n"
        "    list(predictor.predict_many([b'a', b'b'], progress=progress))\n"
    )
    environment = {**os.environ, "SEMSEG_HOME": str(home)}
    shown = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True)
    assert (shown.stderr + shown.stdout).count("2/2") == 1


def test_the_token_of_an_endpoint_is_found_by_its_owner_alone(home: Path, plain: Predictor) -> None:
    assert plain.predict(b"a") == b"a"
    token = home / "endpoints" / "pets" / "token"
    assert token.read_text() == "open-sesame"
    files = [path for path in home.rglob("*") if path.is_file() and b"open-sesame" in path.read_bytes()]
    assert sorted(path.relative_to(home).as_posix() for path in files) == ["endpoints/pets/token", "models/pets.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_no_description_shows_a_token(home: Path) -> None:
    session = session_at(home)
    assert session.describe_model("pets")["PrimaryContainer"]["Environment"]["SEMSEG_TOKEN"] == "***"
    assert "open-sesame" not in str(session.describe_endpoint("pets"))
    assert "open-sesame" not in str(session.describe_endpoint_config("pets"))


def test_a_request_without_the_token_is_refused(home: Path, plain: Predictor, tmp_path: Path) -> None:
    other = session_at(tmp_path)  # another user, who knows the port
    other.home.create()
    (tmp_path / "endpoints" / "pets").symlink_to(_without_token(home, tmp_path), target_is_directory=True)
    with pytest.raises(RequestError, match=r"^a token is wanted$") as caught:
        Predictor("pets", other, IdentitySerializer()).predict(b"a")
    assert caught.value.status == 401


def _without_token(home: Path, folder: Path) -> Path:
    """A folder with what is known of the endpoint but its token."""
    known = folder / "known"
    known.mkdir()
    for name in ("endpoint.json", "lock"):
        os.link(home / "endpoints" / "pets" / name, known / name)
    return known


@pytest.mark.parametrize("token", ["two words", "schlüssel", "line\nbreak"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_and_not_shown(tmp_path: Path, token: str) -> None:
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session_at(tmp_path), env={"SEMSEG_TOKEN": token})
    with pytest.raises(UserError, match="SEMSEG_TOKEN must be") as caught:
        model.deploy(1, "local")
    assert token not in str(caught.value)
    assert list((tmp_path / "endpoints").iterdir()) == []
