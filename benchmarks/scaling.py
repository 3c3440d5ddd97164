"""Measures how many pictures a second one network takes in training on 1, 2, 4 and 8 devices of this machine.

    python -m benchmarks.scaling [--device cuda] [--devices 1,2,4,8] [--algorithm fcn] [--crop 240] [--batch 8]
                                 [--steps 10] [--precision float32] [--threads 1] [--rounds 3] [--save DOCUMENT.md]

Each device has a process of its own, as in a job, and --batch samples of every step: the work grows with the devices.
The samples are in memory already, so that reading does not count. On the processor a device is a process of --threads
threads. The numbers of devices take turns, and the medians of the rounds are compared; numbers that this machine does
not have are left out.

--save writes the table into a document, between its two markers.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.devices import INSTANCE_TYPES
from benchmarks.document import put_between_markers, table
from benchmarks.machine_facts import machine_facts
from semseg.container.engines import devices_for
from semseg.container.starter import Plan, run_together
from semseg.contract.environment import OMP_NUM_THREADS, PYTORCH
from semseg.contract.resource_config import LOCAL_GPU, Resources
from semseg.machine.facts import usable_cores
from semseg.plumbing.counted import counted

CLASSES = 21


def main() -> None:
    options = parsed()
    rates: dict[int, list[float]] = {count: [] for count in counts(options)}
    for _ in range(options.rounds):
        for count, seen in rates.items():
            seen.append(measure(count, options))
            print(f"{counted(count, 'device')}: {seen[-1]:.2f} pictures/s", flush=True)
    text = report(rates, options)
    print(text)
    if options.save is not None:
        options.save.write_text(put_between_markers(options.save.read_text(), text))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--device", choices=tuple(INSTANCE_TYPES), default="cpu")
    parser.add_argument("--devices", type=numbers, default=[1, 2, 4, 8])
    parser.add_argument("--algorithm", choices=("fcn", "psp", "deeplab"), default="fcn")
    parser.add_argument("--crop", type=int, default=240)
    parser.add_argument("--batch", type=int, default=8, help="samples of each device")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--threads", type=int, default=1, help="of a process on the processor")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", type=Path, help="a document with the two markers")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def counts(options: argparse.Namespace) -> list[int]:
    """Returns the numbers of devices that this machine has, and prints which are left out."""
    on_gpu = options.device == "cuda"
    most = devices_for(PYTORCH, LOCAL_GPU) if on_gpu else max(1, usable_cores() // options.threads)
    for count in options.devices:
        if count > most:
            print(f"left out: {counted(count, 'device')}, because this machine has {most}")
    return [count for count in options.devices if count <= most]


def measure(count: int, options: argparse.Namespace) -> float:
    """Returns how many pictures a second so many devices take together."""
    os.environ[OMP_NUM_THREADS.name] = str(options.threads)
    kind = INSTANCE_TYPES[options.device]
    hyperparameters = {
        "engine": PYTORCH,
        "algorithm": options.algorithm,
        "num_classes": str(CLASSES),
        "use_pretrained_model": "False",
        "crop_size": str(options.crop),
        "mini_batch_size": str(count * options.batch),
        "precision_dtype": options.precision,
    }
    work = {"instance_type": kind, "hyperparameters": hyperparameters, "batch": options.batch, "steps": options.steps}
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "benchmarks.contenders.group_member", json.dumps(work), str(answer)]
        cause = run_together(Plan(Resources(kind), count), threading.Event(), command)
        if cause is not None:
            raise SystemExit(cause.reason())
        seconds: float = json.loads(answer.read_text())["seconds"]
    return pictures_per_second(count, options.batch, options.steps, seconds)


def pictures_per_second(count: int, batch: int, steps: int, seconds: float) -> float:
    return count * batch * steps / seconds


def report(rates: dict[int, list[float]], options: argparse.Namespace) -> str:
    """Returns what was measured, on what, as text with two tables."""
    facts = table(["", ""], [[name, value] for name, value in machine_facts().items()])
    threads = f", a process of {counted(options.threads, 'thread')} each" if options.device == "cpu" else ""
    what = (
        f"{options.algorithm} on resnet-50, crops of {options.crop} pixels, {options.batch} samples a device and step, "
        f"{options.precision}, {options.device}{threads}; {options.rounds} rounds of {options.steps} steps"
    )
    heads = ["devices", "pictures/s", "lowest to highest", "times the first row", "of a device's own rate"]
    return f"{facts}\n\n{what}:\n\n{table(heads, rows(rates))}"


def rows(rates: dict[int, list[float]]) -> list[Sequence[str]]:
    """Returns a row for each number of devices, compared with the first one."""
    medians = {count: median(seen) for count, seen in rates.items()}
    first = next(iter(medians))
    return [
        (
            str(count),
            f"{rate:.2f}",
            f"{min(rates[count]):.2f} to {max(rates[count]):.2f}",
            f"{rate / medians[first]:.2f}",
            f"{100 * rate * first / (medians[first] * count):.0f} %",
        )
        for count, rate in medians.items()
    ]


if __name__ == "__main__":
    main()
