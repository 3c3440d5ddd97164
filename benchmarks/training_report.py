"""Reports the results of the training benchmark as tables, against its aims, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.document import BLUE, DARK_BLUE, GREY, draw_bars, shown, table

NAMES = {  # on the command line, and in the tables
    "gluoncv": "GluonCV's loop as it comes",
    "torchvision": "torchvision's recipe, float16",
    "bare": "bare PyTorch, float32",
    "bare-bfloat16": "bare PyTorch, bfloat16",
    "mxnet": "semseg on MXNet",
    "pytorch": "semseg on PyTorch, float32",
    "pytorch-bfloat16": "semseg on PyTorch, bfloat16",
    "pytorch-compiled": "semseg on PyTorch, bfloat16, compiled",
}
PRODUCTS = {"cpu": "numpy's float32 matrix product", "cuda": "PyTorch's bfloat16 matrix product"}
# By device: who, at least how many times the pictures a second of whom.
AIMS = {
    "cpu": (
        ("pytorch", 0.97, "bare"),
        ("pytorch-bfloat16", 1.7, "mxnet"),
        ("pytorch", 0.9, "mxnet"),
        ("mxnet", 1.5, "gluoncv"),
        ("pytorch", 1.5, "gluoncv"),
    ),
    "cuda": (
        ("pytorch", 0.97, "bare"),
        ("pytorch-bfloat16", 0.97, "bare-bfloat16"),
        ("pytorch-bfloat16", 1.3, "torchvision"),
        ("pytorch-compiled", 1.3, "torchvision"),
    ),
}
FED = 0.97  # times the pictures a second of one batch given again and again: the feeding is not the limit

# With the auxiliary head and 11 classes, forward and back, two for a multiply-add. Beside it is next to nothing.
GFLOP = {"fcn": 204.4, "deeplab": 237.7}  # of one picture of 240 x 240 pixels
COUNTED_PIXELS = 240 * 240


@dataclass(frozen=True)
class Case:
    """What is trained."""

    algorithm: str
    crop_size: int

    @property
    def gflop(self) -> float:
        """Returns what a picture takes."""
        return GFLOP[self.algorithm] * self.crop_size**2 / COUNTED_PIXELS

    def __str__(self) -> str:
        return f"{self.algorithm}, crop {self.crop_size}"


@dataclass(frozen=True)
class Turn:
    """What a contender answered: memory is the highest so far, in GiB."""

    images: float
    seconds: float
    resident: float
    gpu: float

    @property
    def rate(self) -> float:
        """Returns the pictures a second."""
        return self.images / self.seconds


@dataclass
class Measured:
    """The figures of a run.

    Attributes:
        machine: what it ran on, name and value.
        device: cpu or cuda.
        turns: by case, contender, and whether batches were read from files; one for each round.
        product: GFLOP/s of the matrix product, one for each round.
        first_steps: seconds from fit to the first step, by engine, one for each round.
    """

    machine: Mapping[str, str]
    device: str
    batch: int
    turns: dict[tuple[Case, str, bool], list[Turn]] = field(default_factory=dict)
    product: list[float] = field(default_factory=list)
    first_steps: dict[str, list[float]] = field(default_factory=dict)

    @property
    def cases(self) -> list[Case]:
        return list(dict.fromkeys(case for case, _, _ in self.turns))

    def contenders(self, case: Case) -> list[str]:
        return list(dict.fromkeys(name for found, name, _ in self.turns if found == case))

    def rate(self, case: Case, contender: str, fed: bool) -> float:
        return median(turn.rate for turn in self.turns[case, contender, fed])

    def ratio(self, case: Case, contender: str, other: str, fed: bool) -> float | None:
        """Returns the ratio of the medians; None if one of the two was not measured."""
        if {(case, contender, fed), (case, other, fed)} <= self.turns.keys():
            return self.rate(case, contender, fed) / self.rate(case, other, fed)
        return None


def report(measured: Measured) -> str:
    """Returns all tables in Markdown."""
    parts = [table(["machine", ""], measured.machine.items())]
    if measured.product:
        parts.append(f"{PRODUCTS[measured.device]}: {median(measured.product):.0f} GFLOP/s")
    parts += [case_table(measured, case) for case in measured.cases]
    parts += [first_step_table(measured), aims_table(measured)]
    return "\n\n".join(part for part in parts if part)


def case_table(measured: Measured, case: Case) -> str:
    """Returns the table of all contenders at one network and crop."""
    first = measured.contenders(case)[0]
    heads = [f"{case}, batch {measured.batch}", "pictures/s, one batch", "lowest to highest", "pictures/s, from files"]
    heads += ["lowest to highest", f"times {first}", "of the matrix product", "memory, GiB"]
    heads += ["of the GPU, GiB"] if measured.device == "cuda" else []
    return table(heads, (case_row(measured, case, name, first) for name in measured.contenders(case)))


def case_row(measured: Measured, case: Case, name: str, first: str) -> list[str]:
    cells = [name]
    for fed in (False, True):
        rates = [turn.rate for turn in measured.turns[case, name, fed]]
        cells += [f"{median(rates):.2f}", f"{min(rates):.2f} to {max(rates):.2f}"]
    turns = measured.turns[case, name, True]
    reached = measured.rate(case, name, False) * case.gflop / median(measured.product)
    cells += [shown(measured.ratio(case, name, first, True), "{:.2f}"), f"{100 * reached:.0f} %"]
    cells.append(f"{max(turn.resident for turn in turns):.1f}")
    return [*cells, f"{max(turn.gpu for turn in turns):.1f}"] if measured.device == "cuda" else cells


def first_step_table(measured: Measured) -> str:
    rows = [
        [engine, f"{median(seconds):.1f}", f"{min(seconds):.1f} to {max(seconds):.1f}"]
        for engine, seconds in measured.first_steps.items()
    ]
    return table(["from fit to the first step", "seconds", "lowest to highest"], rows) if rows else ""


def aims_table(measured: Measured) -> str:
    rows = [[aim, seen, "kept" if kept else "falls short"] for aim, seen, kept in aims(measured)]
    return table(["aim", "seen", ""], rows) if rows else ""


def aims(measured: Measured) -> Iterator[tuple[str, str, bool]]:
    """Yields each aim, what was measured for it in all cases, fed and not, and whether the worst of that meets it."""
    for short, least, other in AIMS[measured.device]:
        name, whose = NAMES[short], NAMES[other]
        ratios = [measured.ratio(case, name, whose, fed) for case in measured.cases for fed in (False, True)]
        yield from judged(f"{name}: at least {least:g} times {whose}", ratios, least)
    for name in NAMES.values():
        if name.startswith("semseg"):
            ratios = [
                measured.rate(case, name, True) / measured.rate(case, name, False)
                for case in measured.cases
                if name in measured.contenders(case)
            ]
            yield from judged(f"{name}: from files at least {FED:g} times one batch again and again", ratios, FED)


def judged(aim: str, ratios: list[float | None] | list[float], least: float) -> Iterator[tuple[str, str, bool]]:
    """Yields the aim, if it was measured at all."""
    found = [ratio for ratio in ratios if ratio is not None]
    if found:
        yield aim, f"{min(found):.2f} to {max(found):.2f}", min(found) >= least


def draw(measured: Measured, file: Path) -> None:
    """Draws bars of pictures a second from files, one panel for each network and crop."""
    panels = {
        f"{case}, pictures a second": {name: measured.rate(case, name, True) for name in measured.contenders(case)}
        for case in measured.cases
    }
    draw_bars(panels, {name: colour(name) for name in NAMES.values()}, file)


def colour(name: str) -> str:
    """Returns the colour of a bar: ours are blue, bfloat16 darker; the others are grey."""
    if not name.startswith("semseg"):
        return GREY
    return DARK_BLUE if "bfloat16" in name else BLUE
