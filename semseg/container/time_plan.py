"""Plans a job that has a time budget: looks at its data, measures this machine, and fills in what was not given."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from semseg.archive.checkpoint import STATE
from semseg.container.checked_job import CheckedJob
from semseg.container.job_batches import training_batches
from semseg.container.memory_plan import least_free, planned_parts, seems_to_fit
from semseg.container.splits import Split
from semseg.contract.hyperparameters import NONE, Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.stream import Stream
from semseg.engines.engine import Engine
from semseg.engines.group import Group, share
from semseg.errors import HyperparameterError, PlatformError
from semseg.planning.costs import Costs, Line
from semseg.planning.data_facts import DataFacts
from semseg.planning.plan import Plan, Size, applied, at_size, base_values, made, sizes
from semseg.plumbing.json_file import filled, read_fields, read_object, write_public_json
from semseg.prediction.scale import ScaleRule
from semseg.training.checkpoint_state import newest_state
from semseg.training.copied_files import copy_from_first
from semseg.training.evaluation import WholePictures, score_pictures
from semseg.training.full_scoring import score_fully
from semseg.training.job_log import JobLog
from semseg.training.time_budget import TimeBudget

FILE_NAME = "plan.json"
SEEN_SAMPLES = 32  # that stand for all training samples
READ_BATCHES = 3  # by whose time reading is measured
MOST_SECONDS, MOST_TIMES = 2.0, 5  # in which one kind of work is repeated, to measure it
SILENT = JobLog(io.StringIO())  # what is tried here is told when it is planned
PACKED_A_SECOND = 100_000_000  # bytes of parameters that are digested and become a part of model.tar.gz


def planned(job: CheckedJob) -> tuple[Hyperparameters, TimeBudget | None]:
    """Returns a job's hyperparameters with all that is planned, and its time budget; of a job without one, its own
    hyperparameters and None. All of a group call this.

    The plan goes into the log, into ``plan.json`` and, by :func:`written_plan`, into each checkpoint. A job that goes
    on from one, also elsewhere, keeps its plan.

    Raises:
        HyperparameterError: in rank 0, where the time is not enough for an epoch.
        GroupEnded: in the others then.
    """
    if not job.hyperparameters.time_budget:
        return job.hyperparameters, None
    path = job.results.output_data / FILE_NAME
    plan = _earlier(job)
    if plan is None:
        _plan_anew(job)
        plan = read_fields(copy_from_first(path, path, job.group) or path, Plan)
    for line in plan.lines():
        job.log.info(line)
    values = {name: str(value) for name, value in plan.values.items() if name not in job.names}
    hyperparameters = applied(values, plan.epochs, job.hyperparameters)
    spent = time.time() - job.started
    return hyperparameters, TimeBudget(budget_seconds(job), spent, plan.scoring_seconds, plan.ending_seconds)


def budget_seconds(job: CheckedJob) -> float:
    """Returns the seconds of a job's time budget."""
    return job.hyperparameters.budget_seconds or 0.0


def files_of(splits: tuple[Split, Split]) -> tuple[Dataset, Dataset]:
    """Returns the training and the validation samples, which lie in files.

    Raises:
        HyperparameterError: one comes in a stream, of which nothing is known before it is read.
    """
    training, validation = (split.dataset for split in splits)
    if isinstance(training, Stream) or isinstance(validation, Stream):
        raise HyperparameterError(
            "time_budget needs samples that can be looked at before training, and a channel is in Pipe mode: take "
            "input mode File or FastFile, or leave time_budget out"
        )
    return training, validation


def data_facts(training: Dataset, validation: Dataset, num_classes: int) -> DataFacts:
    """Returns what some of the training samples tell of all, without the shares of classes where no masks are counted
    before training.
    """
    places = np.unique(np.linspace(0, len(training) - 1, SEEN_SAMPLES).round().astype(int))
    seen = [training.read(int(place)) for place in places]
    facts = DataFacts.of(len(training), len(validation), num_classes, seen)
    return replace(facts, shares=()) if isinstance(training, UncheckedDataset) else facts


def _earlier(job: CheckedJob) -> Plan | None:
    """Returns the plan of a job that is resumed, in all processes of its group; None of one that begins."""
    path = job.results.output_data / FILE_NAME
    found = _kept(job) if job.group.rank == 0 else None
    if found is not None:
        write_public_json(path, found.to_json())
    copied = copy_from_first(path if found is not None else None, path, job.group)
    return None if copied is None else read_fields(copied, Plan)


def _kept(job: CheckedJob) -> Plan | None:
    """Returns the plan that the newest checkpoint carries; None where there is none for this time."""
    state = newest_state(job.results.checkpoints)
    if state is None or state.plan is None:
        return None
    path = job.results.checkpoints / state.progress.name / STATE
    try:
        plan = filled(path, state.plan, Plan)
    except PlatformError as error:
        job.log.warning(f"The plan in {path} cannot be read, and a new one is made: {error}")
        return None
    return plan if plan.seconds == budget_seconds(job) else None


def written_plan(results: JobDirectory, hyperparameters: Hyperparameters) -> dict[str, Any] | None:
    """Returns the plan in a job's results, once it is made, for its checkpoints to carry; None of a job without."""
    return read_object(results.output_data / FILE_NAME) if hyperparameters.time_budget else None


