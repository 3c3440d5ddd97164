"""Reports the results of the serving benchmark as tables, against its aims, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.document import BLUE, DARK_BLUE, GREY, draw_bars, shown, table

GLUONCV = "GluonCV's network as it comes"
OPENVINO = "OpenVINO, fp32, bare"
MXNET, FP32, INT8 = "semseg on MXNet, HTTP", "semseg, fp32, HTTP", "semseg, INT8, HTTP"
NAMES = {  # on the command line, and in the tables
    "gluoncv": GLUONCV,
    "onnxruntime": "ONNX Runtime, fp32, bare",
    "onnxruntime-int8": "ONNX Runtime, INT8, bare",
    "openvino": OPENVINO,
    "openvino-int8": "OpenVINO, INT8, bare",
    "semseg-mxnet": MXNET,
    "semseg": FP32,
    "semseg-int8": INT8,
}

TIMES_INT8, TIMES_FP32, SHARE_OF_BARE = 8.0, 2.0, 0.95  # the aims
MOST_OVERHEAD_MS, MOST_OVERHEAD_SHARE = 6.0, 0.05


@dataclass(frozen=True)
class Lane:
    """One line of the table: a contender, and how many clients ask it at once; 0 if it has no HTTP."""

    contender: str
    clients: int = 0

    @property
    def is_int8(self) -> bool:
        return "INT8" in self.contender

    def __str__(self) -> str:
        if not self.clients:
            return self.contender
        return f"{self.contender}, {self.clients} client{'s' if self.clients > 1 else ''}"


@dataclass(frozen=True)
class TimedAnswer:
    """One request of a single client, in milliseconds: until it was answered, and the engine's own part of that."""

    whole: float
    engine: float


@dataclass
class Measured:
    """The figures of a run.

    Attributes:
        machine: what it ran on, name and value.
        gflop: of one picture, by its size.
        rates: pictures a second, by lane and size, one for each round.
        product: GFLOP/s of numpy's matrix product, one for each round.
        equal: the share of pixels with the same class as from GluonCV's network, by contender.
        answers: by contender and size.
    """

    machine: Mapping[str, str]
    gflop: Mapping[str, float]
    rates: dict[Lane, dict[str, list[float]]] = field(default_factory=dict)
    product: list[float] = field(default_factory=list)
    equal: dict[str, float] = field(default_factory=dict)
    answers: dict[str, dict[str, list[TimedAnswer]]] = field(default_factory=dict)

    def rate(self, lane: Lane, size: str) -> float:
        return median(self.rates[lane][size])

    def ratio(self, lane: Lane, size: str, other: Lane) -> float | None:
        """Returns the ratio of the medians; None if the other was not measured."""
        return self.rate(lane, size) / self.rate(other, size) if other in self.rates else None

    def lanes(self, contender: str) -> list[Lane]:
        return [lane for lane in self.rates if lane.contender == contender]


def report(measured: Measured) -> str:
    """Returns all tables in Markdown."""
    product = f"numpy's float32 matrix product: {median(measured.product):.0f} GFLOP/s"
    parts = [machine_table(measured), product]
    parts += [size_table(measured, size) for size in measured.gflop]
    parts += [overhead_table(measured), aims_table(measured)]
    return "\n\n".join(part for part in parts if part)


def machine_table(measured: Measured) -> str:
    return table(["machine", ""], measured.machine.items())


def size_table(measured: Measured, size: str) -> str:
    """Returns the table of all lanes at one size of pictures."""
    product = median(measured.product)
    heads = [f"{size} pixels", "pictures/s", "lowest to highest round", "times GluonCV's", "of the matrix product"]
    heads.append("pixels as GluonCV's")
    return table(heads, (size_row(measured, lane, size, product) for lane in measured.rates))


