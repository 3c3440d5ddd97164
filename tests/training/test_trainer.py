from __future__ import annotations

import contextlib
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.metric_lines import METRIC_DEFINITIONS
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import pair_samples
from semseg.engines.group import ALONE, Group, GroupEnded
from semseg.engines.normalization import normalize
from semseg.engines.out_of_memory import OutOfMemory
from semseg.engines.start import Start
from semseg.errors import ChannelError, UserError
from semseg.results.picture_scores import read_picture_scores
from semseg.training.batches import TrainingBatches
from semseg.training.checkpoint_state import CheckpointProgress
from semseg.training.checkpoints import Checkpoints, Restorable
from semseg.training.job_log import JobLog
from semseg.training.log_observer import LogObserver
from semseg.training.trainer import Trainer
from tests.engines.group_of_threads import in_threads


class BrightnessEngine:
    """Calls every pixel class 1 that is brighter than a threshold; a step moves the threshold, saving writes it."""

    num_classes = 2
    parts = 1

    def __init__(self, thresholds: Sequence[float] = (0.0,), losses: Sequence[float] = (1.0,)) -> None:
        self.thresholds = list(thresholds)
        self.losses = list(losses)
        self.rates: list[float] = []
        self.threshold = 9.0

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        assert images.dtype == np.uint8
        assert masks.dtype == np.uint8
        self.rates.append(learning_rate)
        self.threshold = self.thresholds[min(len(self.rates), len(self.thresholds)) - 1]

    def take_loss(self) -> float:
        return self.losses.pop(0) if len(self.losses) > 1 else self.losses[0]

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        bright = (normalize(images).mean(axis=1) > self.threshold).astype(np.float32)
        return np.stack([1 - bright, bright], axis=1)

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return self.probabilities(images, size).argmax(axis=1).astype(np.uint8)

    def own_state(self) -> dict[str, np.ndarray]:
        return {}

    def take_own_state(self, state: Mapping[str, np.ndarray]) -> None:
        pass

    def save(self, path: Path, forced: bool = True) -> None:
        path.write_text(str(self.threshold))

    def load(self, path: Path) -> None:
        self.threshold = float(path.read_text())

    def start_from(self, path: Path) -> Start:
        self.load(path)
        return Start(path.name, ("threshold",), (), ())

    def begin_step(self, epoch: int, step: int) -> None:
        pass

    def averaged(self) -> AbstractContextManager[None]:
        return nullcontext()

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        path.touch()

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        return {}

    def finish(self) -> None:
        pass


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Four pictures, black on the left (class 0) and white on the right (class 1); the last is ignored on the right."""
    images, masks = tmp_path / "train", tmp_path / "train_annotation"
    images.mkdir()
    masks.mkdir()
    for number in range(4):
        truth = np.zeros((24, 32), dtype=np.uint8)
        truth[:, 16:] = 1
        Image.fromarray(np.repeat(truth[:, :, None] * 255, 3, axis=2)).save(images / f"{number}.png")
        if number == 3:
            truth[:, 16:] = 255
        Image.fromarray(truth).save(masks / f"{number}.png")
    samples, problems = pair_samples(images, masks, "train")
    assert problems == []
    return Dataset(samples, LabelMap.identity(), 2, "train")


def trainer_for(
    dataset: Dataset,
    tmp_path: Path,
    engine: BrightnessEngine,
    stop_asked: Callable[[], bool] = lambda: False,
    group: Group = ALONE,
    validation: Dataset | None = None,
    /,
    **strings: str,
) -> tuple[Trainer, io.StringIO]:
    told = {
        "num_classes": "2",
        "num_training_samples": "4",
        "mini_batch_size": "2",
        "base_size": "32",
        "crop_size": "24",
        "epochs": "3",
        "_logging_frequency": "1",
        "validation_mini_batch_size": "3",
        **strings,
    }
    hyperparameters = Hyperparameters.from_strings(told)
    batches = TrainingBatches(dataset, TrainingTransform(32, 24), hyperparameters.mini_batch_size, 0, 1, group)
    stream = io.StringIO()
    model = tmp_path / "model"
    model.mkdir(parents=True)
    observers = [LogObserver(JobLog(stream))]
    trainer = Trainer(
        engine, hyperparameters, batches, validation or dataset, model, observers, stop_asked, workers=1, group=group
    )
    return trainer, stream


def test_each_step_gets_the_rate_of_its_iteration(dataset: Dataset, tmp_path: Path) -> None:
    engine = BrightnessEngine()
    trainer, _ = trainer_for(dataset, tmp_path, engine, epochs="2", learning_rate="0.1")
    trainer.fit(tmp_path / "output")
    # two epochs of two iterations: N = 3
    assert engine.rates == pytest.approx([0.1 * (1 - t / 3) ** 0.9 for t in range(4)])


@pytest.mark.parametrize("at_once", ["1", "3"], ids=["whole pictures", "crops"])
def test_a_mask_that_changed_before_it_is_scored_is_named(dataset: Dataset, tmp_path: Path, at_once: str) -> None:
    trainer, _ = trainer_for(dataset, tmp_path, BrightnessEngine(), validation_mini_batch_size=at_once)
    Image.new("L", (32, 24), 7).save(tmp_path / "train_annotation" / "2.png")
    with pytest.raises(
        ChannelError, match=r"^train/2\.png and train_annotation/2\.png must stay .* pixel value 7 in 768"
    ):
        trainer.validate(0)


def test_the_best_model_is_kept_beside_the_last(dataset: Dataset, tmp_path: Path) -> None:
    # after epoch 0 all pixels are taken for class 0, after epoch 1 all are right, after epoch 2 all are class 1
    engine = BrightnessEngine(thresholds=[9, 9, 0, 0, -9, -9])
    trainer, _ = trainer_for(dataset, tmp_path, engine)
    trainer.fit(tmp_path / "output")
    assert (tmp_path / "model" / "model_best.params").read_text() == "0"
    assert (tmp_path / "model" / "model_algo-1").read_text() == "-9"


@pytest.mark.parametrize("validation_mini_batch_size", ["1", "3"])
def test_the_best_model_is_scored_on_whole_pictures_at_the_end(
    dataset: Dataset, tmp_path: Path, validation_mini_batch_size: str
) -> None:
    engine = BrightnessEngine(thresholds=[0, 0, -9])
    trainer, stream = trainer_for(dataset, tmp_path, engine, validation_mini_batch_size=validation_mini_batch_size)
    trainer.fit(tmp_path / "output")
    evaluation = json.loads((tmp_path / "output" / "evaluation.json").read_text())
    assert evaluation["mIOU"] == 1
    # four pictures of 24 x 16 pixels of class 0, three of class 1
    assert [entry["labelled_pixels"] for entry in evaluation["classes"]] == [4 * 24 * 16, 3 * 24 * 16]
    assert evaluation["confusion_matrix"] == [[1536, 0], [0, 1152]]
    assert (evaluation["pictures"], evaluation["scored_on"]) == (4, "whole pictures")
    rows = list(read_picture_scores(tmp_path / "output" / "per_picture.csv"))
    assert [(row.name, row.labelled_pixels, row.wrong_pixels) for row in rows] == [
        *((f"{number}.png", 768, 0) for number in range(3)),
        ("3.png", 384, 0),
    ]
    assert re.search(r"    1  1\.0000             1152", stream.getvalue())
    assert (evaluation["mean_boundary_IoU"], evaluation["calibration_error"]) == (1, 0)
    assert "mean boundary IoU 1.0000, expected calibration error 0.0000" in stream.getvalue()
    assert (evaluation["test_time_augmentation"], evaluation["mIOU_without_test_time_augmentation"]) == ("none", None)
    assert "Test-time augmentation" not in stream.getvalue()


class LeftHanded(BrightnessEngine):
    """Is sure that the left half of what it sees is class 0, and less sure of class 1 wherever it is bright."""

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        bright = super().probabilities(images, size)[:, 1]
        of_class_1 = 0.7 * bright
        of_class_1[:, :, : size[1] // 2] = 0
        return np.stack([1 - of_class_1, of_class_1], axis=1).astype(np.float32)


def test_test_time_augmentation_is_scored_beside_none(dataset: Dataset, tmp_path: Path) -> None:
    # with both views a bright pixel on the right is class 1 at (0.7 + 0) / 2, so that all is taken for class 0
    trainer, stream = trainer_for(dataset, tmp_path, LeftHanded(), test_time_augmentation="flip")
    trainer.fit(tmp_path / "output")
    evaluation = json.loads((tmp_path / "output" / "evaluation.json").read_text())
    assert evaluation["confusion_matrix"] == [[1536, 0], [1152, 0]]
    assert evaluation["test_time_augmentation"] == "flip"
    assert evaluation["mIOU_without_test_time_augmentation"] == 1
    # of 2688 pixels 1152 have the confidence 0.65, all wrong, and 1536 the confidence 1, all right
    assert evaluation["calibration_error"] == pytest.approx(1152 / 2688 * 0.65)
    told = r"Test-time augmentation flip: mIOU 0\.2857 and \S+ s a picture with it, 1\.0000 and \S+ s without it\."
    assert re.search(told, stream.getvalue())
    assert trainer.best == 1  # epochs are scored without it


def test_a_log_gives_every_metric_of_every_epoch_to_sagemakers_patterns(dataset: Dataset, tmp_path: Path) -> None:
    trainer, stream = trainer_for(dataset, tmp_path, BrightnessEngine(losses=[0.5, 0.25, 0.125, 0.125]), epochs="2")
    trainer.fit(tmp_path / "output")
    log = stream.getvalue()
    found = {definition["Name"]: re.findall(definition["Regex"], log) for definition in METRIC_DEFINITIONS}
    # epoch 0: (0.5 + 0.25) / 2
    assert found["train:loss"] == ["0.375", "0.125"]
    assert found["validation:mIOU"] == ["1", "1"]
    assert found["validation:pixel_accuracy"] == ["1", "1"]
    assert len(found["train:throughput"]) == len(found["validation:throughput"]) == 2
    assert "#progress_metric: host=algo-1, completed 100.0 % of epochs" in log
    assert '"Reset Count": {"sum": 2, "count": 1, "min": 2, "max": 2}' in log
    assert re.search(r"^\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] #quality_metric", log, re.MULTILINE)
    assert re.search(r"^#metrics \{", log, re.MULTILINE)


def test_early_stopping_ends_the_job_after_patience_epochs(dataset: Dataset, tmp_path: Path) -> None:
    engine = BrightnessEngine(thresholds=[0])
    told = {"early_stopping": "True", "early_stopping_patience": "2", "early_stopping_min_epochs": "1", "epochs": "9"}
    trainer, stream = trainer_for(dataset, tmp_path, engine, **told)
    trainer.fit(tmp_path / "output")
    assert len(engine.rates) == 3 * 2
    assert "Early stopping after epoch 2" in stream.getvalue()


def test_a_job_that_is_asked_to_stop_keeps_its_best_model_and_saves_the_last(dataset: Dataset, tmp_path: Path) -> None:
    engine = BrightnessEngine(thresholds=[0, 0, 5])
    trainer, stream = trainer_for(dataset, tmp_path, engine, lambda: len(engine.rates) == 3)
    trainer.fit(tmp_path / "output")
    assert len(engine.rates) == 3
    assert (tmp_path / "model" / "model_best.params").read_text() == "0"
    assert (tmp_path / "model" / "model_algo-1").read_text() == "5"
    assert "Asked to stop: saving the model." in stream.getvalue()


def test_a_job_that_is_stopped_before_any_validation_saves_what_it_has_as_best(
    dataset: Dataset, tmp_path: Path
) -> None:
    engine = BrightnessEngine(thresholds=[4])
    trainer, _ = trainer_for(dataset, tmp_path, engine, lambda: True)
    trainer.fit(tmp_path / "output")
    assert (tmp_path / "model" / "model_best.params").read_text() == "4"


def test_a_job_that_is_stopped_while_the_best_model_is_scored_keeps_the_last_one_as_it_was(
    dataset: Dataset, tmp_path: Path
) -> None:
    engine = BrightnessEngine(thresholds=[0, 0, -9])

    def scoring_the_best() -> bool:
        return len(engine.rates) == 6 and engine.threshold == 0

    trainer, _ = trainer_for(dataset, tmp_path, engine, scoring_the_best)
    trainer.fit(tmp_path / "output")
    assert (tmp_path / "model" / "model_algo-1").read_text() == "-9"
    assert not (tmp_path / "output").exists()


class Counting(BrightnessEngine):
    """Counts the pictures that were scored."""

    scored = 0

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        self.scored += len(images)
        return super().mask(images, size)


def test_processes_are_stopped_together_in_the_middle_of_scoring(dataset: Dataset, tmp_path: Path) -> None:
    """Of thirteen pictures, one process scores seven and the other six; the second is asked to stop at its first."""
    samples = list(dataset.samples)
    validation = Dataset([*samples * 3, samples[0]], LabelMap.identity(), 2, "train")

    def scored_by(group: Group) -> int:
        engine = Counting()
        trainer, _ = trainer_for(
            dataset,
            tmp_path / str(group.rank),
            engine,
            lambda: group.rank == 1 and engine.scored > 0,
            group,
            validation,
            validation_mini_batch_size="1",
        )
        trainer.fit(tmp_path / "output")
        return engine.scored

    assert in_threads(2, scored_by) == [4, 4]
    assert sorted(path.name for path in (tmp_path / "0" / "model").iterdir()) == ["model_algo-1", "model_best.params"]
    assert not (tmp_path / "output").exists()


def test_processes_share_the_pictures_and_all_of_them_are_told_in_their_order(dataset: Dataset, tmp_path: Path) -> None:
    validation = Dataset(list(dataset.samples)[1:], LabelMap.identity(), 2, "train")

    def train(group: Group) -> None:
        folder = tmp_path / str(group.rank)
        trainer, _ = trainer_for(dataset, folder, BrightnessEngine(), lambda: False, group, validation)
        trainer.fit(folder / "output")

    assert in_threads(2, train) == [None, None]
    rows = list(read_picture_scores(tmp_path / "0" / "output" / "per_picture.csv"))
    assert [row.name for row in rows] == ["1.png", "2.png", "3.png"]
    evaluation = json.loads((tmp_path / "0" / "output" / "evaluation.json").read_text())
    # near is one pixel. Class 0 has 16 + 16 + 22 + 22 pixels at its edges; in the last picture 22 of them lie beside
    # what is ignored
    assert (evaluation["pictures"], evaluation["boundary"]["labelled_pixels"]) == (3, [76 + 76 + 54, 76 + 76])
    assert not (tmp_path / "1" / "output").exists()


def test_a_loss_that_is_no_longer_finite_ends_the_job_with_the_way_out(dataset: Dataset, tmp_path: Path) -> None:
    trainer, _ = trainer_for(dataset, tmp_path, BrightnessEngine(losses=[math.nan]))
    with pytest.raises(UserError) as caught:
        trainer.fit(tmp_path / "output")
    assert str(caught.value) == (
        "train loss must stay finite, got nan in epoch 0 by iteration 1: lower learning_rate, now 0.001"
    )


class Failing(BrightnessEngine):
    """Fails in the fifth step, in the middle of the third epoch."""

    def __init__(self, error: Exception) -> None:
        super().__init__(thresholds=[9, 9, 0, 0, -9])
        self.error = error

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        if len(self.rates) == 4:
            raise self.error
        super().step(images, masks, learning_rate)


class Scarce(BrightnessEngine):
    """Has too little memory for its third step, and for its fourth."""

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        super().step(images, masks, learning_rate)
        self.parts = {3: 2, 4: 4}.get(len(self.rates), self.parts)


def test_the_log_says_in_how_many_parts_a_step_was_computed_again(dataset: Dataset, tmp_path: Path) -> None:
    trainer, stream = trainer_for(dataset, tmp_path, Scarce(), epochs="3")
    trainer.fit(tmp_path)
    lines = [line.split("] ", 1)[1] for line in stream.getvalue().splitlines() if " parts" in line]
    assert lines == [
        f"Too little memory for a step of epoch 1: it was computed again in {parts} parts, as all that follow are; "
        f"accumulate {parts} does so from the start."
        for parts in (2, 4)
    ]


def test_an_engine_without_memory_is_asked_for_no_parameters(dataset: Dataset, tmp_path: Path) -> None:
    engine = Failing(OutOfMemory("a step has too little memory"))
    engine.thresholds = [9, 0, 5, 5]
    trainer, _ = trainer_for(dataset, tmp_path, engine)
    with pytest.raises(OutOfMemory):
        trainer.fit(tmp_path)
    assert left(tmp_path) == {"model_best.params": "0"}


def left(tmp_path: Path) -> dict[str, str]:
    """What lies in the folder of the model."""
    return {path.name: path.read_text() for path in (tmp_path / "model").iterdir()}


def test_a_job_that_fails_in_training_leaves_the_best_and_the_last_parameters(dataset: Dataset, tmp_path: Path) -> None:
    engine = Failing(ChannelError("a picture has vanished"))
    engine.thresholds = [9, 0, 5, 5]
    trainer, _ = trainer_for(dataset, tmp_path, engine)
    with pytest.raises(ChannelError, match="vanished"):
        trainer.fit(tmp_path / "output")
    assert left(tmp_path) == {"model_best.params": "0", "model_algo-1": "5"}


class Averaged(Failing):
    """Its average is the threshold that it has before its steps; a checkpoint's parameters are never the average."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.threshold = 0.0

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        kept, self.threshold = self.threshold, 0.0
        try:
            yield
        finally:
            self.threshold = kept


