"""A job with a time budget is planned: its data is looked at, an engine is measured, and the plan is kept."""

from __future__ import annotations

import io
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from semseg.container.checked_job import CheckedJob
from semseg.container.splits import Split, open_splits
from semseg.container.time_plan import data_facts, files_of, planned, written_plan
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.data.stream import Stream
from semseg.engines.engine import Engine
from semseg.engines.group import ALONE, Group
from semseg.errors import HyperparameterError
from semseg.training.checkpoint_state import CheckpointProgress
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from tests.container.data_jobs import good_job
from tests.container.test_memory_plan import Memory, Steps, device_of
from tests.engines.group_of_threads import in_threads
from tests.engines.nearest_mean import NearestMean


class Slow(NearestMean):
    """An engine whose steps take a moment, and which remembers what it was asked for, and at which sizes it trained."""

    def __init__(self, hyperparameters: Hyperparameters, group: Group = ALONE) -> None:
        super().__init__(hyperparameters.num_classes, group=group)
        self.asked = hyperparameters
        self.sizes: list[int] = []

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        super().step(images, masks, learning_rate)
        self.sizes.append(images.shape[1])
        time.sleep(0.001)


def splits_of(directory: JobDirectory) -> tuple[Split, Split]:
    return open_splits(directory, 2, lambda: None, JobLog(io.StringIO()))


def job_at(root: Path, log: io.StringIO, group: Group = ALONE, **strings: str) -> CheckedJob:
    """A job over eight training pictures of 6 x 4 pixels, which was given these hyperparameters and a minute."""
    directory = good_job(root, train=8)
    for folder in (directory.checkpoints, directory.output_data):
        folder.mkdir(parents=True)
    given = {"num_classes": "2", "time_budget": "60s", **strings}
    hyperparameters = Hyperparameters.from_strings({**given, "num_training_samples": "8"})

    def new_engine(asked: Hyperparameters) -> Engine:
        return Slow(asked, group)

    return CheckedJob(
        directory,
        hyperparameters,
        frozenset(given),
        splits_of(directory),
        earlier=None,
        device=device_of(Memory(None), Steps(), group.size, group=group),
        new_engine=new_engine,
        workers=0,
        started=time.time() - 5,
        log=JobLog(log),
        group=group,
    )


def checkpoint_of(job: CheckedJob, hyperparameters: Hyperparameters) -> Path:
    """Saves a checkpoint of a job that was planned, and returns its ``state.json``."""
    plan = written_plan(job.results, replace(hyperparameters, time_budget=job.hyperparameters.time_budget))
    checkpoints = Checkpoints(job.results.checkpoints, hyperparameters, job.log, plan=plan)
    best = job.results.model / "best"
    best.write_bytes(b"")
    checkpoints.save(NearestMean(2), best, CheckpointProgress(1, 8, 0.5, 0.5, 0, seconds=30.0))
    checkpoints.finish()
    return job.results.checkpoints / "epoch-0001" / "state.json"


def with_plan(state: Path, **changes: object) -> None:
    """Changes the plan that a checkpoint carries."""
    content = json.loads(state.read_text())
    state.write_text(json.dumps({**content, "plan": {**content["plan"], **changes}}))


def test_what_was_not_given_is_planned_and_the_plan_is_told_and_kept(tmp_path: Path) -> None:
    log = io.StringIO()
    job = job_at(tmp_path, log, crop_size="24", optimizer="sgd")
    hyperparameters, budget = planned(job)
    assert (hyperparameters.base_size, hyperparameters.crop_size, hyperparameters.optimizer) == (48, 24, "sgd")
    assert (hyperparameters.mini_batch_size, hyperparameters.precision_dtype) == (8, "auto")
    assert hyperparameters.learning_rate == 0.001  # the default, for sgd
    assert budget is not None
    assert budget.spent() == pytest.approx(time.time() - job.started, abs=2)  # since the job was started, and not 0
    plan = json.loads((job.results.output_data / "plan.json").read_text())
    assert plan["values"]["base_size"] == "48"
    assert plan["epochs"] == hyperparameters.epochs
    assert "Plan for 60 seconds: about " in log.getvalue()
    assert not list(job.results.model.iterdir())
    assert plan == json.loads(checkpoint_of(job, hyperparameters).read_text())["plan"]


