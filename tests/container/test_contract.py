"""SageMaker's contract with a training container, kept by the real command: Pipe mode and checkpoints."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from semseg.archive.checkpoint import newest_first
from semseg.contract.job_directory import JobDirectory
from semseg.contract.sample_order import sample_order
from tests.container.pipes import writing
from tests.container.test_train import FILE_MODE, MODEL_FILES, failure_of, lay_out, start
from tests.endtoend import CHANNELS, SECONDS, wait_for_text

SEED = 7
# As SageMaker writes it, with keys that nobody here reads.
PIPED = {
    "ContentType": "application/x-recordio",
    "TrainingInputMode": "Pipe",
    "S3DistributionType": "FullyReplicated",
    "RecordWrapperType": "RecordIO",
}
# Batches that begin in one epoch and end in the next; sgd, since adam would write twice as much.
EPOCHS = {"epochs": 2, "seed": SEED, "mini_batch_size": 3, "optimizer": "sgd"}


class Pictures:
    """The samples of a laid out job, as what a stream is made of."""

    def __init__(self, folder: Path, channel: str) -> None:
        self.images = [path.read_bytes() for path in sorted((folder / channel).iterdir())]
        self.masks = [path.read_bytes() for path in sorted((folder / f"{channel}_annotation").iterdir())]

    def shuffled(self, number: int) -> Sequence[bytes]:
        return self._in_order(sample_order(SEED, number, len(self.images)))

    def in_order(self, number: int) -> Sequence[bytes]:
        return self._in_order(range(len(self.images)))

    def _in_order(self, order: Iterable[int]) -> Sequence[bytes]:
        return [data for index in order for data in (self.images[index], self.masks[index])]


def manifests(directory: JobDirectory) -> dict[str, Pictures]:
    """Turn a job in File mode into one in Pipe mode whose FIFOs are still to be made."""
    data = directory.channel("train").parent
    pictures = {channel: Pictures(data, channel) for channel in ("train", "validation")}
    shutil.rmtree(data)
    data.mkdir()
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(("train", "validation"), PIPED)))
    return pictures


# With more threads MXNet adds up gradients in an order that depends on which thread comes first.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def run(directory: JobDirectory) -> str:
    """Run a job that succeeds; its log."""
    log = directory.root / "log.txt"
    with start(directory, log, TRAINING_JOB_NAME="streets-1", TRAINING_JOB_ARN="arn:aws:b/c", **ONE_THREAD) as process:
        try:
            exit_code = process.wait(SECONDS)
        finally:
            process.kill()
    assert exit_code == 0, log.read_text()
    return log.read_text()


def parameters(directory: JobDirectory) -> dict[str, bytes]:
    return {name: (directory.model / name).read_bytes() for name in ("model_best.params", "model_algo-1")}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobDirectory]:
    """A job in File mode that ran from its beginning to its end."""
    root = tmp_path_factory.mktemp("straight")
    directory = lay_out(root, EPOCHS)
    run(directory)
    yield directory
    shutil.rmtree(root)


@pytest.mark.slow
@pytest.mark.engine
def test_pipe_mode_gives_the_parameters_of_file_mode_bit_for_bit(tmp_path: Path, straight: JobDirectory) -> None:
    directory = lay_out(tmp_path, EPOCHS)
    pictures = manifests(directory)
    passes = {"train": pictures["train"].shuffled, "validation": pictures["validation"].in_order}
    with writing(directory.channel("train").parent, passes) as (train, validation):
        log = run(directory)
    assert parameters(directory) == parameters(straight)
    # two epochs; their validation, and once more at the end
    assert (train.passes, validation.passes) == (2, 3)
    assert "Samples of channel train are checked as they come." in log
    evaluation = "evaluation.json"
    assert (directory.output_data / evaluation).read_text() == (straight.output_data / evaluation).read_text()
    shutil.rmtree(directory.model)


@pytest.mark.slow
@pytest.mark.engine
def test_a_job_that_was_cut_short_goes_on_to_the_same_parameters(tmp_path: Path, straight: JobDirectory) -> None:
    directory = lay_out(tmp_path, EPOCHS)
    directory.checkpoints.mkdir()
    log = tmp_path / "log.txt"
    with start(directory, log, **ONE_THREAD) as process:
        try:
            wait_for_text(log, "Saved checkpoint")
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0, log.read_text()
        finally:
            process.kill()
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    newest = newest_first(path.name for path in directory.checkpoints.iterdir())[0]
    shutil.rmtree(directory.model)
    written = run(directory)
    assert f"Resuming from checkpoint {directory.checkpoints}/{newest}: " in written
    assert "#progress_notice. epoch: 0, iterations: 1 " not in written
    assert (directory.checkpoints / "epoch-0002").is_dir()
    assert parameters(directory) == parameters(straight)
    shutil.rmtree(tmp_path)


@pytest.mark.slow
@pytest.mark.engine
def test_sigterm_while_a_fifo_gives_nothing_saves_the_model(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, EPOCHS)
    manifests(directory)
    log = tmp_path / "log.txt"
    with start(directory, log, **ONE_THREAD) as process:
        try:
            wait_for_text(log, "init_train_data_iter")
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0, log.read_text()
        finally:
            process.kill()
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    shutil.rmtree(directory.model)


@pytest.mark.slow
def test_an_unwrapped_stream_is_refused(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    unwrapped = {**FILE_MODE, "TrainingInputMode": "Pipe"}
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS, unwrapped)))
    assert failure_of(directory) == (
        "channel train is in Pipe mode and must have RecordWrapperType RecordIO, got None: "
        "without it nothing says where a picture ends"
    )


@pytest.mark.slow
def test_an_unknown_input_mode_is_refused(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    channels = dict.fromkeys(CHANNELS, FILE_MODE)
    directory.input_data_config.write_text(json.dumps({**channels, "train": {"TrainingInputMode": "Tape"}}))
    assert failure_of(directory) == "channel train must have input mode File, FastFile, Pipe, got 'Tape'"


def test_fewer_declared_samples_than_a_batch_are_refused_before_the_stream_begins(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_training_samples": 1})
    manifests(directory)
    assert failure_of(directory) == (
        "mini_batch_size 2 needs as many samples at least, and num_training_samples is 1: "
        "lower mini_batch_size or add samples"
    )