def test_an_average_is_scored_and_saved_and_the_parameters_train_on(dataset: Dataset, tmp_path: Path) -> None:
    engine = Averaged(ChannelError("a picture has vanished"))
    engine.thresholds = [9, 9, 5, 5]
    trainer, stream = trainer_for(dataset, tmp_path, engine)
    with pytest.raises(ChannelError, match="vanished"):
        trainer.fit(tmp_path / "output")
    assert re.search(r"mIOU: 1", stream.getvalue())  # all pixels are right at 0 alone
    assert left(tmp_path) == {"model_best.params": "0.0", "model_algo-1": "0.0"}
    assert engine.threshold == 5


def test_a_checkpoint_of_the_best_average_holds_the_parameters_themselves(dataset: Dataset, tmp_path: Path) -> None:
    engine = Averaged(ChannelError("a picture has vanished"))
    engine.thresholds = [9, 9, 5, 5]
    trainer, _ = trainer_for(dataset, tmp_path, engine, ema_decay="0.9")
    (tmp_path / "checkpoints").mkdir()
    trainer.checkpoints = Told(tmp_path / "checkpoints", trainer.hyperparameters, JobLog(io.StringIO()))
    with pytest.raises(ChannelError, match="vanished"):
        trainer.fit(tmp_path / "output")
    assert trainer.checkpoints.parameters == ["9", "5"]


