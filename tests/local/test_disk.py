"""How much of the disk a home takes, and what is removed of it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from threading import Timer

import pytest

from semseg.errors import UserError
from semseg.local import LocalSession
from semseg.local.process.process import take_lock
from tests.local.fakes import session_at
from tests.local.kept import LONG_AGO, file_of, training_job, transform_job, tuning_job

DOWNLOAD = "0" * 64


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    session = session_at(tmp_path)
    session.home.create()
    return session


def removed(session: LocalSession, days: float = 30, dry_run: bool = False) -> list[str]:
    return [f"{removal.kind}/{removal.name}" for removal in session.clean(days, dry_run)]


def model_of(session: LocalSession, name: str, archive: Path) -> None:
    session.create_model({"ModelName": name, "PrimaryContainer": {"ModelDataUrl": archive.as_uri()}})


def endpoint(home: Path, name: str, model_data: Path, ended: float = LONG_AGO) -> Path:
    """What is left of an endpoint whose server has ended then."""
    root = home / "endpoints" / name
    record = {"name": name, "port": 1, "model_data": model_data.as_uri(), "instance_type": "local", "created": ended}
    file_of(root / "log.txt", 4, ended)
    (root / "endpoint.json").write_text(json.dumps(record))
    os.utime(root / "endpoint.json", (ended, ended))
    return root


def test_the_bytes_are_told_by_kind_and_name_and_links_are_not_followed(session: LocalSession, tmp_path: Path) -> None:
    file_of(tmp_path / "jobs" / "horses" / "log.txt", 100)
    file_of(tmp_path / "jobs" / "horses" / "output" / "model.tar.gz", 20)
    file_of(tmp_path / "data" / "a.jpg", 4096)
    (tmp_path / "jobs" / "cows").mkdir()
    (tmp_path / "jobs" / "cows" / "train").symlink_to(tmp_path / "data")
    file_of(tmp_path / "downloads" / DOWNLOAD, 7)
    file_of(tmp_path / "downloads" / "lock", 0)
    file_of(tmp_path / "models" / "pets.json", 3)
    file_of(tmp_path / "exports" / "horses" / "model.tar.gz", 5)
    use = session.disk_use()
    assert use["jobs"]["horses"] == 120
    assert use["jobs"]["cows"] < 4096
    assert (use["downloads"], use["models"], use["exports"]) == ({DOWNLOAD: 7}, {"pets": 3}, {"horses": 5})
    assert use["endpoints"] == use["compiled"] == use["transform_jobs"] == use["tuning_jobs"] == {}


def test_a_dry_run_tells_what_is_old_with_its_size_and_removes_nothing(session: LocalSession, tmp_path: Path) -> None:
    folder = training_job(tmp_path, "horses")
    training_job(tmp_path, "cows", time.time() - 86_400)
    file_of(folder.log, 1000)
    (found,) = session.clean()
    assert (found.kind, found.name) == ("jobs", "horses")
    assert found.bytes == 1000 + folder.request.stat().st_size + folder.status_file.stat().st_size
    assert found.last_used.timestamp() == LONG_AGO + 60
    assert folder.root.is_dir()


def test_everything_old_is_removed_and_what_is_young_or_runs_stays(session: LocalSession, tmp_path: Path) -> None:
    for make in (training_job, transform_job, tuning_job):
        make(tmp_path, "old")
        make(tmp_path, "young", time.time())
        make(tmp_path, "runs")
    endpoint(tmp_path, "old", tmp_path / "m.tar.gz")
    endpoint(tmp_path, "young", tmp_path / "m.tar.gz", time.time())
    endpoint(tmp_path, "runs", tmp_path / "m.tar.gz")
    file_of(tmp_path / "exports" / "old" / "model.tar.gz", 1)
    file_of(tmp_path / "exports" / "young" / "model.tar.gz", 1, time.time())
    for folder in (tmp_path / "exports").iterdir():
        os.utime(folder, (LONG_AGO, LONG_AGO))
    file_of(tmp_path / "downloads" / DOWNLOAD, 1)
    file_of(tmp_path / "downloads" / ("1" * 64), 1, time.time())
    kinds = ("jobs", "transform_jobs", "tuning_jobs", "endpoints")
    locks = [take_lock(tmp_path / kind / "runs" / "lock") for kind in kinds]
    expected = sorted([*(f"{kind}/old" for kind in (*kinds, "exports")), f"downloads/{DOWNLOAD}"])
    assert sorted(removed(session, dry_run=True)) == expected
    assert sorted(removed(session)) == expected
    assert removed(session) == []
    for kind in kinds:
        assert sorted(path.name for path in (tmp_path / kind).iterdir()) == ["runs", "young"]
    for lock in locks:
        lock.close()


def test_a_job_an_export_and_a_download_that_a_model_or_an_endpoint_names_stay(
    session: LocalSession, tmp_path: Path
) -> None:
    for name in ("modelled", "served", "gone"):
        file_of(training_job(tmp_path, name).output / "model.tar.gz", 1)
    file_of(tmp_path / "exports" / "modelled" / "model.tar.gz", 1)
    file_of(tmp_path / "downloads" / DOWNLOAD, 1)
    os.utime(tmp_path / "exports" / "modelled", (LONG_AGO, LONG_AGO))
    model_of(session, "a", tmp_path / "jobs" / "modelled" / "output" / "model.tar.gz")
    model_of(session, "b", tmp_path / "exports" / "modelled" / "model.tar.gz")
    file_of(training_job(tmp_path, "by-path").output / "model.tar.gz", 1)
    place = str(tmp_path / "jobs" / "by-path" / ".." / "by-path" / "output" / "model.tar.gz")
    session.create_model({"ModelName": "c", "PrimaryContainer": {"ModelDataUrl": place, "Image": "~nobody\0"}})
    endpoint(tmp_path, "young", tmp_path / "jobs" / "served" / "output" / "model.tar.gz", time.time())
    endpoint(tmp_path, "young-too", tmp_path / "downloads" / DOWNLOAD, time.time())
    endpoint(tmp_path, "old", tmp_path / "jobs" / "gone" / "output" / "model.tar.gz")
    assert sorted(removed(session)) == ["endpoints/old", "jobs/gone"]


def test_what_a_running_job_reads_and_the_trials_of_a_running_tuning_job_stay(
    session: LocalSession, tmp_path: Path
) -> None:
    for name in ("trial", "read", "gone"):
        training_job(tmp_path, name)
    tuning = tuning_job(tmp_path, "tune", status="InProgress")
    trial = {"name": "trial", "parameters": {}, "created": LONG_AGO, "status": "Completed"}
    tuning.trials_file.write_text(json.dumps([trial]))
    transform = transform_job(tmp_path, "answers", status="InProgress")
    archive = (tmp_path / "jobs" / "read" / "output" / "model.tar.gz").as_uri()
    transform.model_description.write_text(json.dumps({"PrimaryContainer": {"ModelDataUrl": archive}}))
    with take_lock(tuning.lock), take_lock(transform.lock):
        assert removed(session) == ["jobs/gone"]


def test_a_tuning_job_whose_trials_cannot_be_read_is_no_hindrance(session: LocalSession, tmp_path: Path) -> None:
    tuning = tuning_job(tmp_path, "tune", status="InProgress")
    tuning.trials_file.unlink()
    training_job(tmp_path, "gone")
    with take_lock(tuning.lock):
        assert removed(session) == ["jobs/gone"]


def test_a_job_whose_supervisor_has_just_written_its_end_is_waited_for(session: LocalSession, tmp_path: Path) -> None:
    job = training_job(tmp_path, "fresh", time.time() - 60)  # it ends a minute after it began
    lock = take_lock(job.lock)
    Timer(0.3, lock.close).start()
    assert removed(session, days=0) == ["jobs/fresh"]


def test_a_job_may_be_called_lock(session: LocalSession, tmp_path: Path) -> None:
    training_job(tmp_path, "lock")
    assert list(session.disk_use()["jobs"]) == ["lock"]


def test_downloads_stay_while_somebody_fetches(session: LocalSession, tmp_path: Path) -> None:
    file_of(tmp_path / "downloads" / DOWNLOAD, 1)
    with take_lock(tmp_path / "downloads" / "lock"):
        assert removed(session) == []
    assert removed(session) == [f"downloads/{DOWNLOAD}"]


def test_what_a_start_that_was_cut_short_left_is_removed_after_a_day(session: LocalSession, tmp_path: Path) -> None:
    for name in (".new-old", ".gone-old", ".new-young"):
        (tmp_path / "jobs" / name).mkdir()
        if name.endswith("old"):
            os.utime(tmp_path / "jobs" / name, (LONG_AGO, LONG_AGO))
    assert removed(session, days=0) == []
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == [".new-young"]


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert removed(session_at(tmp_path / "none")) == []
    assert session_at(tmp_path / "none").disk_use()["jobs"] == {}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("days", [-1, "7", True, None])
def test_a_number_of_days_that_is_none_is_refused(session: LocalSession, days: float) -> None:
    with pytest.raises(UserError, match=r"^older_than_days must be a number of at least 0, got "):
        session.clean(days)


def test_all_jobs_but_those_that_ended_last_are_removed_and_nothing_else_is(
    session: LocalSession, tmp_path: Path
) -> None:
    for number, name in enumerate(("first", "second", "third", "fourth")):
        training_job(tmp_path, name, LONG_AGO + number)
    transform_job(tmp_path, "alone")
    endpoint(tmp_path, "ended", tmp_path / "m.tar.gz")
    file_of(tmp_path / "downloads" / DOWNLOAD, 1)
    found = [removal.name for removal in session.clean(0, dry_run=False, keep=2)]
    assert sorted(found) == ["first", "second"]
    assert sorted(path.name for path in (tmp_path / "jobs").iterdir()) == ["fourth", "third"]
    assert session.clean(0, dry_run=True, keep=2) == []


def test_only_what_failed_is_removed_where_that_is_asked_for(session: LocalSession, tmp_path: Path) -> None:
    training_job(tmp_path, "bad", status="Failed")
    training_job(tmp_path, "worse", LONG_AGO + 1, status="Failed")
    training_job(tmp_path, "good")
    endpoint(tmp_path, "ended", tmp_path / "m.tar.gz")
    file_of(tmp_path / "downloads" / DOWNLOAD, 1)
    assert sorted(one.name for one in session.clean(failed=True)) == ["bad", "ended", "worse"]
    assert sorted(one.name for one in session.clean(keep=1, failed=True)) == ["bad", "ended"]


@pytest.mark.parametrize("keep", [-1, 1.5, True])
def test_a_number_of_jobs_to_keep_that_is_none_is_refused(session: LocalSession, keep: int) -> None:
    with pytest.raises(UserError, match=f"keep must be a whole number of at least 0, got {keep}"):
        session.clean(keep=keep)
