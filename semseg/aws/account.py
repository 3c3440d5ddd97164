"""The base class of sessions: an AWS account with its region, default bucket, roles, and files to and from S3.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.session.Session``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semseg.aws.connection import Connection
from semseg.aws.faults import faults_as_sentences
from semseg.aws.object_store import ObjectStore, Progress, StoredObject, files_below
from semseg.aws.roles import Roles
from semseg.contract.address import path_text
from semseg.contract.echoed import echoed
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UserError
from semseg.plumbing.regular_file import kind_of
from semseg.plumbing.teller import Printer, Teller

if TYPE_CHECKING:
    import boto3

FIRST_REGION = "us-east-1"  # where a bucket is without a location

logger = logging.getLogger(__name__)


@dataclass
class _Shared:
    """What several sessions have together, where one was made of another.

    Attributes:
        connection: boto3.
        given_bucket: the default bucket that was asked for.
        default_bucket_prefix: what keys in the default bucket begin with.
        default_bucket: once it is known to be there.
        teller: shows people what happens.
    """

    connection: Connection
    given_bucket: str | None
    default_bucket_prefix: str | None
    default_bucket: str | None = None
    teller: Teller = field(default_factory=Printer)


class Account:
    """The base class of all sessions: one AWS account, reached through boto3.

    Nothing is asked of AWS before something is needed from it.

    Args:
        boto_session: a ``boto3.Session``; None means boto3's own configuration. Another session of this library
            shares its own, and with it its default bucket and its teller; the other arguments are not used then.
        default_bucket: None means ``sagemaker-<region>-<account>``.
        default_bucket_prefix: what keys in the default bucket begin with.
        s3_endpoint_url: where S3 is; None leaves it to boto3.
    """

    def __init__(
        self,
        boto_session: boto3.Session | Account | None = None,
        default_bucket: str | None = None,
        default_bucket_prefix: str | None = None,
        s3_endpoint_url: str | None = None,
    ) -> None:
        self._shared: _Shared
        if isinstance(boto_session, Account):
            self._shared = boto_session._shared
        else:
            self._shared = _Shared(Connection(boto_session, s3_endpoint_url), default_bucket, default_bucket_prefix)

    @property
    def default_bucket_prefix(self) -> str | None:
        """What keys in the default bucket begin with."""
        return self._shared.default_bucket_prefix

    @property
    def connection(self) -> Connection:
        """boto3, configured."""
        return self._shared.connection

    @property
    def teller(self) -> Teller:
        """Shows people what happens, by default by printing it; sessions that were made of each other share one."""
        return self._shared.teller

    @teller.setter
    def teller(self, teller: Teller) -> None:
        self._shared.teller = teller

    @property
    def boto_session(self) -> boto3.Session:
        """The ``boto3.Session``."""
        return self.connection.boto_session

    @property
    def boto_region_name(self) -> str:
        """Returns the region, such as "eu-west-1"; raises UserError where boto3 knows of none."""
        return self.connection.region

    @property
    def sagemaker_client(self) -> Any:
        """boto3's client of "sagemaker"."""
        return self.connection.client("sagemaker")

    @property
    def sagemaker_runtime_client(self) -> Any:
        """boto3's client of "sagemaker-runtime"."""
        return self.connection.client("sagemaker-runtime")

    @property
    def s3_client(self) -> Any:
        """boto3's client of "s3"."""
        return self.connection.client("s3")

    @property
    def s3_resource(self) -> Any:
        """boto3's resource of "s3"."""
        return self.connection.s3_resource()

    @property
    def objects(self) -> ObjectStore:
        """The objects of S3."""
        return ObjectStore(self.s3_client, self.connection.patience.waits)

    @property
    def roles(self) -> Roles:
        """The roles of IAM."""
        return Roles(self.connection)

    def account_id(self) -> str:
        """Returns the account's number, 12 digits."""
        return self.roles.account_id()

    def get_caller_identity_arn(self) -> str:
        """Returns the ARN of the role that this process has, or of the user that it is."""
        return self.roles.caller_arn()

    def expand_role(self, role: str) -> str:
        """Returns the ARN of a role, given its ARN or its name."""
        return self.roles.expand(role)

    def default_bucket(self) -> str:
        """Returns the bucket that takes what is given no other place; it is made where it is missing.

        Raises:
            UserError: it belongs to somebody else, or may not be used.
        """
        if self._shared.default_bucket is None:
            bucket = self._shared.given_bucket or f"sagemaker-{self.boto_region_name}-{self.account_id()}"
            self._make_bucket(bucket, {} if self._shared.given_bucket else {"ExpectedBucketOwner": self.account_id()})
            self._shared.default_bucket = bucket
        return self._shared.default_bucket

    def upload_data(
        self,
        path: str | os.PathLike[str],
        bucket: str | None = None,
        key_prefix: str = "data",
        callback: Progress | None = None,
        extra_args: Mapping[str, object] | None = None,
    ) -> str:
        """Uploads a file, or all files below a folder, many side by side.

        Args:
            bucket: None means the default bucket, and default_bucket_prefix before the keys.
            key_prefix: what keys begin with; a file's name or its path below the folder follows.
            callback: called with the bytes that have left since its last call, from any thread.
            extra_args: boto3's ExtraArgs, such as ``{"ServerSideEncryption": "aws:kms"}``.

        Returns:
            The URI of the folder, or of the file.

        Raises:
            UserError: there is nothing at ``path``, or S3 refuses it.
        """
        source = Path(path_text("path", path, "it is to be uploaded from here"))
        if not source.exists():
            raise UserError(
                f"path must be a file or a folder of this machine, and there is nothing at {echoed(str(path))}"
            )
        if not source.is_dir() and not source.is_file():
            raise UserError(
                f"path must be a regular file or a folder, got {kind_of(source.stat().st_mode)}, {echoed(str(path))}"
            )
        if bucket is None:
            bucket, prefixes = self.default_bucket(), (self.default_bucket_prefix, key_prefix)
        else:
            prefixes = (None, key_prefix)
        target = S3Uri(bucket, "/".join(prefix.strip("/") for prefix in prefixes if prefix))
        if source.is_dir():
            files = [(file, target.join(file.relative_to(source).as_posix())) for file in files_below(source)]
        else:
            target = target.join(source.name)
            files = [(source, target)]
        self.objects.upload(files, extra_args, callback)
        return str(target)

    def download_data(
        self,
        path: str | os.PathLike[str],
        bucket: str,
        key_prefix: str = "",
        extra_args: Mapping[str, object] | None = None,
    ) -> list[str]:
        """Downloads an object, or a folder of S3, into a folder, many objects side by side.

        Args:
            path: the folder; made where it is not there.
            key_prefix: an object's key, or a folder's; empty for the whole bucket.
            extra_args: boto3's of GetObject, such as ``{"VersionId": ...}``.

        Returns:
            The files; empty where there is nothing.

        Raises:
            ChannelError: a key is not the name of a file below the folder; nothing was downloaded then.
            UserError, PlatformError: S3 refused or could not deliver an object; what has arrived whole is kept.
        """
        uri = S3Uri(bucket, key_prefix)
        found = self.objects.find(uri, extra_args) if key_prefix and not key_prefix.endswith("/") else None
        folder = S3Uri(bucket, key_prefix.rpartition("/")[0] if found else key_prefix.rstrip("/"))
        objects = [found] if found else self._below(folder)
        if not objects:
            logger.info("There is nothing to download from %s", uri)
        wanted = [(stored, Path(path) / stored.uri.relative_to(folder)) for stored in objects]
        self.objects.download(wanted, extra_args=extra_args)
        return [str(file) for _, file in wanted]

    def upload_string_as_file_body(self, body: str, bucket: str, key: str, kms_key: str | None = None) -> str:
        """Writes a text as one object, and returns its URI.

        Args:
            kms_key: the KMS key that encrypts it.
        """
        return self.upload_bytes(body.encode(), S3Uri(bucket, key), kms_key)

    def upload_bytes(self, content: bytes, uri: S3Uri, kms_key: str | None = None) -> str:
        """Writes one object, and returns its URI."""
        self.objects.write(uri, content, encrypted_by(kms_key))
        return str(uri)

    def read_s3_file(self, bucket: str, key_prefix: str) -> str:
        """Returns the text of one object, which is in UTF-8."""
        uri = S3Uri(bucket, key_prefix)
        try:
            return self.objects.read(uri).decode()
        except UnicodeDecodeError as error:
            raise UserError(f"{uri} must be a text in UTF-8: {error}") from error

    def list_s3_files(self, bucket: str, key_prefix: str) -> list[str]:
        """Returns the keys that begin with a prefix, sorted."""
        return [stored.uri.key for stored in self.objects.list_prefix(S3Uri(bucket, key_prefix))]

    def _below(self, folder: S3Uri) -> list[StoredObject]:
        return self.objects.list_prefix(S3Uri(folder.bucket, f"{folder.key}/" if folder.key else ""))

    def _make_bucket(self, bucket: str, owner: Mapping[str, str]) -> None:
        """Makes the bucket where it is missing."""
        from botocore.exceptions import ClientError

        with faults_as_sentences(f"use the default bucket {bucket}"):
            try:
                self.s3_client.head_bucket(Bucket=bucket, **owner)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "403" and owner:
                    raise UserError(_not_ours(bucket)) from None
                if code != "404":
                    raise
                self._create_bucket(bucket)

    def _create_bucket(self, bucket: str) -> None:
        client, region = self.s3_client, self.boto_region_name
        place = {} if region == FIRST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            client.create_bucket(Bucket=bucket, **place)
            logger.info("Made the bucket %s", bucket)
        except client.exceptions.BucketAlreadyOwnedByYou:
            pass  # another process was first
        except client.exceptions.BucketAlreadyExists:
            raise UserError(_not_ours(bucket)) from None


def encrypted_by(kms_key: str | None) -> dict[str, str]:
    """Returns boto3's ExtraArgs that have S3 encrypt an object by a KMS key; empty where there is none."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}


def _not_ours(bucket: str) -> str:
    return (
        f"the default bucket {bucket} must be this account's, but it is somebody else's or may not be used: give the "
        f"session a default_bucket of your own"
    )
