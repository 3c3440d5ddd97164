"""The role that jobs are given, found by STS, IAM and a notebook's metadata."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

import semseg
from semseg.aws.account import Account
from semseg.aws.connection import Connection
from semseg.aws.roles import DEFAULT_ROLE, Roles
from semseg.errors import UserError
from tests.aws import moto

ACCOUNT = "123456789012"  # moto's


def make_role(name: str, path: str = "/") -> str:
    return str(boto3.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument="{}")["Role"]["Arn"])


def become(name: str) -> boto3.Session:
    """A session of somebody who took the role of this name."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    keys = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="someone")["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def roles(metadata: Path, content: dict[str, str]) -> Roles:
    metadata.write_text(json.dumps(content))
    return Roles(Connection(), metadata)


@pytest.mark.usefixtures("aws")
def test_an_assumed_role_is_given_with_its_path() -> None:
    make_role("trainer", "/team/vision/")
    arn = semseg.get_execution_role(Account(become("trainer")))
    assert arn == f"arn:aws:iam::{ACCOUNT}:role/team/vision/trainer"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("trainer", f"arn:aws:iam::{ACCOUNT}:role/trainer"),
        (
            "AmazonSageMaker-ExecutionRole-1",
            f"arn:aws:iam::{ACCOUNT}:role/service-role/AmazonSageMaker-ExecutionRole-1",
        ),
    ],
)
def test_a_role_that_iam_does_not_tell_of_is_guessed_with_a_warning(
    name: str, arn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="semseg"):
        assert semseg.get_execution_role(Account(become(name))) == arn
    assert f"it is taken to be {arn}" in caplog.text


@pytest.mark.usefixtures("aws")
def test_a_user_is_no_execution_role() -> None:
    with pytest.raises(ValueError, match=r"must be an IAM role, and the current AWS identity is not one: arn:"):
        semseg.get_execution_role()


@pytest.fixture
def aws_with_policies(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A moto of its own, with the policies that AWS has in every account."""
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    with moto.moto_server(tmp_path / "moto.txt") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield url


@pytest.mark.usefixtures("aws_with_policies")
def test_the_default_role_is_made_once_for_sagemaker_to_take() -> None:
    arn = semseg.get_execution_role(use_default=True)
    assert arn == semseg.get_execution_role(use_default=True) == f"arn:aws:iam::{ACCOUNT}:role/{DEFAULT_ROLE}"
    trust = boto3.client("iam").get_role(RoleName=DEFAULT_ROLE)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": ["sagemaker.amazonaws.com"]}
    attached = boto3.client("iam").list_attached_role_policies(RoleName=DEFAULT_ROLE)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonSageMakerFullAccess"]


@pytest.mark.usefixtures("aws")
def test_a_role_is_expanded_by_its_name_and_an_arn_is_left_alone() -> None:
    arn = make_role("trainer", "/team/")
    assert Account().expand_role("trainer") == Account().expand_role(arn) == arn
    with pytest.raises(UserError, match=r"could not look up the role nobody: NoSuchEntity"):
        Account().expand_role("nobody")


def test_a_notebooks_metadata_is_believed_without_asking(tmp_path: Path) -> None:
    found = roles(tmp_path / "metadata.json", {"ExecutionRoleArn": "arn:aws:iam::1:role/x"})
    assert found.execution_role() == "arn:aws:iam::1:role/x"


@pytest.mark.usefixtures("aws")
def test_a_notebook_instance_is_asked_for_its_role(tmp_path: Path) -> None:
    arn = make_role("notebook")
    boto3.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="mine", InstanceType="ml.t2.medium", RoleArn=arn
    )
    assert roles(tmp_path / "metadata.json", {"ResourceName": "mine"}).caller_arn() == arn


@pytest.mark.usefixtures("aws")
def test_a_notebook_that_cannot_be_described_falls_back_to_the_caller(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="semseg"):
        arn = roles(tmp_path / "metadata.json", {"ResourceName": "gone"}).caller_arn()
    assert arn.startswith("arn:aws:sts::")
    assert "could not ask SageMaker for the role of this notebook" in caplog.text


@pytest.mark.usefixtures("aws")
def test_studio_is_asked_for_the_role_of_its_domain(tmp_path: Path) -> None:
    arn = make_role("studio")
    domain = boto3.client("sagemaker").create_domain(
        DomainName="d",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": arn},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
    )
    content = {"DomainId": domain["DomainArn"].split("/")[-1], "ResourceName": "default"}
    assert roles(tmp_path / "metadata.json", content).caller_arn() == arn