def size_row(measured: Measured, lane: Lane, size: str, product: float) -> list[str]:
    rates, equal = measured.rates[lane][size], measured.equal.get(lane.contender)
    # Where one instruction multiplies 16 pairs of float32, its sister of VNNI multiplies 64 pairs of bytes.
    reached = measured.rate(lane, size) * measured.gflop[size] / (product * (4 if lane.is_int8 else 1))
    return [
        str(lane),
        f"{median(rates):.2f}",
        f"{min(rates):.2f} to {max(rates):.2f}",
        shown(measured.ratio(lane, size, Lane(GLUONCV)), "{:.2f}"),
        f"{100 * reached:.0f} %",
        shown(None if equal is None else 100 * equal, "{:.2f} %"),
    ]


def overhead_table(measured: Measured) -> str:
    """Returns what an answer takes in addition to the engine, with one client; "" if no endpoint told its engine's
    times.
    """
    rows = [
        [
            f"{contender}, {size}",
            f"{median(answer.whole for answer in answers):.1f}",
            f"{median(answer.engine for answer in answers):.1f}",
            f"{overhead(answers):.1f}",
            f"{100 * overhead_share(answers):.1f} %",
        ]
        for contender, by_size in measured.answers.items()
        for size, answers in by_size.items()
        if answers
    ]
    heads = ["one client, medians in ms", "answer", "engine", "the rest", "rest / engine"]
    return table(heads, rows) if rows else ""


def overhead(answers: Sequence[TimedAnswer]) -> float:
    """Returns the overhead in milliseconds."""
    return median(answer.whole - answer.engine for answer in answers)


def overhead_share(answers: Sequence[TimedAnswer]) -> float:
    return overhead(answers) / median(answer.engine for answer in answers)


def aims_table(measured: Measured) -> str:
    rows = [[aim, seen, "kept" if kept else "falls short"] for aim, seen, kept in aims(measured)]
    return table(["aim", "seen", ""], rows) if rows else ""


def aims(measured: Measured) -> Iterator[tuple[str, str, bool]]:
    """Yields each aim, what was measured for it at all sizes and numbers of clients, and whether the worst of that
    meets it.
    """
    yield from ratio_aim(measured, INT8, Lane(GLUONCV), TIMES_INT8, "GluonCV's")
    yield from ratio_aim(measured, FP32, Lane(GLUONCV), TIMES_FP32, "GluonCV's")
    yield from ratio_aim(measured, FP32, Lane(OPENVINO), SHARE_OF_BARE, "bare OpenVINO's, fp32")
    for contender, by_size in measured.answers.items():
        found = [answers for answers in by_size.values() if answers]
        if found:
            aim = f"{contender}: beside the engine at most {MOST_OVERHEAD_MS:g} ms or {100 * MOST_OVERHEAD_SHARE:g} %"
            seen = ", ".join(f"{overhead(answers):.1f} ms = {100 * overhead_share(answers):.1f} %" for answers in found)
            yield aim, seen, all(is_small(answers) for answers in found)


def is_small(answers: Sequence[TimedAnswer]) -> bool:
    return overhead(answers) <= MOST_OVERHEAD_MS or overhead_share(answers) <= MOST_OVERHEAD_SHARE


def ratio_aim(
    measured: Measured, contender: str, other: Lane, least: float, whose: str
) -> Iterator[tuple[str, str, bool]]:
    ratios = [
        ratio
        for lane in measured.lanes(contender)
        for size in measured.gflop
        if (ratio := measured.ratio(lane, size, other)) is not None
    ]
    if ratios:
        seen = f"{min(ratios):.2f} to {max(ratios):.2f}"
        yield f"{contender}: at least {least:g} times {whose} pictures/s", seen, min(ratios) >= least


def draw(measured: Measured, file: Path) -> None:
    """Draws bars of pictures a second, one panel for each size."""
    panels = {
        f"{size} pixels, pictures a second": {str(lane): measured.rate(lane, size) for lane in measured.rates}
        for size in measured.gflop
    }
    draw_bars(panels, {str(lane): colour(lane) for lane in measured.rates}, file)


def colour(lane: Lane) -> str:
    """Returns the colour of a bar: ours are blue, INT8 darker; the others are grey."""
    ours = lane.contender.startswith("semseg")
    return {(True, True): DARK_BLUE, (True, False): BLUE}.get((ours, lane.is_int8), GREY)