class Told(Checkpoints):
    """Notes the parameters of each checkpoint instead of writing it."""

    def __init__(self, folder: Path, hyperparameters: Hyperparameters, log: JobLog) -> None:
        super().__init__(folder, hyperparameters, log)
        self.parameters: list[str] = []

    def save(
        self,
        engine: Restorable,
        best: Path,
        progress: CheckpointProgress,
        kept: Mapping[str, np.ndarray] | None = None,
        is_best: bool = False,
    ) -> None:
        path = best if is_best else self.folder / "parameters"
        if not is_best:
            engine.save(path)
        self.parameters.append(path.read_text())


def test_a_job_that_fails_before_anything_was_scored_leaves_no_parameters(dataset: Dataset, tmp_path: Path) -> None:
    trainer, _ = trainer_for(dataset, tmp_path, BrightnessEngine(losses=[1.0, math.nan]))
    with pytest.raises(UserError, match="must stay finite"):
        trainer.fit(tmp_path / "output")
    assert left(tmp_path) == {}


def test_parameters_that_are_no_longer_finite_are_not_the_last(dataset: Dataset, tmp_path: Path) -> None:
    trainer, _ = trainer_for(dataset, tmp_path, BrightnessEngine(losses=[1.0, 1.0, math.nan]))
    with pytest.raises(UserError, match="must stay finite, got nan in epoch 1"):
        trainer.fit(tmp_path / "output")
    assert left(tmp_path) == {"model_best.params": "0.0"}


