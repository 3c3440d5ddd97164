"""The pages of endpoints: the list, the form and what is wrong with it, one endpoint and what it answers."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from semseg.archive.model_artifact import forms_of
from semseg.console.endpoint_pages import FORM
from semseg.console.preparations import Preparations
from semseg.contract import png_mask
from semseg.errors import ModelError, PlatformError
from tests.console.served import Visitor, console
from tests.local.fakes import channels_at, estimator_at, model_at

NOTHING = {
    "job": "",
    "archive": "",
    "name": "pets",
    "engine": "auto",
    "precision": "",
    "light": "",
    "instance_type": "local",
}


def picture() -> bytes:
    """A PNG file of 2 x 1 pixels, which the small server of the tests has an answer to."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((1, 2, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def wait_until_in_service(visitor: Visitor) -> None:
    visitor.settings.session.local.wait_for_endpoint("pets")


def status_of(visitor: Visitor) -> str:
    """What the page of the endpoint pets asks for while it waits."""
    return str(json.loads(visitor.ask("/endpoints/pets/status").data)["status"])


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of a console with one endpoint, pets, that the form has made of an archive."""
    root = tmp_path_factory.mktemp("pets")
    with console(root) as visitor:
        answer = visitor.post(FORM, *{**NOTHING, "archive": str(model_at(root))}.items())
        assert (answer.status, answer.headers["Location"]) == (303, "/endpoints/pets")
        wait_until_in_service(visitor)
        yield visitor
        visitor.settings.session.local.delete_endpoint("pets")


def test_a_form_makes_an_endpoint_of_an_archive_which_the_list_names(pets: Visitor) -> None:
    page = pets.page("/endpoints")
    assert 'href="/endpoints/pets"' in page
    assert "In service" in page


def test_a_model_of_a_job_is_deployed_by_the_name_of_the_job(tmp_path: Path) -> None:
    estimator_at(tmp_path / "home").fit(channels_at(tmp_path / "data"), job_name="street-1", logs=False)
    with console(tmp_path) as visitor:
        page = visitor.page(FORM, job="street-1")
        assert '<option value="street-1" selected>' in page
        assert "estimator = semseg.Estimator.attach(&#34;street-1&#34;)" in page
        assert visitor.post(FORM, *{**NOTHING, "job": "street-1"}.items()).status == 303
        visitor.settings.session.local.delete_endpoint("pets")


@pytest.mark.parametrize(
    ("asked", "made"),
    [({"precision": "int8"}, "openvino-int8"), ({"precision": "fp32", "light": "True"}, "openvino-fp32-light")],
)
def test_a_form_is_made_first_and_its_page_waits_for_the_endpoint(
    own: Visitor, tmp_path: Path, asked: dict[str, str], made: str
) -> None:
    estimator_at(tmp_path / "home").fit(channels_at(tmp_path / "data"), job_name="street-1", logs=False)
    assert own.post(FORM, *{**NOTHING, "job": "street-1", **asked}.items()).status == 303
    assert status_of(own) in ("Preparing", "Creating", "InService")
    wait_for(lambda: status_of(own) == "InService")
    archives = (tmp_path / "home" / "jobs" / "street-1").rglob("model.tar.gz")
    assert [str(form) for archive in archives for form in forms_of(archive)] == [made]
    assert all(f'<dd class="mono wrap">{value}</dd>' in own.page("/endpoints/pets") for value in asked.values())
    own.post("/endpoints/pets/delete")


def test_why_no_int8_form_was_made_is_told_until_it_is_forgotten(
    own: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_EXPORT", "be_refused")
    estimator_at(tmp_path / "home").fit(channels_at(tmp_path / "data"), job_name="street-1", logs=False)
    own.post(FORM, *{**NOTHING, "job": "street-1", "precision": "int8"}.items())
    wait_for(lambda: status_of(own) == "Failed")
    assert "INT8 must lose at most 0.5 points of mIOU" in own.page("/endpoints/pets")
    assert 'href="/endpoints/pets"' in own.page("/endpoints")
    own.post("/endpoints/pets/delete")
    assert "No endpoint yet" in own.page("/endpoints")


@pytest.mark.parametrize(
    ("field", "changes", "sentence"),
    [
        ("model", {}, "an endpoint needs one model"),
        ("model", {"job": "nobody"}, "there is no training job"),
        ("model", {"archive": "/etc/passwd"}, "a path must lie below"),
        ("model", {"archive": "{root}/text.tar.gz"}, "text.tar.gz"),
        ("model", {"archive": "{root}/model.tar.gz", "precision": "int8"}, "must have an int8 form for this choice"),
        ("model", {"archive": "{root}/model.tar.gz", "light": "True"}, "must have a light form for this choice"),
        ("name", {"name": "no name"}, "the name of an endpoint must be"),
        ("engine", {"engine": "mxnet", "precision": "int8"}, "MXNet serves fp32 only"),
        ("engine", {"engine": "pytorch", "light": "True"}, "PyTorch serves no light forms"),
        ("engine", {"engine": "steam"}, "SEMSEG_ENGINE must be"),
        ("engine", {"light": "perhaps"}, "SEMSEG_LIGHT must be"),
        ("instance_type", {"instance_type": "ml.m5.xlarge"}, "ml.m5.xlarge"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_started(
    own: Visitor, tmp_path: Path, field: str, changes: dict[str, str], sentence: str
) -> None:
    model_at(tmp_path)
    (tmp_path / "text.tar.gz").write_text("no archive")
    values = {name: value.format(root=tmp_path) for name, value in {**NOTHING, **changes}.items()}
    answer = own.post(FORM, *values.items())
    page = answer.data.decode()
    assert answer.status == 400
    assert f'id="error-{field}"' in page
    assert sentence in page
    assert own.settings.session.local.list_endpoints()["Endpoints"] == []


def test_the_name_of_an_endpoint_that_runs_is_refused(pets: Visitor) -> None:
    answer = pets.post(FORM, *{**NOTHING, "name": "pets"}.items())
    assert "endpoint &#39;pets&#39; is there already" in answer.data.decode()


def test_a_picture_is_answered_with_mask_legend_and_what_is_under_the_pointer(pets: Visitor) -> None:
    answer = pets.ask("/endpoints/pets/pictures?" + urlencode({"file": "a <b>.png"}), "POST", picture())
    assert answer.status == 201
    address = json.loads(answer.data)["address"]
    part = pets.page(address)
    assert "a &lt;b&gt;.png" in part
    assert "50 %" in part
    assert png_mask.decode(pets.ask(f"{address}/mask").data).tolist() == [[1, 0]]
    assert pets.ask(f"{address}/shown").headers["Content-Type"] == "image/jpeg"
    under = np.asarray(Image.open(io.BytesIO(pets.ask(f"{address}/classes").data)))
    assert under.tolist() == [[[1, 75, 1], [0, 50, 1]]]
    assert "a &lt;b&gt;.png" in pets.page("/endpoints/pets")


def test_what_is_no_picture_is_refused_in_one_sentence(pets: Visitor) -> None:
    sent = {**pets.headers(), "Accept": "application/json"}
    answer = pets.ask("/endpoints/pets/pictures?file=a.txt", "POST", b"a text", sent)
    assert answer.status == 400
    assert "the image is no picture" in json.loads(answer.data)["message"]


def test_a_picture_that_is_larger_than_an_endpoint_takes_is_413(pets: Visitor) -> None:
    assert pets.ask("/endpoints/pets/pictures?file=a.png", "POST", bytes(25 * 2**20 + 1)).status == 413


@pytest.mark.parametrize("path", ["", "/status", "/pictures/x", "/pictures/x/mask"])
def test_an_endpoint_that_is_not_there_is_404(pets: Visitor, path: str) -> None:
    assert pets.ask(f"/endpoints/nobody{path}").status == 404
    assert pets.ask(f"/endpoints/..%2fpets{path}").status == 404


def test_the_page_of_an_endpoint_has_its_facts_its_log_and_texts_to_copy(pets: Visitor) -> None:
    page = pets.page("/endpoints/pets")
    url = pets.settings.session.local.endpoint_url("pets")
    assert f"{url}/invocations -o mask.png" in page
    assert "semseg predict pets pictures -o masks" in page
    assert "predictor = semseg.Predictor(&#34;pets&#34;)" in page
    assert json.loads(pets.ask("/endpoints/pets/status").data) == {"status": "InService"}


def test_a_deleted_endpoint_is_gone_with_its_model_and_its_answers(own: Visitor, tmp_path: Path) -> None:
    own.post(FORM, *{**NOTHING, "archive": str(model_at(tmp_path))}.items())
    wait_until_in_service(own)
    assert own.post("/endpoints/pets/delete").headers["Location"] == "/endpoints"
    assert "No endpoint yet" in own.page("/endpoints")
    assert own.settings.session.local.list_models()["Models"] == []
    assert own.post("/endpoints/pets/delete").status == 303  # somebody else was faster


def test_an_endpoint_whose_server_ended_says_why(own: Visitor, tmp_path: Path) -> None:
    own.post(FORM, *{**NOTHING, "archive": str(model_at(tmp_path))}.items())
    wait_until_in_service(own)
    with pytest.raises(PlatformError):
        own.settings.session.local.invoke_endpoint("pets", b"end")
    assert "the server of endpoint &#39;pets&#39; has ended" in own.page("/endpoints/pets")
    own.post("/endpoints/pets/delete")


def assert_set(event: threading.Event) -> None:
    assert event.wait(20)


def test_an_endpoint_to_come_is_known_until_it_is_there() -> None:
    coming, may_end = Preparations(), threading.Event()
    coming.begin("pets", "street-1", lambda: assert_set(may_end))
    found = coming.of("pets")
    assert found is not None
    assert (found.job, found.failure) == ("street-1", "")
    coming.forget("pets")
    assert list(coming.all()) == ["pets"]
    may_end.set()
    wait_for(lambda: coming.of("pets") is None)


def test_an_endpoint_that_came_to_nothing_says_why_until_it_is_forgotten() -> None:
    def fail() -> None:
        raise ModelError("INT8 loses too much")

    coming = Preparations()
    coming.begin("pets", "street-1", fail)
    wait_for(lambda: coming.all()["pets"].failure != "")
    assert coming.all()["pets"].failure == "INT8 loses too much"
    coming.forget("pets")
    assert coming.all() == {}