def test_a_job_that_goes_on_keeps_its_plan_unless_it_has_another_time(tmp_path: Path) -> None:
    job = job_at(tmp_path / "here", io.StringIO())
    state = checkpoint_of(job, planned(job)[0])
    with_plan(state, values={"base_size": "50"})
    elsewhere = job_at(tmp_path / "elsewhere", io.StringIO())
    shutil.copytree(state.parent, elsewhere.results.checkpoints / state.parent.name)  # as it comes from S3
    assert planned(elsewhere)[0].base_size == 50
    with_plan(state, seconds=30.0)
    assert planned(job)[0].base_size == 48


def test_a_value_that_is_given_now_counts_more_than_an_earlier_plan(tmp_path: Path) -> None:
    job = job_at(tmp_path, io.StringIO())
    checkpoint_of(job, planned(job)[0])
    given = replace(job.hyperparameters, crop_size=32)
    assert planned(replace(job, hyperparameters=given, names=job.names | {"crop_size"}))[0].crop_size == 32


def test_a_plan_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    log = io.StringIO()
    job = job_at(tmp_path, log)
    state = checkpoint_of(job, planned(job)[0])
    with_plan(state, values=5)
    assert planned(job)[0].base_size == 48
    assert f"The plan in {state} cannot be read, and a new one is made: " in log.getvalue()


def test_a_job_with_too_little_memory_is_planned_at_the_smallest_size_and_measured_in_parts(tmp_path: Path) -> None:
    job = job_at(tmp_path, io.StringIO())
    steps, parts = Steps(), []

    def new_engine(asked: Hyperparameters) -> Engine:
        engine = Slow(asked)
        parts.append(engine)
        return engine

    device = device_of(Memory(1_500_000_000), steps)  # 1 + 0.8 * 1.5 GB are less than two samples need
    assert planned(replace(job, device=device, new_engine=new_engine))[0].base_size == 48
    assert ([engine.parts for engine in parts], steps.sizes) == ([8], [1, 2])


def test_a_size_that_is_given_is_measured_once(tmp_path: Path) -> None:
    engines: list[Slow] = []

    def new_engine(asked: Hyperparameters) -> Engine:
        engines.append(Slow(asked))
        return engines[-1]

    job = job_at(tmp_path, io.StringIO(), base_size="48", crop_size="24")
    planned(replace(job, new_engine=new_engine))
    # aligned sizes make 25 of 24; one step to begin with, and five that are measured
    assert [engine.sizes for engine in engines] == [[25] * 6]


def test_the_first_process_alone_judges_whether_the_time_is_enough(tmp_path: Path) -> None:
    def plan(group: Group) -> Hyperparameters:
        job = job_at(tmp_path / str(group.rank), io.StringIO(), group)
        return planned(replace(job, started=time.time() - (5 if group.rank == 0 else 500)))[0]

    one, other = in_threads(2, plan)
    assert isinstance(one, Hyperparameters)
    assert one == other


def test_a_job_without_a_budget_is_left_as_it_is(tmp_path: Path) -> None:
    job = job_at(tmp_path, io.StringIO(), time_budget="")
    assert planned(job) == (job.hyperparameters, None)
    assert not (job.results.output_data / "plan.json").exists()


def test_a_budget_that_is_too_short_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(HyperparameterError, match=r"^time_budget must be at least \d+s here, got 5s: \d+ s are spent "):
        planned(job_at(tmp_path, io.StringIO(), time_budget="5s"))


def test_all_processes_of_a_group_have_the_plan_of_the_first(tmp_path: Path) -> None:
    def plan(group: Group) -> Hyperparameters:
        return planned(job_at(tmp_path / str(group.rank), io.StringIO(), group))[0]

    one, other = in_threads(2, plan)
    assert isinstance(one, Hyperparameters)
    assert one == other
    assert one.mini_batch_size == 8


def test_a_stream_cannot_be_looked_at(tmp_path: Path) -> None:
    splits = splits_of(good_job(tmp_path))
    stream = Stream(tmp_path, ["train", "train_annotation"], splits[0].label_map, 2, lambda: None)
    with pytest.raises(HyperparameterError, match="time_budget needs samples that can be looked at before training"):
        files_of((Split("train", stream), splits[1]))


def test_facts_are_of_pictures_from_the_whole_channel(tmp_path: Path) -> None:
    training, validation = files_of(splits_of(good_job(tmp_path, train=40)))
    assert isinstance(training, Dataset)
    facts = data_facts(training, validation, 2)
    assert (facts.training, facts.validation, facts.typical, facts.shares) == (40, 2, (4, 6), (0.5, 0.5))
