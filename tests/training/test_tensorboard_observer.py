"""The events of a job, read back by TensorBoard's own reader."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from semseg.drawing.class_colours import class_colours
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.training.evaluation import Scored
from semseg.training.event_file import EventFile
from semseg.training.observer import Pace
from semseg.training.tensorboard_observer import TensorBoardObserver
from tests.full_disk import files_of_at_most

if TYPE_CHECKING:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

COLOURS = class_colours(2)


def matrix(*counts: int) -> ConfusionMatrix:
    made = ConfusionMatrix(2)
    made.counts = np.array(counts).reshape(2, 2)
    return made


def scored(samples: int) -> Scored:
    """So many pictures of 320 x 640 pixels, black, of class 1 on the left and ignored on the right, all taken for 0."""
    image, truth = np.zeros((320, 640, 3), np.uint8), np.full((320, 640), 255, np.uint8)
    truth[:, :320] = 1
    return Scored("", [image] * samples, [truth] * samples, [np.zeros_like(truth)] * samples, np.zeros((2, 2), int))


def train(folder: Path, epochs: range, stop_after: int | None = None, seconds: float = 10.0) -> None:
    """Tells a job of three batches and so many seconds an epoch, whose loss is the epoch and the batch, as 1.3."""
    clock = count(step=seconds)
    observer = TensorBoardObserver(folder, {1: "sky"}, COLOURS, 3, clock=lambda: next(clock))
    observer.training_begins(epochs.start, 0, None)
    for epoch in epochs:
        for batch in range(1, 4):
            observer.step_done(Pace(epoch, batch, 8.0))
            observer.steps_done(Pace(epoch, batch, 8.0), 0.5, epoch + batch / 10)
            if epoch == stop_after:
                observer.ended()
                return
        observer.epoch_trained(Pace(epoch, 3, 8.0), epoch + 0.2, 0.5)
        for samples in (2, 2, 2):
            observer.samples_scored(epoch, scored(samples))
        observer.epoch_validated(Pace(epoch, 1, 8.0), matrix(3, 1, 0, 0))
    observer.best_scored(Evaluation.of_matrix(matrix(4, 0, 1, 3)), None)
    observer.ended()


def events_in(folder: Path) -> EventAccumulator:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def scalars(events: EventAccumulator, name: str) -> list[tuple[int, float]]:
    return [(event.step, round(event.value, 6)) for event in events.Scalars(name)]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> EventAccumulator:
    folder = tmp_path_factory.mktemp("events")
    train(folder, range(2))
    return events_in(folder)


def test_losses_rates_and_scores_stand_at_the_batch_after_which_they_were_taken(events: EventAccumulator) -> None:
    assert scalars(events, "train/loss") == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 1.1), (5, 1.2), (6, 1.3)]
    assert scalars(events, "train/learning_rate") == [(step, 0.5) for step in range(1, 7)]
    assert scalars(events, "train/epoch_loss") == [(3, 0.2), (6, 1.2)]
    assert scalars(events, "train/pictures_per_second") == [(3, 8), (6, 8)]
    assert scalars(events, "validation/pixel_accuracy") == [(3, 0.75), (6, 0.75)]
    # class 0 has 3 of 4, class 1 none of 1
    assert scalars(events, "validation/mIOU") == [(3, 0.375), (6, 0.375)]
    assert scalars(events, "validation_IoU/0") == [(3, 0.75), (6, 0.75)]
    assert scalars(events, "validation_IoU/1_sky") == [(3, 0), (6, 0)]


def test_the_best_model_has_scores_of_a_name_of_their_own(events: EventAccumulator) -> None:
    assert scalars(events, "best_model_on_whole_pictures/mIOU") == [(6, (4 / 5 + 3 / 4) / 2)]


def test_three_pictures_of_each_epoch_are_shown_beside_their_masks(events: EventAccumulator) -> None:
    assert sorted(events.Tags()["images"]) == [f"validation/picture_{number}" for number in (1, 2, 3)]
    first, second = events.Images("validation/picture_1")
    assert (first.step, second.step) == (3, 6)
    # three of 320 x 160 pixels in a row, 8 pixels apart
    assert (first.width, first.height) == (3 * 320 + 2 * 8, 160)
    with Image.open(io.BytesIO(first.encoded_image_string)) as shown:
        pixels = np.asarray(shown)
    assert near(pixels[80, 100], (0, 0, 0))
    assert near(pixels[80, 328 + 100], COLOURS[1] // 2)  # half opaque over black
    assert near(pixels[80, 328 + 250], (0, 0, 0))  # ignored
    assert near(pixels[80, 656 + 250], COLOURS[0] // 2)


def near(pixel: np.ndarray, colour: object) -> bool:
    """Whether they are the same but for what JPEG makes of them."""
    return bool(np.abs(pixel.astype(int) - np.asarray(colour, int)).max() <= 6)


def test_pictures_of_short_epochs_are_ten_seconds_apart(tmp_path: Path) -> None:
    train(tmp_path, range(8), seconds=2.0)  # at 0, 2, 4, 6 and so on
    steps = [picture.step for picture in events_in(tmp_path).Images("validation/picture_3")]
    assert steps == [3, 18]


def test_a_job_that_goes_on_takes_the_place_of_what_it_had_written_after_its_checkpoint(tmp_path: Path) -> None:
    train(tmp_path, range(2), stop_after=1)  # one batch after the end of epoch 0, where the checkpoint is
    train(tmp_path, range(1, 2))
    assert scalars(events_in(tmp_path), "train/loss") == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 1.1), (5, 1.2), (6, 1.3)]


def test_a_file_that_cannot_be_written_is_told_once_and_ends_no_job(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("in the way")
    told: list[str] = []
    file = EventFile(tmp_path / "events", 1, told.append)
    file.add_scalar("train/loss", 0.5, 1)
    file.close()
    (sentence,) = told
    assert sentence.startswith(f"No more events for TensorBoard are written to {tmp_path}/events: ")


def test_a_disk_that_becomes_full_is_told_once_and_ends_no_job(tmp_path: Path) -> None:
    told: list[str] = []
    picture = Image.effect_noise((600, 600), 80).convert("RGB")  # more than 64 KiB
    with files_of_at_most(64 * 1024):
        file = EventFile(tmp_path, 1, told.append)
        for step in range(3):
            file.add_picture("noise", picture, step)
        file.close()
    (sentence,) = told
    assert sentence.startswith(f"No more events for TensorBoard are written to {tmp_path}: ")


def test_neither_pytorch_nor_boto3_is_imported_for_events() -> None:
    script = (
        "import sys; from semseg.training.event_file import import_tensorboardx; import_tensorboardx(); "
        "print([name for name in ('torch', 'boto3') if name in sys.modules], 'tensorboardX' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout == "[] True\n"
