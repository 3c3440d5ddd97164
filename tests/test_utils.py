"""What scripts take from ``sagemaker.utils``."""

from __future__ import annotations

import re
import tarfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from semseg import utils
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, UserError
from semseg.session import Session

MOMENT = r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d{3}"


def test_a_name_is_base_and_time_and_never_longer_than_asked() -> None:
    assert re.fullmatch(f"horses-{MOMENT}", utils.name_from_base("horses"))
    assert re.fullmatch(f"hor-{MOMENT}", utils.name_from_base("horses", max_length=27))
    assert re.fullmatch(r"horses-\d{6}-\d{4}", utils.name_from_base("horses", short=True))
    assert re.fullmatch(r"horses-\d{10}-[0-9a-f]{4}", utils.unique_name_from_base("horses"))
    assert re.fullmatch(r"ho-\d{10}-[0-9a-f]{4}", utils.unique_name_from_base("horses", max_length=18))
    assert utils.base_from_name(utils.name_from_base("horses")) == "horses"


@pytest.mark.parametrize(
    "image", ["semantic-segmentation", "semantic-segmentation:1", "433757028032.dkr.ecr.x/semantic-segmentation:1"]
)
def test_an_image_is_named_without_registry_and_version(image: str) -> None:
    assert utils.base_name_from_image(image) == "semantic-segmentation"
    assert utils.name_from_image(image).startswith("semantic-segmentation-20")


def test_empty_values_make_no_entry_and_tags_become_a_list() -> None:
    assert (utils.build_dict("a", 1), utils.build_dict("a", None)) == ({"a": 1}, {})
    assert utils.format_tags({"a": "1"}) == [{"Key": "a", "Value": "1"}]


def described(*states: str) -> dict[str, object]:
    """A training job that has come to these states, at 9 o'clock in a time zone two hours ahead."""
    moment = datetime(2026, 1, 31, 9, 0, tzinfo=timezone(timedelta(hours=2)))
    transitions = [{"Status": state, "StatusMessage": f"{state} it"} for state in states]
    return {"SecondaryStatusTransitions": transitions, "LastModifiedTime": moment}


def test_a_jobs_new_states_are_told_with_the_time() -> None:
    before, now = described("Starting"), described("Starting", "Downloading", "Training")
    assert utils.secondary_training_status_changed(now, before)
    assert not utils.secondary_training_status_changed(now, now)
    assert not utils.secondary_training_status_changed({}, None)
    assert utils.secondary_training_status_message(now, before) == (
        "2026-01-31 07:00:00 Downloading - Downloading it\n2026-01-31 07:00:00 Training - Training it"
    )
    assert utils.secondary_training_status_message(now, now) == "2026-01-31 07:00:00 Training - Training it"
    assert utils.secondary_training_status_message(None, None) == ""


def test_objects_and_folders_are_downloaded(aws: str, tmp_path: Path) -> None:
    session = Session()
    bucket = session.default_bucket()
    for key in ("masks/a.png", "masks/deep/b.png"):
        session.objects.write(S3Uri(bucket, key), key.encode())
    utils.download_folder(bucket, "/masks", str(tmp_path / "all"), session)
    assert (tmp_path / "all" / "deep" / "b.png").read_text() == "masks/deep/b.png"
    utils.download_file(bucket, "/masks/a.png", str(tmp_path / "one.png"), session)
    assert (tmp_path / "one.png").read_text() == "masks/a.png"
    utils.download_file_from_url(f"s3://{bucket}/masks/a.png", str(tmp_path / "two.png"), session)
    assert (tmp_path / "two.png").read_text() == "masks/a.png"
    with pytest.raises(UserError, match=f"^path must be the key of an object, and there is none at s3://{bucket}/no$"):
        utils.download_file(bucket, "no", str(tmp_path / "no"), session)


def test_files_are_packed_under_their_last_names(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_text("a")
    target = utils.create_tar_file([str(tmp_path / "deep" / "a.txt")], str(tmp_path / "files.tar.gz"))
    with tarfile.open(target) as archive:
        assert archive.getnames() == ["a.txt"]


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_a_region_has_a_partition(aws: str, region: str, partition: str) -> None:
    assert utils.aws_partition(region) == partition


def test_retries_are_counted_and_then_an_error() -> None:
    tried: list[int] = []
    with pytest.raises(PlatformError, match=r"^'the endpoint' has reached the maximum retry count of 2$"):
        tried.extend(utils.retries(2, "the endpoint", seconds_to_sleep=0))
    for attempt in utils.retries(2, "the endpoint", seconds_to_sleep=0):
        tried.append(attempt)
        if attempt == 1:
            break
    assert tried[-2:] == [0, 1]
