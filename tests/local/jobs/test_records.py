from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from semseg.errors import UserError
from semseg.local.jobs.home import Home
from semseg.local.jobs.records import Records


@pytest.fixture
def records(tmp_path: Path) -> Records:
    home = Home(tmp_path / "home")
    return Records(home, home.models, "a model", "ModelName")


def test_a_record_that_is_there_with_the_same_content_stays(records: Records) -> None:
    records.create({"ModelName": "m", "RoleArn": "one"})
    created = records.describe("m")["CreationTime"]
    records.create({"ModelName": "m", "RoleArn": "one"})
    assert records.describe("m")["CreationTime"] == created
    with pytest.raises(UserError, match=r"^a model must have a name of its own, and there is already one named 'm'$"):
        records.create({"ModelName": "m", "RoleArn": "another"})
    assert records.names() == ["m"]


def test_of_many_that_take_one_name_at_once_one_gets_it(records: Records) -> None:
    together = threading.Barrier(4)

    def takes(name: str, role: int) -> bool:
        together.wait()
        try:
            records.create({"ModelName": name, "RoleArn": f"role {role}"})
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        for name in (f"m{number}" for number in range(30)):
            assert sum(threads.map(takes, [name] * 4, range(4))) == 1
