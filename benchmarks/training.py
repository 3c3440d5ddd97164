"""Measures how many pictures a second training takes, compared with GluonCV's own loop, a bare PyTorch loop and the
machine's own limit; on a GPU, with torchvision's reference recipe.

    python -m benchmarks.training [--device cuda] [--algorithms fcn] [--crops 240] [--rounds 3] [--contenders a,b]
                                  [--restart] [--first-step] [--save DOCUMENT.md] [--quick]

FCN and DeepLab on ResNet-50 with the auxiliary head, batches of 8, on pictures of camvid from the folder in
SEMSEG_TEST_DATA, ../shared/data where that is not set. Each contender is one process; they take turns, while the others
wait, and the medians of the rounds are compared: once with all that reads and changes the pictures, and once with the
same batch given again and again. A turn is a step at least, and a turn from files has one more that is not timed.

--restart ends each contender after its turn, where memory is too short for all at once.
--first-step also measures how long a job takes from fit to its first step.
--save writes the tables into a document, between its two markers, and a picture of the same name beside it.
--quick takes small drawn pictures and short turns: it shows that the benchmark runs, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks import document, training_report
from benchmarks.contenders.process import ContenderProcess, MatrixProduct
from benchmarks.contenders.training_samples import CLASSES, write_samples
from benchmarks.contenders.training_turns import Work
from benchmarks.first_step import seconds_to_first_step
from benchmarks.machine_facts import BFLOAT16, cpu_field, machine_facts
from benchmarks.training_report import NAMES, Case, Measured, Turn
from semseg.machine.facts import usable_cores

ALGORITHMS, CROPS, BATCH, BASE_SIZE = ["fcn", "deeplab"], [240, 480], 8, 520
MOST_WORKERS = 16  # the default of semseg's job, and of GluonCV's and torchvision's scripts


@dataclass(frozen=True)
class Entry:
    """A contender before it is started.

    Attributes:
        module: in benchmarks/contenders; arguments: after the description of the work.
        needs: the package without which it is left out.
        devices: where it takes part if the command line names no contenders.
        as_it_comes: leave out of its environment what is set for engines.
    """

    module: str
    arguments: tuple[str, ...]
    needs: str
    devices: tuple[str, ...]
    as_it_comes: bool = False


def ours(engine: str, precision: str, devices: tuple[str, ...], **more: str) -> Entry:
    given = json.dumps({"engine": engine, "precision_dtype": precision, **more})
    return Entry("semseg_training", (given,), {"mxnet": "mxnet", "pytorch": "torch"}[engine], devices)


ENTRIES = {
    "gluoncv": Entry("gluoncv_training", (), "gluoncv", ("cpu",), as_it_comes=True),
    "torchvision": Entry("torchvision_recipe", (), "torchvision", ("cuda",)),
    "bare": Entry("pytorch_loop", ("float32",), "torch", ("cpu", "cuda")),
    "bare-bfloat16": Entry("pytorch_loop", ("bfloat16",), "torch", ("cuda",)),
    "mxnet": ours("mxnet", "float32", ("cpu",)),
    "pytorch": ours("pytorch", "float32", ("cpu", "cuda")),
    "pytorch-bfloat16": ours("pytorch", "bfloat16", ("cpu", "cuda")),
    "pytorch-compiled": ours("pytorch", "bfloat16", ("cuda",), compile="True"),
}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # with it end all whom this process started
    options = parsed()
    began = time.monotonic()
    measured = Measured(machine_facts(), options.device, options.batch)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = write_samples(folder / "samples", options.quick)
        print(f"{count} samples", flush=True)
        for case in (Case(algorithm, crop) for algorithm in options.algorithms for crop in options.crops):
            measure(case, folder, options, measured)
        if options.first_step:
            measured.first_steps = seconds_to_first_step(folder / "samples", options)
    described = "bars of pictures a second for each contender, a panel for each network and crop"
    draw = partial(training_report.draw, measured)
    document.publish(training_report.report(measured), options.rounds, began, options.save, draw, described)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--algorithms", type=lambda text: text.split(","), default=ALGORITHMS)
    parser.add_argument("--crops", type=lambda text: [int(crop) for crop in text.split(",")], default=CROPS)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one turn, about; a step at least")
    parser.add_argument("--contenders", type=lambda text: text.split(","), help=", ".join(ENTRIES))
    parser.add_argument("--restart", action="store_true", help="let no contender wait in memory")
    parser.add_argument("--first-step", action="store_true", help="also measure from fit to the first step")
    parser.add_argument("--save", type=Path, help="a document with the two markers")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.base_size = BASE_SIZE
    if options.quick:
        options.algorithms, options.crops, options.batch, options.base_size = ["fcn"], [24], 2, 48
        options.rounds, options.seconds = 1, 0.05
    if unknown := set(options.contenders or ()) - set(ENTRIES):
        parser.error(f"--contenders must be of {', '.join(ENTRIES)}, got {', '.join(sorted(unknown))}")
    options.contenders = contenders(options)
    return options


def contenders(options: argparse.Namespace) -> list[str]:
    """Returns who takes part, and prints who is left out, and why."""
    wanted = options.contenders or [name for name, entry in ENTRIES.items() if options.device in entry.devices]
    reasons = {name: why_not(name, options.device) for name in wanted}
    for name, reason in reasons.items():
        if reason:
            print(f"left out: {NAMES[name]}, because {reason}")
    return [name for name, reason in reasons.items() if not reason]


def why_not(name: str, device: str) -> str:
    """Returns why a contender cannot run here; "" if it can."""
    if importlib.util.find_spec(ENTRIES[name].needs) is None:
        return f"{ENTRIES[name].needs} is not installed"
    if "bfloat16" in name and device == "cpu" and not BFLOAT16 & set(cpu_field("flags").split()):
        return f"the processor has no instructions for it: {' or '.join(sorted(BFLOAT16))}"
    return ""


def measure(case: Case, folder: Path, options: argparse.Namespace, measured: Measured) -> None:
    """Lets the contenders take turns at one network and crop."""
    work = Work(
        algorithm=case.algorithm,
        num_classes=CLASSES,
        base_size=options.base_size,
        crop_size=case.crop_size,
        batch_size=options.batch,
        samples=str(folder / "samples"),
        device=options.device,
        workers=min(MOST_WORKERS, usable_cores()),
    )
    product = MatrixProduct(folder, options.device, options.quick)
    field = {name: started_by(ENTRIES[name], folder, work) for name in options.contenders}
    with ExitStack() as running:
        for contender in () if options.restart else (product, *field.values()):
            running.enter_context(contender)
        for _ in range(options.rounds):
            with product if options.restart else nullcontext():
                measured.product.append(product.rate())
            for name, contender in field.items():
                with contender if options.restart else nullcontext():
                    for fed in (False, True):
                        turn = Turn(**contender.ask({"fed": fed, "seconds": options.seconds}))
                        measured.turns.setdefault((case, NAMES[name], fed), []).append(turn)
                print(f"{case}, {NAMES[name]}: {turn.rate:.2f} pictures/s, fed", flush=True)


def started_by(entry: Entry, folder: Path, work: Work) -> ContenderProcess:
    described = json.dumps(asdict(work))
    return ContenderProcess(folder, entry.module, described, *entry.arguments, as_it_comes=entry.as_it_comes)


if __name__ == "__main__":
    main()
