"""A model is scored in a child process, without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import semseg
from semseg.errors import ChannelError, UserError
from semseg.inputs import TrainingInput
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from semseg.local.training.jobs import Jobs
from tests.endtoend import write_samples
from tests.local.fakes import TRAIN, model_at, request_at, run_training_job

# Writes the channels and the arguments that it got into the file that is read back as the scores.
TELLS = (
    "import json, os, pathlib, sys\n"
    "root = pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'])\n"
    "(root / 'output' / 'data').mkdir(parents=True)\n"
    "data = root / 'input' / 'data'\n"
    "channels = sorted(path.name for path in data.iterdir())\n"
    "files = sorted(str(path.relative_to(data)) for path in data.glob('*/*'))\n"
    "print('some words')\n"
    "told = {'told': [*channels, *sys.argv[1:]], 'files': files}\n"
    "content = {**told, 'confusion_matrix': [[3, 1], [0, 4]], 'classes': []}\n"
    "(root / 'output' / 'data' / 'evaluation.json').write_text(json.dumps(content))\n"
)


@pytest.fixture
def telling(tmp_path: Path) -> LocalSession:
    """A session whose scoring process tells what it got."""
    return LocalSession.at(Home(tmp_path / "home"), Commands(evaluate=(sys.executable, "-c", TELLS)))


def told(found: semseg.Evaluated) -> str:
    return (found.path / "evaluation.json").read_text()


def test_only_the_channels_that_are_scored_are_given_to_the_process(telling: LocalSession, tmp_path: Path) -> None:
    for channel in ("train", "validation", "validation_annotation", "label_map"):
        write_samples(tmp_path / "data" / channel, "x", 1, seed=1)
    found = semseg.evaluate(model_at(tmp_path), tmp_path / "data", tmp_path / "out", sagemaker_session=telling)
    title = f"{tmp_path.name} on data/validation"
    assert f'["label_map", "validation", "validation_annotation", "validation", "{title}"]' in told(found)
    assert found.evaluation.pixel_accuracy == 7 / 8


def test_the_training_pictures_are_scored_where_they_are_asked_for(telling: LocalSession, tmp_path: Path) -> None:
    write_samples(tmp_path, "train", 1, seed=1)
    found = semseg.evaluate(model_at(tmp_path), tmp_path, channel="train", sagemaker_session=telling)
    title = f"{tmp_path.name} on {tmp_path.name}/train"
    assert f'["train", "train_annotation", "train", "{title}"]' in told(found)


def test_a_label_map_may_be_a_file_of_any_name(telling: LocalSession, tmp_path: Path) -> None:
    write_samples(tmp_path, "validation", 1, seed=1)
    (tmp_path / "towns.json").write_text('{"scale": 1}')
    channels = {name: tmp_path / name for name in ("validation", "validation_annotation")}
    channels["label_map"] = tmp_path / "towns.json"
    found = semseg.evaluate(model_at(tmp_path), channels, sagemaker_session=telling)
    assert '"label_map/validation_label_map.json", "validation/square_0.jpg"' in told(found)


def test_an_estimator_scores_the_model_of_its_latest_job(telling: LocalSession, tmp_path: Path) -> None:
    run_training_job(Jobs(telling.home, TRAIN), request_at(tmp_path / "trained", "street-1"))
    write_samples(tmp_path, "validation", 1, seed=1)
    found = semseg.Estimator.attach("street-1", telling, wait=False).evaluate(tmp_path)
    assert f'"validation", "street-1 on {tmp_path.name}/validation"]' in told(found)


def test_what_cannot_be_scored_is_refused_before_a_process_is_started(telling: LocalSession, tmp_path: Path) -> None:
    model = model_at(tmp_path)
    write_samples(tmp_path / "data", "validation", 1, seed=1)
    pictures = tmp_path / "data" / "validation"
    with pytest.raises(UserError, match="channel must be 'train' or 'validation', got 'test'"):
        semseg.evaluate(model, tmp_path / "data", channel="test", sagemaker_session=telling)
    rule = (
        r"must hold the folders train and train_annotation, .* such as evaluate\(model, \{'train': \.\.\., 'train_ann"
    )
    with pytest.raises(ChannelError, match=rule):
        semseg.evaluate(model, tmp_path / "data", channel="train", sagemaker_session=telling)
    rule = "an evaluation on validation needs the channels validation and validation_annotation, and validation_annotat"
    with pytest.raises(ChannelError, match=rule):
        semseg.evaluate(model, {"validation": pictures}, sagemaker_session=telling)
    with pytest.raises(UserError, match="data must be a folder, or a dictionary of the channels"):
        semseg.evaluate(model, TrainingInput(pictures), sagemaker_session=telling)
    assert not telling.home.evaluations.exists() or list(telling.home.evaluations.iterdir()) == []


def test_evaluations_that_are_kept_count_and_can_be_removed(telling: LocalSession, tmp_path: Path) -> None:
    write_samples(tmp_path, "validation", 1, seed=1)
    found = semseg.evaluate(model_at(tmp_path), tmp_path, sagemaker_session=telling)
    (name,) = telling.disk_use()["evaluations"]
    assert name == found.path.name
    removed = telling.clean(older_than_days=0, dry_run=False)
    assert [(each.kind, each.name) for each in removed] == [("evaluations", name)]
    assert not found.path.exists()
