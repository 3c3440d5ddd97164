from __future__ import annotations

from pathlib import Path

import pytest

from semseg.container.place import Place, own_results
from semseg.contract.job_directory import JobDirectory
from semseg.engines.group import ALONE, Group
from semseg.errors import PlatformError
from tests.engines.group_of_threads import in_threads


def test_a_process_that_nobody_gave_a_place_trains_alone() -> None:
    assert Place.from_environment({"RANK": "3"}) == Place(0, 1, 1, False)


def test_the_place_is_that_of_torchrun() -> None:
    environment = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    place = Place.from_environment(environment)
    assert place == Place(5, 8, 4, True)
    assert str(place) == "process 5 of 8, counted from 0,"


@pytest.mark.parametrize("name", ["RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"])
@pytest.mark.parametrize("value", ["", "two"])
def test_a_place_that_is_no_number_is_refused(name: str, value: str) -> None:
    with pytest.raises(PlatformError) as caught:
        Place.from_environment({"WORLD_SIZE": "2", name: value})
    assert str(caught.value) == (
        f"the environment variable {name}, which torchrun sets, must be a whole number, got {value!r}: leave "
        "WORLD_SIZE unset to train in one process"
    )


def test_only_the_first_process_writes_into_the_directory_of_the_job(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)
    directory.model.mkdir()
    directory.checkpoints.mkdir()

    def write(group: Group) -> list[str]:
        with own_results(directory, group) as results:
            (results.model / "model_algo-1").write_text(str(group.rank))
            (results.checkpoints / "epoch-0001").mkdir()
            return sorted(path.name for path in results.root.iterdir())

    assert in_threads(3, write)[1:] == [["checkpoints", "model"]] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints", "model"]  # the others' are gone
    assert (directory.model / "model_algo-1").read_text() == "0"


def test_all_processes_have_checkpoints_or_none_has(tmp_path: Path) -> None:
    def has_checkpoints(group: Group) -> bool:
        directory = JobDirectory(tmp_path / str(group.rank))
        (directory.checkpoints if group.rank == 1 else directory.root).mkdir(parents=True)
        with own_results(directory, group) as results:
            return results.checkpoints.is_dir()

    assert in_threads(2, has_checkpoints) == [False, False]


def test_a_process_that_trains_alone_writes_into_the_directory_itself(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)
    with own_results(directory, ALONE) as results:
        assert results is directory
