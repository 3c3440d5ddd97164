"""Configuration files of the SageMaker Python SDK."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.config import ROLE_ARN, SAGEMAKER, TRAINING_JOB, load_sagemaker_config, validate_sagemaker_config
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UserError
from semseg.session import Session

OURS = "SchemaVersion: '1.0'\nSageMaker: {TrainingJob: {RoleArn: ours, Tags: [1]}}\n"
USERS = "SchemaVersion: '1.0'\nSageMaker: {TrainingJob: {RoleArn: users}, Model: {ExecutionRoleArn: x}}\n"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HOME", str(tmp_path))


def written(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_no_file_is_an_empty_configuration() -> None:
    assert load_sagemaker_config() == {}


def test_a_later_file_holds_and_mappings_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_ADMIN_CONFIG_OVERRIDE", written(tmp_path / "ours.yaml", OURS))
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(tmp_path / "users"))
    written(tmp_path / "users" / "config.yaml", USERS)
    job = {"RoleArn": "users", "Tags": [1]}
    assert load_sagemaker_config()[SAGEMAKER] == {"TrainingJob": job, "Model": {"ExecutionRoleArn": "x"}}
    (tmp_path / "users" / "config.yaml").unlink()
    with pytest.raises(UserError, match="users must be a configuration file that can be read: No such file"):
        load_sagemaker_config()


def test_files_of_s3_are_read_alone_or_in_a_folder(aws: str) -> None:
    session = Session()
    folder = S3Uri(session.default_bucket(), "settings")
    session.objects.write(folder.join("config.yaml"), OURS.encode())
    for location in (str(folder), f"{folder}/config.yaml"):
        assert load_sagemaker_config([location])[SAGEMAKER][TRAINING_JOB][ROLE_ARN] == "ours"
    assert load_sagemaker_config([str(folder)], session.s3_resource)[SAGEMAKER][TRAINING_JOB][ROLE_ARN] == "ours"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("SageMaker: {}", r"^a configuration must be a mapping with SchemaVersion: '1\.0', got another$"),
        ("[1]", r"^a configuration must be a mapping"),
        ("SchemaVersion: '1.0'\nMore: 1\nLess: 2", r"^a configuration must have .* alone, got More, Less$"),
        ("{", r"^.*bad\.yaml must be a file in YAML: "),
        ("!!python/object/apply:os.system [exit 1]", r"^.*bad\.yaml must be a file in YAML: "),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        load_sagemaker_config([written(tmp_path / "bad.yaml", text)])


def test_a_configuration_is_checked() -> None:
    validate_sagemaker_config({"SchemaVersion": "1.0", "CustomParameters": {}, "SageMaker": {}})
    with pytest.raises(UserError):
        validate_sagemaker_config()


def test_a_session_applies_no_configuration_and_says_so() -> None:
    Session(sagemaker_config={})
    with pytest.raises(UserError, match=r"^sagemaker_config is not supported: give the arguments"):
        Session(sagemaker_config={"SchemaVersion": "1.0"})