def test_of_a_group_that_has_ended_the_device_is_not_asked_for_the_last_parameters(
    dataset: Dataset, tmp_path: Path
) -> None:
    trainer, _ = trainer_for(dataset, tmp_path, Failing(GroupEnded("process 1 has ended")))
    with pytest.raises(GroupEnded):
        trainer.fit(tmp_path / "output")
    assert left(tmp_path) == {"model_best.params": "0"}


def test_a_job_that_fails_in_its_last_scoring_leaves_both_parameter_files(dataset: Dataset, tmp_path: Path) -> None:
    class Cut(BrightnessEngine):
        def load(self, path: Path) -> None:
            super().load(path)
            raise ChannelError("a mask has vanished")

    trainer, _ = trainer_for(dataset, tmp_path, Cut(thresholds=[9, 9, 0, 0, -9]))
    with pytest.raises(ChannelError, match="vanished"):
        trainer.fit(tmp_path / "output")
    assert left(tmp_path) == {"model_best.params": "0", "model_algo-1": "-9"}


def test_parameters_of_an_earlier_run_are_never_taken_for_those_of_this_one(dataset: Dataset, tmp_path: Path) -> None:
    trainer, _ = trainer_for(dataset, tmp_path, BrightnessEngine(losses=[math.nan]))
    for name in ("model_best.params", "model_algo-1"):
        (tmp_path / "model" / name).write_text("of an earlier run")
    with pytest.raises(UserError):
        trainer.fit(tmp_path / "output")
    assert left(tmp_path) == {}
