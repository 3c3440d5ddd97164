"""report.html, and the files that it is gathered from."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract.job_progress import JobProgress
from semseg.results.evaluation import Evaluation
from semseg.results.files import content_of, write_results
from semseg.results.job_facts import JobFacts
from semseg.results.metrics_file import MetricsFile
from semseg.results.picture_scores import PictureScore, PictureScoresFile
from semseg.results.report import ReportContent, page, write_report
from semseg.results.score_counts import ScoreCounts
from tests.results.examples import NAMES, epochs, evaluation, shown

PROGRESS = JobProgress(
    "fcn with resnet-50", "PyTorch on CPU", 3, 40, 2, 3, 10, False, "finishing", 3, 0, 0.7, 0.625, 0.7
)
FACTS = JobFacts(
    name="street-1 <b>",
    ending="Completed",
    progress=PROGRESS,
    hyperparameters={"num_classes": "3", "epochs": "3", "backbone": "resnet-50"},
    label_map=["pixel 255 -> ignore"],
    seconds=183,
    peak_memory=2_100_000_000,
    commands={"Deploy it:": "semseg deploy street-1"},
)


class Reader(HTMLParser):
    """Keeps the text of a page, every address in it, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The output/data of a job that came to its end."""
    metrics = MetricsFile(tmp_path / "metrics.csv", NAMES, 3)
    for epoch in epochs():
        metrics.add(epoch)
    with PictureScoresFile(tmp_path / "per_picture.csv", NAMES, 3) as file:
        file.add(PictureScore("a.jpg", 100, 10, 0.9, 0.6, (0.9, None, None)))
        file.add(PictureScore("b.jpg", 100, 40, 0.6, 0.3, (0.6, None, None)))
    write_results(tmp_path, evaluation(), metrics.epochs, "crops", shown())
    halves = [{"0": {"share": 0.9}, "1": {"share": 0.1}, "2": {"share": share}} for share in (0.0, 0.05)]
    channels = {
        name: {"samples": 8, "classes": half, "ignored": {"share": 0.25}}
        for name, half in zip(("train", "validation"), halves)
    }
    finding = {"level": "warned", "sentence": "no training mask holds class 2"}
    (tmp_path / "dataset.json").write_text(json.dumps({"findings": [finding], "channels": channels}))
    return tmp_path


def test_all_parts_of_a_job_are_on_the_page(folder: Path) -> None:
    text = read(write_report(folder, content_of(folder, FACTS, shown())).read_text()).text
    for part in (
        "street-1 <b>",
        "fcn with resnet-50, PyTorch on CPU, 3 classes, 40 training pictures and 2 validation pictures",
        "Completed after 3:03, 3 of 3 epochs.",
        # (60/63 + 30/36 + 1/10) / 3 = 0.6286
        "mIOU of whole pictures 0.6286 the best model, of 2 whole pictures",
        "validation mIOU of crops 0.6250 highest after an epoch: epoch 2",
        "marks the best epoch, 2, whose model is kept",
        "below three quarters of the mIOU: 2 pole <1>.",
        "16.7 % of the pixels of class 1 road were taken for class 2 pole <1>: 6 pixels.",
        "75 % of the pixels of class 2 pole <1> were taken for class 0 sky: 3 pixels.",
        "The worst 3, by the share of wrong pixels",
        "street & 7.jpg: 36.8 % of its labelled pixels are wrong",  # 7 of 19 rows
        "2 at random",
        "8 samples in train, 25 % of pixels ignored",
        "in one half alone",
        "no training mask holds class 2",
        "pixel 255 -> ignore",
        "epochs 3 10",
        "8.5 pictures a second in training; 1:01 an epoch with scoring and saving; 3:03 in all; at most 2.1 GB of",
        "Deploy it: semseg deploy street-1",
    ):
        assert part in text
    assert "backbone" not in text  # as by default


def test_contours_confidences_and_what_the_views_buy_are_on_the_page() -> None:
    # class 1 is on the right half, of which one column is taken for class 0; see tests/results/test_evaluation.py
    truth, predicted = np.zeros((2, 3, 4), np.uint8)
    truth[:, 2:] = predicted[:, 3:] = 1
    counts = ScoreCounts(3)
    counts.add(truth, predicted, np.full((3, 4), 0.95, np.float32))
    html = page(ReportContent(evaluation=Evaluation.of_counts(counts, NAMES, {}, "flip", 0.5)))
    text = read(html).text
    for part in (
        "mIOU of whole pictures 0.5833 the best model, of 1 whole picture, test-time augmentation flip; 0.5000 without",
        "mean boundary IoU 0.5278",
        "expected calibration error 0.2000",
        "Dice boundary IoU of labelled pixels",
        "Means leave out 1 class that neither truth nor prediction has.",
    ):
        assert part in text
    assert 'aria-label="accuracy at each confidence: 0.75 at 0.95"' in html


def test_the_page_needs_no_network_and_runs_no_script_but_its_own(folder: Path) -> None:
    html = write_report(folder, content_of(folder, FACTS, shown())).read_text()
    reader = read(html)
    assert [address for address in reader.addresses if not address.startswith(("data:image/", "#"))] == []
    assert re.findall(r"url\((?!data:image/)", html) == []
    assert html.count("<script") == 1
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" in html


def test_a_picture_is_in_the_page_once_and_under_its_truth_and_prediction(folder: Path) -> None:
    html = page(content_of(folder, FACTS, shown()))
    kept = len(shown().worst) + len(shown().random)
    assert html.count("data:image/jpeg") == kept
    assert html.count('<img alt=""') == 2 * kept


def test_colours_of_the_label_map_win(folder: Path) -> None:
    html = page(content_of(folder, FACTS, shown()))
    assert "background:#804080" in html  # of class 1
    assert "background:#717581" in html  # ours of class 0


def test_pictures_are_shown_as_they_were_drawn_where_no_copies_are_kept(folder: Path) -> None:
    html = page(content_of(folder, FACTS))
    text = read(html).text
    assert "b.jpg 40 % 0.6000 0.3000 a.jpg 10 % 0.9000 0.6000" in text
    assert html.count("data:image/png") == 1
    assert "Opacity" not in text


def test_a_job_that_was_stopped_has_a_report_as_far_as_it_goes(tmp_path: Path) -> None:
    MetricsFile(tmp_path / "metrics.csv", {}, 3).add(epochs()[0])
    facts = JobFacts(name="street-1", ending="Stopped", notes=["It was stopped in epoch 2."])
    text = read(page(content_of(tmp_path, facts))).text
    assert "It was stopped in epoch 2." in text
    assert "The model was not scored on whole pictures." in text
    assert "validation mIOU 0.4000 highest after an epoch: epoch 1" in text
    assert "Classes" not in text


def test_a_report_without_anything_is_a_page() -> None:
    assert "The model was not scored on whole pictures." in read(page(ReportContent())).text


def test_a_damaged_file_is_left_out_and_named(folder: Path) -> None:
    for name in ("evaluation.json", "metrics.csv", "dataset.json", "per_picture.csv"):
        (folder / name).write_text("[")
    text = read(page(content_of(folder, FACTS))).text
    for name in ("evaluation.json", "metrics.csv", "dataset.json", "per_picture.csv"):
        assert f"Left out: {folder / name} cannot be read" in text


def test_what_another_version_wrote_into_the_dataset_report_does_not_end_the_report(folder: Path) -> None:
    for content in (
        {
            "channels": {"train": None, "validation": {"classes": {"0": 7, "x": {}}}},
            "findings": [7, {"level": "warned"}],
        },
        {"channels": {"train": {"classes": {"0": {"share": "much"}}}, "validation": {"classes": {"0": {}}}}},
    ):
        (folder / "dataset.json").write_text(json.dumps(content))
        assert "Classes" in page(content_of(folder, FACTS))


def test_the_pictures_of_the_results_are_png_files(folder: Path) -> None:
    sizes = {}
    for name in ("curves.png", "confusion_matrix.png", "worst.png"):
        with Image.open(folder / name) as picture:
            picture.load()
            sizes[name] = picture.size
            assert picture.format == "PNG"
    assert sizes["curves.png"] == (1040, 300)
    assert sizes["worst.png"][0] == 4 * 240 + 3 * 5 + 2 * 10


def test_the_legend_of_the_worst_pictures_has_the_colours_of_the_classes(folder: Path) -> None:
    with Image.open(folder / "worst.png") as picture:
        found = {colour for _, colour in picture.convert("RGB").getcolors(2**24) or []}
    assert found >= {(0x71, 0x75, 0x81), (128, 64, 128), (230, 0, 126)}  # class 0, class 1 as given, wrong


def test_nothing_is_drawn_of_what_there_is_not(tmp_path: Path) -> None:
    write_results(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []
