"""A model is scored in a child process, without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import semseg
from semseg.container.loading import load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.data.pictures.image_files import read_image
from semseg.errors import ChannelError, UserError
from semseg.inputs import TrainingInput
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from semseg.results.confusion_matrix import ConfusionMatrix
from tests.endtoend import write_samples
from tests.local.evaluation.test_predictions import needs_openvino
from tests.local.fakes import model_at
from tests.random_model import CLASSES, random_model_at

# Writes the channels and the arguments that it got into the file that is read back as the scores.
TELLS = (
    "import json, os, pathlib, sys\n"
    "root = pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'])\n"
    "(root / 'output' / 'data').mkdir(parents=True)\n"
    "channels = sorted(path.name for path in (root / 'input' / 'data').iterdir())\n"
    "print('some words')\n"
    "content = {'told': [*channels, *sys.argv[1:]], 'confusion_matrix': [[3, 1], [0, 4]], 'classes': []}\n"
    "(root / 'output' / 'data' / 'evaluation.json').write_text(json.dumps(content))\n"
)


@pytest.fixture
def telling(tmp_path: Path) -> LocalSession:
    """A session whose scoring process tells what it got."""
    return LocalSession.at(Home(tmp_path / "home"), Commands(evaluate=(sys.executable, "-c", TELLS)))


@needs_openvino
def test_the_scores_are_those_of_the_masks_that_the_model_predicts(tmp_path: Path) -> None:
    session = LocalSession.at(Home(tmp_path / "home"))
    model = random_model_at(tmp_path / "served" / "model")
    write_samples(tmp_path / "data", "validation", 3, seed=20)
    found = semseg.evaluate(model, tmp_path / "data", sagemaker_session=session)
    segmenter = load_segmenter(JobDirectory(tmp_path / "served"), {"SEMSEG_CACHE_DIR": str(session.home.compiled)})
    counted = ConfusionMatrix(CLASSES)
    for path in (tmp_path / "data" / "validation").iterdir():
        truth = Image.open(tmp_path / "data" / "validation_annotation" / f"{path.stem}.png")
        counted.add(np.array(truth), segmenter.mask(read_image(path)))
    assert found.evaluation.matrix.counts.tolist() == counted.counts.tolist()
    assert found.path.parent == session.home.evaluations
    assert (found.path / "per_picture.csv").read_text().count("\n") == 4
    assert "<h1>model</h1>" in found.report.read_text()
    assert [path.name for path in session.home.evaluations.iterdir()] == [found.path.name]


def told(found: semseg.Evaluated) -> str:
    return (found.path / "evaluation.json").read_text()


def test_only_the_channels_that_are_scored_are_given_to_the_process(telling: LocalSession, tmp_path: Path) -> None:
    for channel in ("train", "validation", "validation_annotation", "label_map"):
        write_samples(tmp_path / "data" / channel, "x", 1, seed=1)
    found = semseg.evaluate(model_at(tmp_path), tmp_path / "data", tmp_path / "out", sagemaker_session=telling)
    assert '["label_map", "validation", "validation_annotation", "validation", "model.tar.gz"]' in told(found)
    assert found.evaluation.pixel_accuracy == 7 / 8


def test_the_training_pictures_are_scored_where_they_are_asked_for(telling: LocalSession, tmp_path: Path) -> None:
    write_samples(tmp_path, "train", 1, seed=1)
    found = semseg.evaluate(model_at(tmp_path), tmp_path, channel="train", sagemaker_session=telling)
    assert '["train", "train_annotation", "train", "model.tar.gz"]' in told(found)


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
