"""The benchmarks of serving and of training: their figures by hand, and that they run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import budget, engines, scaling, speed_report, training_report
from benchmarks.contenders.endpoint import bodies_of, engine_times
from benchmarks.document import BEGIN, END, put_between_markers
from benchmarks.serving import pictures_of_a_turn
from benchmarks.speed_report import FP32, GLUONCV, INT8, OPENVINO, Lane, Measured, TimedAnswer
from benchmarks.training_report import Case, Turn
from semseg.contract.hyperparameters import Hyperparameters
from semseg.planning.data_facts import DataFacts
from semseg.planning.plan import base_values

ROOT = Path(__file__).parents[1]
SIZE = "240x240"


def measured(**rates: list[float]) -> Measured:
    """One size of 50 GFLOP, a product of 100 GFLOP/s; GluonCV's network at a median of 1 picture a second."""
    lanes = {
        Lane(GLUONCV): [0.5, 1.0, 9.0],
        Lane(OPENVINO): [2.0, 2.0, 2.0],
        Lane(FP32, 1): rates.get("fp32", [2.0, 2.0, 2.0]),
        Lane(INT8, 8): rates.get("int8", [8.0, 8.0, 8.0]),
    }
    figures = Measured({"cores": "2"}, {SIZE: 50.0}, {lane: {SIZE: seen} for lane, seen in lanes.items()})
    figures.product.extend([90.0, 100.0, 500.0])
    return figures


def aims(figures: Measured) -> dict[str, tuple[str, bool]]:
    return {aim: (seen, kept) for aim, seen, kept in speed_report.aims(figures)}


def test_ratios_are_those_of_the_medians() -> None:
    assert measured().ratio(Lane(INT8, 8), SIZE, Lane(GLUONCV)) == 8.0


def test_an_aim_is_kept_at_its_very_number_and_not_below() -> None:
    kept = aims(measured())
    assert kept[f"{INT8}: at least 8 times GluonCV's pictures/s"] == ("8.00 to 8.00", True)
    assert kept[f"{FP32}: at least 2 times GluonCV's pictures/s"] == ("2.00 to 2.00", True)
    assert kept[f"{FP32}: at least 0.95 times bare OpenVINO's, fp32 pictures/s"] == ("1.00 to 1.00", True)
    missed = aims(measured(fp32=[1.8, 1.8, 99.0], int8=[7.9, 7.9, 99.0]))
    assert missed[f"{INT8}: at least 8 times GluonCV's pictures/s"] == ("7.90 to 7.90", False)
    assert missed[f"{FP32}: at least 0.95 times bare OpenVINO's, fp32 pictures/s"] == ("0.90 to 0.90", False)


def test_the_worst_number_of_clients_decides() -> None:
    figures = measured()
    figures.rates[Lane(INT8, 1)] = {SIZE: [7.0]}
    assert aims(figures)[f"{INT8}: at least 8 times GluonCV's pictures/s"] == ("7.00 to 8.00", False)


@pytest.mark.parametrize(
    ("whole", "engine", "seen", "kept"),
    [
        (106.0, 100.0, "6.0 ms = 6.0 %", True),  # few milliseconds
        (420.0, 400.0, "20.0 ms = 5.0 %", True),  # a small share
        (107.0, 100.0, "7.0 ms = 7.0 %", False),
    ],
)
def test_the_rest_of_an_answer_is_small_in_milliseconds_or_as_a_share(
    whole: float, engine: float, seen: str, kept: bool
) -> None:
    figures = measured()
    figures.answers[FP32] = {SIZE: [TimedAnswer(whole, engine), TimedAnswer(999.0, 1.0), TimedAnswer(whole, engine)]}
    assert aims(figures)[f"{FP32}: beside the engine at most 6 ms or 5 %"] == (seen, kept)


def test_int8_is_compared_with_four_times_the_matrix_product() -> None:
    figures = measured()
    figures.equal[INT8] = 0.975
    lines = speed_report.report(figures).splitlines()
    assert f"| {GLUONCV} | 1.00 | 0.50 to 9.00 | 1.00 | 50 % |  |" in lines
    assert f"| {FP32}, 1 client | 2.00 | 2.00 to 2.00 | 2.00 | 100 % |  |" in lines
    assert f"| {INT8}, 8 clients | 8.00 | 8.00 to 8.00 | 8.00 | 100 % | 97.50 % |" in lines


