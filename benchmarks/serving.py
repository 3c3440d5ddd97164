"""Measures how many pictures a second an endpoint answers, compared with GluonCV's network, bare engines and the
machine's own limit.

    python -m benchmarks.serving [--rounds 5] [--model model.tar.gz] [--contenders a,b] [--save docs/speed.md] [--quick]

FCN on ResNet-50, on pictures of camvid from the folder in SEMSEG_TEST_DATA, ../shared/data where that is not set. Each
contender is one process tree; they take turns, while the others wait, and the medians of the rounds are compared.
Endpoints get JPEG files and answer PNG masks; the bare contenders get arrays and give arrays. Takes about eight minutes
on two cores with nothing else running.

--save writes the tables into a document, between its two markers, and a picture of the same name beside it.
--quick takes small drawn pictures and short turns: it shows that the benchmark runs, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Callable, Union

import numpy as np

from benchmarks import document, speed_report
from benchmarks.contenders.endpoint import Endpoint
from benchmarks.contenders.model import BenchmarkModel, prepare
from benchmarks.contenders.pictures import write_pictures
from benchmarks.contenders.process import BareProcess, MatrixProduct
from benchmarks.machine_facts import machine_facts
from benchmarks.speed_report import GLUONCV, MXNET, NAMES, Lane, Measured, TimedAnswer
from semseg.machine.facts import usable_cores

CLIENTS = (1, 2, 8)
GFLOP = {"resnet-50": 63.9, "resnet-101": 98.0}  # of FCN with one picture of 240 x 240 pixels, two for a multiply-add
COUNTED_PIXELS = 240 * 240

Contender = Union[BareProcess, Endpoint]
Turn = Callable[[str, int], float]  # a size and a number of pictures -> seconds


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # with it end all whom this process started
    options = parsed()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = write_pictures(folder, options.quick)
        model = prepare(folder, options.model, any("int8" in contender for contender in options.contenders))
        gflop = {size: GFLOP[model.backbone] * h * w / COUNTED_PIXELS for size, (h, w) in sizes.items()}
        measured = Measured(machine_facts(), gflop)
        measure(contenders(folder, model, options.contenders), folder, options, measured)
    described = "bars of pictures a second for each contender, a panel for each size"
    draw = partial(speed_report.draw, measured)
    document.publish(speed_report.report(measured), options.rounds, began, options.save, draw, described)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one turn, about")
    parser.add_argument("--model", type=Path, help="an archive with an FCN; else one with random values")
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=list(NAMES), help=", ".join(NAMES))
    parser.add_argument("--save", type=Path, help="a document with the two markers")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.contenders) - set(NAMES):
        parser.error(f"--contenders must be of {', '.join(NAMES)}, got {', '.join(sorted(unknown))}")
    if options.quick:
        options.rounds, options.seconds = 1, 0.05
    return options


def contenders(folder: Path, model: BenchmarkModel, wanted: list[str]) -> dict[str, Contender]:
    """Returns the contenders that are wanted, by their names in the tables; none is started yet."""
    threads = usable_cores()
    bare = partial(BareProcess, folder)
    endpoint = partial(Endpoint, folder, model.base)
    weights = (model.parameters, model.num_classes, model.gluoncv_backbone)
    known: dict[str, Contender] = {
        "gluoncv": bare("gluoncv_fcn", *weights, as_it_comes=True),
        "onnxruntime": bare("onnxruntime_graph", model.graph, threads),
        "onnxruntime-int8": bare("onnxruntime_graph", model.graph_int8, threads),
        "openvino": bare("openvino_graph", model.graph, threads),
        "openvino-int8": bare("openvino_graph", model.model_int8, threads),
        "semseg-mxnet": endpoint({"SEMSEG_ENGINE": "mxnet", "SEMSEG_PRECISION": "fp32"}),
        "semseg": endpoint({"SEMSEG_ENGINE": "openvino", "SEMSEG_PRECISION": "fp32"}),
        "semseg-int8": endpoint({"SEMSEG_ENGINE": "openvino", "SEMSEG_PRECISION": "int8"}),
    }
    return {NAMES[short]: known[short] for short in NAMES if short in wanted}


def measure(field: dict[str, Contender], folder: Path, options: argparse.Namespace, measured: Measured) -> None:
    """Starts all contenders, compares their answers, and lets them take turns."""
    with ExitStack() as running:
        product = MatrixProduct(folder, quick=options.quick)
        running.enter_context(product)
        for contender in field.values():
            running.enter_context(contender)
        compare_answers(field, measured)
        turns = {lane: turn for name, contender in field.items() for lane, turn in lanes(name, contender)}
        counts = {
            (lane, size): pictures_of_a_turn(options.seconds, turn, size, lane.clients)
            for lane, turn in turns.items()
            for size in measured.gflop
        }
        for _ in range(options.rounds):
            measured.product.append(product.rate())
            for (lane, size), count in counts.items():
                rate = count / turns[lane](size, count)
                measured.rates.setdefault(lane, {}).setdefault(size, []).append(rate)
        for name, contender in field.items():
            if isinstance(contender, Endpoint):
                measured.answers[name] = {size: answers_of(contender, size) for size in measured.gflop}


def lanes(name: str, contender: Contender) -> Iterator[tuple[Lane, Turn]]:
    """Yields one lane for a bare contender, and for an endpoint one for each number of clients."""
    if isinstance(contender, BareProcess):
        yield Lane(name), contender.turn
    else:
        for clients in (1,) if name == MXNET else CLIENTS:
            yield Lane(name, clients), partial(contender.turn, clients=clients)


def compare_answers(field: dict[str, Contender], measured: Measured) -> None:
    """Measures how many pixels get the same class as from GluonCV's network, over all pictures, and warms all up."""
    masks = {
        name: np.concatenate([contender.masks(size).ravel() for size in measured.gflop])
        for name, contender in field.items()
    }
    if GLUONCV in masks:
        measured.equal.update({name: float((found == masks[GLUONCV]).mean()) for name, found in masks.items()})


def pictures_of_a_turn(seconds: float, turn: Turn, size: str, clients: int) -> int:
    """Returns how many pictures fill so many seconds, the same number for each client, from one short turn."""
    tried = max(2, clients)
    each = max(1, clients)
    return each * max(1, round(seconds * tried / turn(size, tried) / each))


def answers_of(endpoint: Endpoint, size: str) -> list[TimedAnswer]:
    engine = endpoint.engine_milliseconds()
    return [
        TimedAnswer(exchange.milliseconds, engine[exchange.request])
        for exchange in endpoint.asked_alone(size)
        if exchange.request in engine
    ]


if __name__ == "__main__":
    main()
