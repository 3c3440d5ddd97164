"""The form of a training job, asked as a browser asks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semseg.overview.hyperparameter_fields import hyperparameter_fields
from tests.console.pictures import write_data
from tests.console.served import Visitor

ORDER = ("num_classes", "2"), ("num_training_samples", "2")


def looked_over(visitor: Visitor, *fields: tuple[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the problems of a form, and its texts to copy by their titles."""
    answer = json.loads(visitor.post("/train/looked-over", *fields).data)
    return answer["problems"], dict(answer["snippets"])


def test_the_form_has_a_field_with_its_note_for_each_hyperparameter(visitor: Visitor) -> None:
    page = visitor.page("/train")
    for field in hyperparameter_fields():
        assert f'id="f-{field.name}"' in page
        assert f'aria-describedby="h-{field.name} e-{field.name}"' in page
    assert page.count("passes over the training samples (a whole number of at least 1)") == 1


def test_a_checked_data_set_fills_the_form_with_what_suits_it(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street view", (0, 1, 2))
    own.page("/data", folder=str(folder))
    page = own.page("/train", data=str(folder))
    while "Filled in" not in page:
        page = own.page("/train", data=str(folder))
    assert 'name="num_classes" value="3"' in page
    assert 'name="num_training_samples" value="2"' in page
    assert 'name="job_name" value="street-view-1"' in page


def test_what_is_wrong_stands_at_its_field(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    answer = own.post("/train", ("data", str(folder)), ("num_classes", "1"), ("epochs", "many"), ("job_name", "a b"))
    page = answer.data.decode()
    assert answer.status == 400
    for name, sentence in {
        "num_classes": "num_classes must be a whole number from 2 to 254, got &#39;1&#39;",
        "epochs": "epochs must be a whole number of at least 1, got &#39;many&#39;",
        "job_name": "the name of a training job must be 1 to 63 letters, digits and hyphens",
    }.items():
        place = page.index(f'id="e-{name}"')
        assert sentence in page[place : page.index("</p>", place)]
    assert 'name="epochs" value="many"' in page
    assert own.settings.session.local.list_training_jobs()["TrainingJobSummaries"] == []


def test_the_problems_and_the_texts_follow_what_is_typed(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    problems, texts = looked_over(
        own, ("data", str(folder)), ("job_name", "street-1"), *ORDER, ("epochs", "3"), ("algorithm", "psp")
    )
    assert problems == {}
    compile(texts["Python"], "snippet", "exec")
    for part in ("num_classes=2", "epochs=3", 'algorithm="psp"', 'job_name="street-1"', f'"{folder}"'):
        assert part in texts["Python"]
    words = texts["Command"].replace("\\\n", " ").split()
    assert words[:3] == ["semseg", "train", str(folder)]
    assert words[3:5] == ["--name", "street-1"]
    assert "--algorithm psp" in " ".join(words)


def test_a_field_that_is_empty_is_not_set(own: Visitor, tmp_path: Path) -> None:
    problems, texts = looked_over(own, ("data", str(write_data(tmp_path / "street"))), *ORDER, ("epochs", " "))
    assert problems == {}
    assert "epochs" not in texts["Python"] + texts["Command"]


def test_a_job_that_is_ordered_runs_and_its_page_is_shown(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    answer = own.post("/train", ("data", str(folder)), ("job_name", "street-1"), *ORDER)
    assert (answer.status, answer.headers["Location"]) == (303, "/jobs/street-1")
    session = own.settings.session.local
    session.wait_for_job("street-1", show_logs=False)
    job = session.describe_training_job("street-1")
    assert job["TrainingJobStatus"] == "Completed"
    assert job["HyperParameters"] == {"num_classes": "2", "num_training_samples": "2"}
    problems, _ = looked_over(own, ("data", str(folder)), ("job_name", "street-1"), *ORDER)
    assert problems == {"job_name": "there is a training job street-1 already: give another name"}


def test_a_name_that_is_left_empty_begins_with_that_of_the_data(own: Visitor, tmp_path: Path) -> None:
    answer = own.post("/train", ("data", str(write_data(tmp_path / "street"))), *ORDER)
    assert answer.headers["Location"].startswith("/jobs/street-20")


def test_channels_may_lie_apart(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    names = ("train", "train_annotation", "validation", "validation_annotation")
    apart = [(f"channel.{name}", str(folder / name)) for name in names]
    problems, texts = looked_over(own, *apart, *ORDER)
    assert problems == {}
    assert f"--train-annotation {folder}/train_annotation" in texts["Command"]
    problems, _ = looked_over(own, *apart[:3], *ORDER)
    assert "there is none for validation_annotation" in problems["data"]


@pytest.mark.parametrize("place", ["", "/etc", "nowhere", "file:///etc", "http://example.com/data"])
def test_data_must_lie_below_the_roots(own: Visitor, place: str) -> None:
    problems, _ = looked_over(own, ("data", place), *ORDER)
    assert list(problems) == ["data"]


def test_no_other_file_of_this_machine_is_named_to_a_job(own: Visitor, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "street")
    problems, _ = looked_over(own, ("data", str(folder)), *ORDER, ("pretrained_weights", "/etc/passwd"))
    assert list(problems) == ["pretrained_weights"]
    (folder / "label_map").symlink_to("/etc")
    problems, _ = looked_over(own, ("data", str(folder)), *ORDER)
    assert list(problems) == ["data"]


def test_a_managed_job_needs_a_role_and_goes_to_s3(own: Visitor, tmp_path: Path) -> None:
    managed = (("data", "s3://bucket/street"), ("instance_type", "ml.g5.xlarge"), ("output_path", "/tmp/models"))
    problems, _ = looked_over(own, ("data", str(write_data(tmp_path / "street"))), *managed[1:], *ORDER)
    assert {"role", "output_path"} <= set(problems)
