"""The pages of training jobs, asked as a browser asks them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from semseg.console.job_pages import ENDED, REPORT_POLICY
from semseg.estimator import Estimator
from semseg.local import LocalSession
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from tests.console.served import SECONDS, Visitor, console
from tests.local.fakes import channels_at, session_at


def started(root: Path, name: str, behaviour: str = "complete", epochs: int = 3) -> LocalSession:
    """Starts a small job of a home, whose process behaves as the function of fake_train.py with this name."""
    session = session_at(root / "home")
    estimator = Estimator(
        instance_count=1,
        instance_type="local",
        sagemaker_session=session,
        hyperparameters={"num_classes": 2, "num_training_samples": 3, "epochs": epochs},
        environment={"FAKE_TRAIN": behaviour},
    )
    estimator.fit(channels_at(root / "data"), wait=False, job_name=name)
    return session


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_line(session: LocalSession, name: str, line: str) -> None:
    log = session.jobs.folder(name).log
    wait_until(lambda: log.is_file() and line in log.read_text())


def wait_for_end(session: LocalSession, name: str) -> None:
    wait_until(lambda: session.describe_training_job(name)["TrainingJobStatus"] in ENDED)


def told(visitor: Visitor, name: str) -> list[tuple[str, dict[str, object]]]:
    """Returns the events of a job until its end, each with its name and its content."""
    stream = visitor.ask(f"/jobs/{name}/events").data.decode()
    events = [event.split("\n") for event in stream.split("\n\n") if event.startswith("event: ")]
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in events]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A console of a home with a job of three epochs, one of four, and one that failed."""
    root = tmp_path_factory.mktemp("finished")
    started(root, "three", "tell_of_epochs")
    started(root, "four", "tell_of_epochs", epochs=4)
    session = started(root, "bad", "fail")
    for name in ("three", "four", "bad"):
        wait_for_end(session, name)
    with console(root) as visitor:
        yield visitor


def test_a_home_without_jobs_says_where_to_begin(visitor: Visitor) -> None:
    assert "No training job yet" in visitor.page("/jobs")
    assert visitor.ask("/").headers["Location"] == "/data"


def test_the_list_has_each_job_with_its_status_and_its_score(finished: Visitor) -> None:
    page = finished.page("/jobs")
    assert page.count("<tr data-name=") == 3
    assert page.index('data-name="bad"') < page.index('data-name="four"') < page.index('data-name="three"')
    row = page[page.index('data-name="three"') :]
    for cell in ("Completed", '3<span class="quiet">/3</span>', "0.775", "whole pictures"):
        assert cell in row
    assert "</html>" not in finished.page("/jobs", rows="")
    assert finished.ask("/").headers["Location"] == "/jobs"


def test_a_job_has_its_epochs_its_log_and_what_was_asked(finished: Visitor) -> None:
    page = finished.page("/jobs/three")
    for part in ("fcn with resnet-50, PyTorch on CPU", "num_training_samples", "epoch: 2, train loss", "0.775"):
        assert part in page
    assert 'action="/jobs/three/stop"' not in page
    assert 'href="/endpoints-new?job=three"' in page


def test_the_events_of_a_job_tell_its_epochs_and_its_end(finished: Visitor) -> None:
    (first, state), (second, log), (last, _) = told(finished, "three")
    assert (first, second, last) == ("state", "log", "over")
    epochs = state["epochs"]
    assert isinstance(epochs, list)
    assert [(epoch["number"], round(epoch["iou"], 4), epoch["best"]) for epoch in epochs] == [
        (1, round(1 / 3, 4), True),
        (2, 0.6, True),
        (3, 0.45, False),
    ]
    assert [epoch["loss"] for epoch in epochs] == [1.5, 1.0, 0.5]
    assert (state["of"], state["planned"], state["status"]) == ("crops", 3, "Completed")
    lines = log["lines"]
    assert isinstance(lines, list)
    assert lines[0].endswith("Docker entrypoint called with argument(s): train")


def test_a_job_that_failed_says_why(finished: Visitor) -> None:
    assert "train/street.jpg has no mask" in finished.page("/jobs/bad")


