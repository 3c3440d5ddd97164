"""FastFile mode without a mounted folder: pictures are read from S3 when they are wanted."""

from __future__ import annotations

import io
import json
from pathlib import Path

import boto3
import numpy as np
import pytest

from semseg.container.splits import open_splits
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog
from tests.endtoend import CHANNELS, write_channels


def go_on() -> None:
    """Nobody asks to stop."""


@pytest.fixture
def job(tmp_path: Path, aws: str) -> JobDirectory:
    """A job whose four channels are folders of a bucket; its files also lie below ``files``."""
    client = boto3.client("s3")
    region = {"LocationConstraint": client.meta.region_name}
    client.create_bucket(Bucket="streets", CreateBucketConfiguration=region)
    write_channels(tmp_path / "files")
    for path in sorted((tmp_path / "files").rglob("*.*")):
        client.upload_file(str(path), "streets", f"data/{path.relative_to(tmp_path / 'files')}")
    directory = JobDirectory(tmp_path / "ml")
    directory.input_data_config.parent.mkdir(parents=True)
    entries = {name: {"TrainingInputMode": "FastFile", "S3Uri": f"s3://streets/data/{name}"} for name in CHANNELS}
    directory.input_data_config.write_text(json.dumps(entries))
    return directory


# "train" also begins "train_annotation", which the store says where it matters
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fast_file_reads_what_file_mode_reads(job: JobDirectory, tmp_path: Path) -> None:
    fast = open_splits(job, 3, go_on, JobLog(io.StringIO()))
    (job.root / "input" / "data").symlink_to(tmp_path / "files")
    mounted = open_splits(job, 3, go_on, JobLog(io.StringIO()))
    for one, other in zip(fast, mounted):
        assert isinstance(one.dataset, Dataset)
        assert isinstance(other.dataset, Dataset)
        assert len(one.dataset.samples) == len(other.dataset.samples) > 0
        for place in one.dataset.one_pass():
            for left, right in zip(one.dataset.read(place), other.dataset.read(place)):
                np.testing.assert_array_equal(left, right)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_bad_mask_is_found_when_it_is_read_and_not_before(job: JobDirectory) -> None:
    boto3.client("s3").put_object(Bucket="streets", Key="data/train_annotation/square_0.png", Body=b"no picture")
    training, _ = open_splits(job, 3, go_on, JobLog(io.StringIO()))
    assert isinstance(training.dataset, Dataset)
    with pytest.raises(ChannelError, match=r"square_0\.png "):
        training.dataset.read(0)
    training.dataset.read(1)
