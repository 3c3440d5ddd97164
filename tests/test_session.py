"""Which side a session asks: this machine, or SageMaker."""

from __future__ import annotations

from pathlib import Path

import pytest

import semseg
from semseg.errors import UserError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    return tmp_path


def test_an_instance_type_says_where() -> None:
    session = semseg.Session()
    assert session.for_instance("local") is session.local
    assert session.for_instance("local_gpu") is session.local
    assert session.for_instance("ml.p3.2xlarge") is session.managed


@pytest.mark.usefixtures("aws")
def test_a_name_is_looked_up_here_first_and_then_on_sagemaker(home: Path) -> None:
    session = semseg.Session()
    (home / "jobs" / "horses").mkdir(parents=True)
    (home / "jobs" / "horses" / "job.json").write_text("{}")
    assert session.with_training_job("horses") is session.local
    assert session.with_training_job("streets") is session.managed


def test_without_a_region_a_name_that_is_not_here_is_told_by_what_is_here() -> None:
    with pytest.raises(UserError, match="there is no endpoint 'horses' on this machine; running: none"):
        semseg.Predictor("horses").predict(b"")
    with pytest.raises(UserError, match=r"there is no training job 'horses' in .*; the latest: none"):
        semseg.Estimator.attach("horses")


def test_what_needs_a_region_says_so_without_one() -> None:
    with pytest.raises(UserError, match="AWS needs a region and boto3 knows of none"):
        semseg.Session().default_bucket()
