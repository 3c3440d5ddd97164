"""Account: what every session knows of AWS: region, default bucket, and files to and from S3.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.session.Session``.
"""

from __future__ import annotations

from typing import Any

from semseg.aws.connection import Connection
from semseg.aws.object_store import ObjectStore


class Account:
    """The base of all sessions. Nothing is asked of AWS before something is needed from it.

    Args:
        boto_session: a ``boto3.Session``; None means boto3's own configuration.
        default_bucket: None means ``sagemaker-<region>-<account>``.
        default_bucket_prefix: what keys in the default bucket begin with.
        s3_endpoint_url: where S3 is; None leaves it to boto3.

    Attributes:
        connection: boto3.
    """

    def __init__(
        self,
        boto_session: Any = None,
        default_bucket: str | None = None,
        default_bucket_prefix: str | None = None,
        s3_endpoint_url: str | None = None,
    ) -> None:
        self.connection = Connection(boto_session, s3_endpoint_url)
        self.default_bucket_prefix = default_bucket_prefix
        self._default_bucket = default_bucket

    @property
    def boto_session(self) -> Any:
        """The ``boto3.Session``."""
        return self.connection.boto_session

    @property
    def boto_region_name(self) -> str:
        """Such as "eu-west-1"; raises UserError where boto3 knows of none."""
        return self.connection.region

    @property
    def objects(self) -> ObjectStore:
        """S3."""
        return ObjectStore(self.connection.client("s3"), self.connection.patience.waits)
