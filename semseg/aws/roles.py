"""Who one is in IAM: the role that jobs are given, found as the SageMaker Python SDK v2 finds it."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

from semseg.aws.connection import Connection
from semseg.aws.faults import faults_as_sentences
from semseg.errors import UserError

NOTEBOOK_METADATA = Path("/opt/ml/metadata/resource-metadata.json")  # there on SageMaker's notebooks and in Studio
ASSUMED_ROLE = re.compile(r"(arn:[^:]+:)sts::(\d+):assumed-role/([^/]+)/.*")
DEFAULT_ROLE = "AmazonSageMaker-DefaultRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["sagemaker.amazonaws.com"]}, "Action": "sts:AssumeRole"}
    ],
}

logger = logging.getLogger(__name__)


class Roles:
    """IAM, STS and a notebook's metadata, asked for roles.

    Args:
        connection: boto3.
        notebook_metadata: a JSON file with ExecutionRoleArn, or with ResourceName, DomainId, UserProfileName and
            SpaceName; need not be there.
    """

    def __init__(self, connection: Connection, notebook_metadata: Path = NOTEBOOK_METADATA) -> None:
        self._connection = connection
        self._notebook_metadata = notebook_metadata

    def caller_arn(self) -> str:
        """Returns the ARN of the role that this process has, or of the user that it is."""
        return self._notebooks_role() or self._callers_role()

    def execution_role(self, use_default: bool = False) -> str:
        """Returns the ARN of the role that this process has, for SageMaker to take.

        Args:
            use_default: where it has none, take AmazonSageMaker-DefaultRole, made where it is missing.

        Raises:
            UserError: it is no role, but a user.
        """
        arn = self.caller_arn()
        if ":role/" in arn:
            return arn
        if not use_default:
            raise UserError(
                f"an execution role must be an IAM role, and the current AWS identity is not one: {arn}: give the ARN "
                f"of a role that SageMaker may take"
            )
        return self._default_role(arn)

    def expand(self, role: str) -> str:
        """Returns the ARN of a role, given its ARN or its name."""
        if "/" in role:
            return role
        with faults_as_sentences(f"look up the role {role}"):
            return str(self._iam.get_role(RoleName=role)["Role"]["Arn"])

    def account_id(self) -> str:
        """Returns the account's 12 digits."""
        return str(self._identity()["Account"])

    @property
    def _iam(self) -> Any:
        return self._connection.client("iam")

    def _identity(self) -> Any:
        client = self._connection.client("sts")
        with faults_as_sentences("ask AWS for the current identity"):
            return client.get_caller_identity()

    def _callers_role(self) -> str:
        arn = str(self._identity()["Arn"])
        assumed = ASSUMED_ROLE.fullmatch(arn)
        if assumed is None:
            return arn
        start, account, name = assumed.groups()
        try:
            return self.expand(name)  # with its path, which STS leaves out
        except UserError as error:
            folder = "service-role/" if "AmazonSageMaker-ExecutionRole" in name else ""
            guess = f"{start}iam::{account}:role/{folder}{name}"
            logger.warning("The role's path is not known, so it is taken to be %s: %s", guess, error)
            return guess

    def _notebooks_role(self) -> str | None:
        """Returns the role of this notebook of SageMaker; None where it is none, or may not be asked for."""
        if not self._notebook_metadata.is_file():
            return None
        metadata = json.loads(self._notebook_metadata.read_text())
        if metadata.get("ExecutionRoleArn"):
            return str(metadata["ExecutionRoleArn"])
        try:
            with faults_as_sentences("ask SageMaker for the role of this notebook"):
                return self._described_role(metadata)
        except UserError as error:
            logger.warning("%s", error)
            return None

    def _described_role(self, metadata: dict[str, Any]) -> str | None:
        sagemaker, domain = self._connection.client("sagemaker"), metadata.get("DomainId")
        if domain is None:
            notebook = sagemaker.describe_notebook_instance(NotebookInstanceName=metadata.get("ResourceName"))
            return str(notebook["RoleArn"])
        settings = {}
        if metadata.get("UserProfileName"):
            profile = sagemaker.describe_user_profile(DomainId=domain, UserProfileName=metadata["UserProfileName"])
            settings = profile.get("UserSettings", {})
        if settings.get("ExecutionRole"):
            return str(settings["ExecutionRole"])
        of_domain = sagemaker.describe_domain(DomainId=domain)
        shared = "DefaultSpaceSettings" if metadata.get("SpaceName") and not settings else "DefaultUserSettings"
        role = of_domain.get(shared, {}).get("ExecutionRole")
        return None if role is None else str(role)

    def _default_role(self, arn: str) -> str:
        """Returns the default role, made where it is missing, with SageMaker's policy attached."""
        partition = arn.split(":")[1]
        iam = self._iam
        with faults_as_sentences(f"make the role {DEFAULT_ROLE}"):
            try:
                role = iam.get_role(RoleName=DEFAULT_ROLE)
            except iam.exceptions.NoSuchEntityException:
                role = iam.create_role(RoleName=DEFAULT_ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
            policy = f"arn:{partition}:iam::aws:policy/AmazonSageMakerFullAccess"
            iam.attach_role_policy(RoleName=DEFAULT_ROLE, PolicyArn=policy)
        return str(role["Role"]["Arn"])