def _plan_anew(job: CheckedJob) -> None:
    """Measures what the job costs, and lets rank 0 make the plan and write it."""
    training, validation = files_of(job.splits)
    facts = data_facts(training, validation, job.hyperparameters.num_classes)
    first = base_values(facts, job.hyperparameters, job.names, job.device.devices)
    given = applied(first, job.hyperparameters.epochs, job.hyperparameters)
    fits = partial(seems_to_fit, device=job.device, free=least_free(job.device))
    choices = sizes(facts, given, job.names, fits)
    costs = _measured(job, given, choices, training, validation)
    if job.group.rank == 0:
        plan = made(choices, given, facts, costs, job.names, budget_seconds(job))
        whole = replace(plan, values={**first, **plan.values})
        write_public_json(job.results.output_data / FILE_NAME, whole.to_json())


def _measured(
    job: CheckedJob,
    given: Hyperparameters,
    choices: list[Size],
    training: Dataset,
    validation: Dataset,
) -> Costs:
    """Returns what the kinds of work cost, measured at the smallest size and at one in the middle, which may be one."""
    large = choices[len(choices) // 2]
    tried = list(dict.fromkeys((choices[-1], large)))
    parts = planned_parts(at_size(given, large), job.device, SILENT)  # in which the job will compute too
    engine = job.new_engine(replace(given, class_weights=NONE))  # weights cost nothing, and are not settled yet
    engine.parts = parts
    steps = [(given.mini_batch_size * size.pixels, _step_seconds(engine, given, size, job.group)) for size in tried]
    validations = [_validation(engine, given, validation, size) for size in tried]
    scores = [_scoring(engine, given, validation, size) for size in tried]
    saved = job.results.model / ".planned"
    job.results.model.mkdir(parents=True, exist_ok=True)
    saving = _seconds_of(lambda: engine.save(saved))
    packing = 2 * saved.stat().st_size / PACKED_A_SECOND
    saved.unlink()
    engine.finish()
    return Costs(
        Line.through(steps[0], steps[-1]),
        _reading_seconds(job, given, large, training),
        Line.through(validations[0], validations[-1]),
        Line.through(scores[0], scores[-1]),
        saving,
        time.time() - job.started,
        packing,
    )


def _step_seconds(engine: Engine, given: Hyperparameters, size: Size, group: Group) -> float:
    own = range(given.mini_batch_size)[share(given.mini_batch_size, group)]
    rng = np.random.default_rng(0)
    shape = (len(own), size.crop_size, size.crop_size)
    images = rng.integers(0, 256, (*shape, 3), np.uint8)
    masks = rng.integers(0, given.num_classes, shape, np.uint8)

    def step() -> None:
        engine.step(images, masks, given.learning_rate)
        engine.take_loss()

    return _seconds_of(step, group)


def _validation(engine: Engine, given: Hyperparameters, validation: Dataset, size: Size) -> tuple[int, float]:
    """Returns the pixels that the network sees of a validation sample, and the seconds that it takes."""
    if given.validation_mini_batch_size == 1:
        pictures = _first_picture(validation, given, size)
        seconds = _seconds_of(lambda: score_pictures(engine, pictures, lambda scored: None))
        return _area(pictures), seconds
    samples = min(given.validation_mini_batch_size, len(validation))
    crops = np.zeros((samples, size.crop_size, size.crop_size, 3), np.uint8)
    return size.pixels, _seconds_of(lambda: engine.mask(crops, (size.crop_size, size.crop_size))) / samples


def _scoring(engine: Engine, given: Hyperparameters, validation: Dataset, size: Size) -> tuple[int, float]:
    """Returns the pixels that the network sees of the first validation picture, and the seconds of all scores of it."""
    pictures, way = _first_picture(validation, given, size), given.test_time_augmentation
    seconds = _seconds_of(lambda: score_fully(engine, pictures, lambda scored: None, way))
    return _area(pictures), seconds


def _first_picture(validation: Dataset, given: Hyperparameters, size: Size) -> WholePictures:
    one = Dataset(validation.samples[:1], validation.label_map, validation.num_classes, validation.channel)
    one.reading = validation.reading
    return WholePictures(one, ScaleRule(size.base_size, given.aligned_sizes), 0)


def _area(pictures: WholePictures) -> int:
    """Returns the pixels that the network sees of the first picture."""
    _, image, _ = next(pictures.own_share())
    return math.prod(pictures.scale.working_size(*image.shape[:2]))


def _reading_seconds(job: CheckedJob, given: Hyperparameters, size: Size, training: Dataset) -> float:
    """Returns the seconds of a sample that is read for a batch, while nothing else is done."""
    batches = training_batches(at_size(given, size), training, job.workers, job.log, job.group, None)
    stream, started = batches.epoch(0), time.perf_counter()
    count = sum(batch.samples for _, batch in zip(range(READ_BATCHES), stream))
    return (time.perf_counter() - started) / max(count, 1)


def _seconds_of(work: Callable[[], object], group: Group | None = None) -> float:
    """Returns the median seconds of a piece of work, which is done once before it is measured.

    In a group all processes do it equally often.
    """
    work()
    taken: list[float] = []
    most = MOST_TIMES if group is None or group.size == 1 else 2
    while len(taken) < most and (sum(taken) < MOST_SECONDS or most == 2):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))