def test_the_tables_replace_what_stood_between_the_markers() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert put_between_markers(document, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_a_document_without_markers_is_not_written() -> None:
    with pytest.raises(SystemExit):
        put_between_markers(f"{END}\n{BEGIN}\n", "new")


def test_a_turn_has_as_many_pictures_as_fill_it_and_the_same_number_for_each_client() -> None:
    def turn(size: str, count: int) -> float:
        return 0.5 * count

    assert pictures_of_a_turn(2.5, turn, SIZE, clients=0) == 5
    assert pictures_of_a_turn(2.5, turn, SIZE, clients=2) == 4
    assert pictures_of_a_turn(9.0, turn, SIZE, clients=8) == 16
    assert pictures_of_a_turn(2.5, turn, SIZE, clients=8) == 8


def test_clients_share_the_pictures_of_a_turn() -> None:
    bodies = [b"0", b"1", b"2"]
    assert [bodies_of(bodies, client, count=8, clients=2) for client in (0, 1)] == [
        [b"0", b"2", b"1", b"0"],
        [b"1", b"0", b"2", b"1"],
    ]


def test_the_engines_times_are_read_from_the_servers_log() -> None:
    lines = [
        "2026-01-01 00:00:00,000 INFO listening on 127.0.0.1 port 1",
        '2026-01-01 00:00:00,000 INFO {"request": "a", "status": 200, "engine_milliseconds": 41.5}',
        '2026-01-01 00:00:00,000 INFO {"request": "b", "status": 400}',
    ]
    assert dict(engine_times(lines)) == {"a": 41.5}


def test_the_street_scenes_need_a_batch_of_samples() -> None:
    command = [sys.executable, "-m", "benchmarks.camvid", "7"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "samples must be at least 8, the size of a batch, got 7: give more, or none for all 367\n"


@pytest.mark.engine
@pytest.mark.slow
def test_the_benchmark_runs_and_writes_its_document_and_its_picture(tmp_path: Path) -> None:
    document = tmp_path / "speed.md"
    document.write_text(f"{BEGIN}\n{END}\n")
    command = [sys.executable, "-m", "benchmarks.serving", "--quick", "--contenders", "gluoncv,openvino,semseg"]
    done = subprocess.run(
        [*command, "--save", str(document)], check=False, cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    text = document.read_text()
    for lane in (Lane(GLUONCV), Lane(OPENVINO), Lane(FP32, 1), Lane(FP32, 2), Lane(FP32, 8)):
        assert text.count(f"\n| {lane} | ") == 1
    assert f"\n| {FP32}: at least 0.95 times bare OpenVINO's, fp32 pictures/s | " in text
    assert "(speed.png)" in text
    assert (tmp_path / "speed.png").stat().st_size > 0


CASE = Case("fcn", 240)


def trained(**rates: list[float]) -> training_report.Measured:
    """Batches of 8 on the processor, whose product makes 1000 GFLOP/s; a contender is as fast fed as not."""
    figures = training_report.Measured({"cores": "2"}, "cpu", 8)
    for short, seen in rates.items():
        for fed in (False, True):
            turns = [Turn(images=8 * rate, seconds=8, resident=1.5, gpu=0.0) for rate in seen]
            figures.turns[CASE, training_report.NAMES[short], fed] = turns
    figures.product.extend([900.0, 1000.0, 5000.0])
    return figures


def test_an_aim_of_training_is_kept_at_its_very_number_and_left_out_where_it_was_not_measured() -> None:
    ours, bare = training_report.NAMES["pytorch"], training_report.NAMES["bare"]
    found = list(training_report.aims(trained(bare=[0.5, 1.0, 9.0], pytorch=[0.9, 0.97, 3.0])))
    assert found == [
        (f"{ours}: at least 0.97 times {bare}", "0.97 to 0.97", True),
        (f"{ours}: from files at least 0.97 times one batch again and again", "1.00 to 1.00", True),
    ]
    assert next(training_report.aims(trained(bare=[2.0], pytorch=[1.9]))) == (found[0][0], "0.95 to 0.95", False)


def test_feeding_is_judged_by_the_same_contender_with_one_batch() -> None:
    figures = trained(mxnet=[2.0])
    figures.turns[CASE, training_report.NAMES["mxnet"], True] = [Turn(8, 5.0, 1.5, 0.0)]
    ((_, seen, kept),) = training_report.aims(figures)
    assert (seen, kept) == ("0.80 to 0.80", False)


def test_a_row_of_training_has_the_share_of_the_matrix_product_and_the_memory() -> None:
    lines = training_report.report(trained(gluoncv=[1.0], mxnet=[2.0, 2.5, 3.0])).splitlines()
    # 204.4 GFLOP a picture
    assert "| GluonCV's loop as it comes | 1.00 | 1.00 to 1.00 | 1.00 | 1.00 to 1.00 | 1.00 | 20 % | 1.5 |" in lines
    assert "| semseg on MXNet | 2.50 | 2.00 to 3.00 | 2.50 | 2.00 to 3.00 | 2.50 | 51 % | 1.5 |" in lines


@pytest.mark.slow
@pytest.mark.pytorch
@pytest.mark.parametrize(("algorithm", "gflop"), list(training_report.GFLOP.items()))
def test_the_work_of_a_training_step_is_what_pytorch_counts(algorithm: str, gflop: float) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from semseg.engines.pytorch.network import build_network

    network = build_network(algorithm, "resnet-50", num_classes=11, aux=True)
    with FlopCounterMode(display=False) as counter:
        scores, auxiliary = network(torch.empty(2, 3, 240, 240, device="meta"))
        assert auxiliary is not None
        (scores.sum() + auxiliary.sum()).backward()
    assert counter.get_total_flops() / 2e9 == pytest.approx(gflop, rel=1e-3)


HORSES = engines.TASKS["weizmann_horse"]


def horses(engine: str, *scores: float) -> list[engines.Run]:
    """Jobs of seeds 0, 1, ... with these scores; one of 400 pixels differs in the first."""
    return [
        engines.Run(HORSES, engine, seed, [0.25, score], score, 400, others=int(seed == 0))
        for seed, score in enumerate(scores)
    ]


def test_two_engines_are_as_far_apart_as_their_mean_scores_and_seeds_as_the_lowest_from_the_highest() -> None:
    figures = engines.Measured([*horses("mxnet", 0.50, 0.75, 0.625), *horses("pytorch", 0.25, 0.375, 0.5)])
    assert figures.tasks() == [HORSES]
    assert figures.apart(HORSES) == 0.625 - 0.375
    assert figures.spread(HORSES) == 0.25
    lines = engines.report(figures).splitlines()
    row = "| Weizmann horses | 0.6250, 0.5000 to 0.7500 | 0.3750, 0.2500 to 0.5000 | 0.2500 | 0.2500 |"
    assert row in lines
    assert "| Weizmann horses, PyTorch, 0 | 0.250, 0.250 | 0.2500 | 1 of 400 |" in lines


@pytest.mark.pytorch
@pytest.mark.slow
def test_the_benchmark_of_training_runs_and_writes_its_document_and_its_picture(tmp_path: Path) -> None:
    document = tmp_path / "training.md"
    document.write_text(f"{BEGIN}\n{END}\n")
    command = [sys.executable, "-m", "benchmarks.training", "--quick", "--contenders", "bare,pytorch"]
    done = subprocess.run(
        [*command, "--save", str(document)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    text = document.read_text()
    for name in ("bare", "pytorch"):
        assert text.count(f"\n| {training_report.NAMES[name]} | ") == 1
    assert "(training.png)" in text
    assert (tmp_path / "training.png").stat().st_size > 0


def test_a_number_of_devices_is_compared_with_the_first_one() -> None:
    # two devices took 8 samples each in each of 10 steps
    assert scaling.pictures_per_second(2, 8, 10, seconds=20.0) == 8.0
    assert scaling.rows({1: [4.0, 5.0, 9.0], 2: [8.0, 2.0, 8.0], 4: [15.0]}) == [
        ("1", "5.00", "4.00 to 9.00", "1.00", "100 %"),
        ("2", "8.00", "2.00 to 8.00", "1.60", "80 %"),
        ("4", "15.00", "15.00 to 15.00", "3.00", "75 %"),
    ]


@pytest.mark.pytorch
@pytest.mark.slow
def test_the_benchmark_of_devices_runs_and_writes_its_document(tmp_path: Path) -> None:
    document = tmp_path / "distributed.md"
    document.write_text(f"{BEGIN}\n{END}\n")
    small = ["--devices", "1,1000", "--crop", "32", "--batch", "2", "--steps", "1", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling", *small, "--save", str(document)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert "left out: 1000 devices, because this machine has " in done.stdout
    assert document.read_text().count("| 1.00 | 100 % |") == 1


def test_the_default_recipe_gives_all_that_a_budget_plans_before_it_measures() -> None:
    streets = DataFacts(training=367, validation=101, typical=(360, 480), shares=(0.9, 0.095, 0.005))
    given = Hyperparameters.from_strings({"num_classes": "3", "time_budget": "10m"})
    assert set(base_values(streets, given, frozenset(), 1)) <= set(budget.PLANNED)