def test_jobs_are_compared_by_what_differs(finished: Visitor) -> None:
    page = finished.page("/compare?job=three&job=four")
    place = page.index('<th scope="row">epochs</th>')
    assert re.findall(r">(\d)</td>", page[place : page.index("</tr>", place)]) == ["3", "4"]
    assert "num_classes" not in page
    for query in ("", "?job=three", "?job=three&job=three", f"?{'&'.join(f'job=j{n}' for n in range(7))}"):
        assert finished.ask(f"/compare{query}").status == 400


@pytest.mark.parametrize("path", ["", "/events", "/report"])
@pytest.mark.parametrize("name", ["nobody", "%2e%2e%2fendpoints", "a%00b"])
def test_there_is_no_page_of_a_job_that_is_not_there(finished: Visitor, name: str, path: str) -> None:
    assert finished.ask(f"/jobs/{name}{path}").status in (400, 404)


def test_a_job_has_the_scores_of_its_classes_in_their_colours(finished: Visitor) -> None:
    matrix = ConfusionMatrix(2)
    matrix.counts = np.array([[4, 0], [1, 3]])
    evaluation = Evaluation.of_matrix(matrix, {1: "<horse>"}, colours={1: (70, 130, 180)})
    evaluation.write(finished.settings.session.local.jobs.folder("four").output_data / "evaluation.json")
    page = finished.page("/jobs/four")
    place = page.index("&lt;horse&gt;")
    row = page[place : page.index("</tr>", place)]
    assert re.findall(r"(\d\.\d{3})</td>", row) == ["0.750", "1.000", "0.750"]  # 3 hits in a union of 4, and so on
    assert 'fill="#4682b4"' in row
    assert "0.875" in page  # the pixel accuracy, 7 of 8


def test_a_report_is_a_page_of_nobody(finished: Visitor) -> None:
    assert "nothing to report" in finished.ask("/jobs/bad/report").data.decode()
    home = finished.settings.session.local.home
    report = home.jobs / "three" / "output" / "data" / "report.html"
    report.write_text("<!doctype html><title>Report</title>")
    answer = finished.ask("/jobs/three/report")
    assert (answer.status, answer.data) == (200, report.read_bytes())
    assert answer.headers["Content-Security-Policy"] == REPORT_POLICY
    assert REPORT_POLICY.startswith("sandbox ")
    assert "allow-same-origin" not in REPORT_POLICY
    assert 'href="/jobs/three/report"' in finished.page("/jobs/three")


def test_a_job_is_stopped_and_resumed_from_its_page(tmp_path: Path) -> None:
    session = started(tmp_path, "long", "run_until_stopped")
    wait_for_line(session, "long", "ready to be stopped")
    with console(tmp_path, session) as visitor:
        assert 'action="/jobs/long/stop"' in visitor.page("/jobs/long")
        assert "data-running" in visitor.page("/jobs")
        assert visitor.post("/jobs/long/stop").headers["Location"] == "/jobs/long"
        assert told(visitor, "long")[-1] == ("over", {})
        assert "stopped well" in visitor.page("/jobs/long")
        answer = visitor.post("/jobs/long/resume", ("epochs", "none"))
        assert (answer.status, b"epochs must be a whole number" in answer.data) == (400, True)
        assert visitor.post("/jobs/long/resume", ("epochs", "5")).status == 303
        assert session.jobs.folder("long").epochs_asked() == 5
        visitor.post("/jobs/long/stop")
        assert told(visitor, "long")[-1] == ("over", {})


def test_the_events_end_where_the_console_does_and_go_on_at_the_next_one(tmp_path: Path) -> None:
    session = started(tmp_path, "long", "run_until_stopped")
    with console(tmp_path, session) as visitor:
        stream = visitor.http.request(
            "GET", f"http://{visitor.host}/jobs/long/events", headers=visitor.headers(), preload_content=False
        )
        assert stream.read(14) == b"event: state\nd"
    with console(tmp_path, session) as visitor:
        assert 'action="/jobs/long/stop"' in visitor.page("/jobs/long")
        visitor.post("/jobs/long/stop")
        assert told(visitor, "long")[-1] == ("over", {})
