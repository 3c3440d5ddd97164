"""Compares the losses of both engines with each other, and says what each costs of a training step.

    python -m benchmarks.losses [--save docs/losses.md] [--quick]

Both engines get the same random scores and masks of 8 classes, of which a fifth of the pixels is ignored. Prints how
far their losses and their gradients are apart, and PyTorch's gradient in float64 from the numeric one, each in parts of
the largest; then the processor time of each loss, of the decoder and the auxiliary decoder together, beside that of a
whole step of FCN on ResNet-50. Ends with exit code 1 where the engines are more than 1e-5 apart.

--save writes the tables into a document, between its two markers.
--quick takes small pictures: it shows that the benchmark runs, and its times mean nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.document import put_between_markers, table
from semseg.contract.hyperparameters import LOSSES
from semseg.engines.engine import Engine
from semseg.engines.group import ALONE
from semseg.engines.loss_terms import LossTerms
from tests.engines.gluon import test_losses as gluon
from tests.engines.gluon.test_engine import engine_on
from tests.engines.pytorch import test_losses as pytorch
from tests.engines.pytorch.test_engine import engine_of

CLASSES, SAMPLES = 8, 2
WEIGHTS, SMOOTHING = (0.5, 1.0, 2.0, 4.0, 1.0, 0.25, 3.0, 1.5), 0.1
NEAR = 1e-5
SMALL = 1e-6  # the step of the numeric derivative, in float64
ROUNDS = 3
Times = Mapping[str, float]  # seconds by the engine's name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    kinds = [LossTerms((loss,), CLASSES, *more) for more in ((), (WEIGHTS, SMOOTHING)) for loss in LOSSES]
    found = {of: differences(of, 24 if given.quick else 64) for of in kinds}
    side = 48 if given.quick else 240
    text = f"{alike(found)}\n\n{costs({loss: times_of(loss, side) for loss in LOSSES}, times_of_steps(side), side)}"
    print(text)
    if given.save is not None:
        given.save.write_text(put_between_markers(given.save.read_text(), text))
    return int(max(max(row[:2]) for row in found.values()) > NEAR)


def alike(found: Mapping[LossTerms, tuple[float, ...]]) -> str:
    heads = ["loss", "class weights, label smoothing", "value", "gradient", "gradient from the numeric one"]
    rows = [
        [of.names[0], f"given, {SMOOTHING}" if of.class_weights else "none", *(f"{each:.0e}" for each in row)]
        for of, row in found.items()
    ]
    return table(heads, rows)


def costs(times: Mapping[str, Times], steps: Times, side: int) -> str:
    heads = ["loss", *(head for name in steps for head in (f"{name}, ms", f"{name}, of a step"))]
    rows = [
        [loss, *(cell for name, taken in row.items() for cell in (f"{1000 * taken:.0f}", f"{taken / steps[name]:.1%}"))]
        for loss, row in times.items()
    ]
    whole = " and ".join(f"{seconds:.1f} s with {name}" for name, seconds in steps.items())
    step = f"A step of {SAMPLES} samples of {side} x {side} pixels, of {CLASSES} classes, takes {whole}, in one thread."
    return f"{table(heads, rows)}\n\n{step}"


def random_case(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and masks that have all but the last class."""
    rng = np.random.default_rng(0)
    masks = rng.integers(0, CLASSES - 1, (SAMPLES, side, side)).astype(np.uint8)
    masks[rng.random(masks.shape) < 0.2] = 255
    return rng.normal(0, 3, (SAMPLES, CLASSES, side, side)).astype(np.float32), masks


def differences(of: LossTerms, side: int) -> tuple[float, ...]:
    """How far the engines' values are apart, and their gradients, and PyTorch's gradient from the numeric one."""
    case = random_case(side)
    (ours, gradient), (theirs, other) = (engine.value_and_gradient(of, *case) for engine in (pytorch, gluon))
    return relative(theirs, ours), relative(other, gradient), from_numeric(of)


def from_numeric(of: LossTerms) -> float:
    scores, masks = random_case(3)
    exact = scores.astype(np.float64)

    def value(place: tuple[int, ...], step: float) -> float:
        moved = exact.copy()
        moved[place] += step
        return float(pytorch.value_and_gradient(of, moved, masks)[0][0])

    slopes = [(value(place, SMALL) - value(place, -SMALL)) / (2 * SMALL) for place in np.ndindex(exact.shape)]
    _, gradient = pytorch.value_and_gradient(of, exact, masks)
    return relative(np.array(slopes), gradient.ravel())


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def times_of(loss: str, side: int) -> Times:
    """The processor time of a loss and its gradient, for both decoders."""
    of, case = LossTerms((loss,), CLASSES), random_case(side)
    return {name: 2 * seconds(make(of, *case)) for name, make in {"MXNet": gluon_loss, "PyTorch": pytorch_loss}.items()}


def gluon_loss(of: LossTerms, scores: np.ndarray, masks: np.ndarray) -> Callable[[], None]:
    import mxnet as mx

    loss, given, truth = gluon.loss_of(of), mx.nd.array(scores), mx.nd.array(masks.astype(np.float32))
    given.attach_grad()

    def compute() -> None:
        with mx.autograd.record():
            sums = loss(given, truth)
        sums.backward()
        mx.nd.waitall()

    return compute


def pytorch_loss(of: LossTerms, scores: np.ndarray, masks: np.ndarray) -> Callable[[], None]:
    def compute() -> None:
        pytorch.value_and_gradient(of, scores, masks)

    return compute


def times_of_steps(side: int) -> Times:
    strings = {"num_classes": str(CLASSES), "mini_batch_size": str(SAMPLES)}
    return {
        "MXNet": time_of_step(on_mxnet(**strings), side),
        "PyTorch": time_of_step(engine_of(ALONE, **strings), side),
    }


def on_mxnet(**strings: str) -> Engine:
    engine: Engine = engine_on(1, **strings)
    return engine


def time_of_step(engine: Engine, side: int) -> float:
    _, masks = random_case(side)
    images = np.random.default_rng(0).integers(0, 256, (SAMPLES, side, side, 3)).astype(np.uint8)

    def step() -> None:
        engine.step(images, masks, 0.001)
        engine.finish()

    return seconds(step)


def seconds(work: Callable[[], None]) -> float:
    """Returns the least processor time of a few rounds, after one that is not counted."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
