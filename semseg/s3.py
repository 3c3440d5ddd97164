"""Files to and from S3.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.s3``.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from semseg.aws.account import Account, encrypted_by
from semseg.aws.object_store import Progress
from semseg.contract.s3_uri import S3Uri
from semseg.s3_utils import determine_bucket_and_prefix, is_s3_url, parse_s3_url, s3_path_join

__all__ = [
    "S3Downloader",
    "S3Uploader",
    "determine_bucket_and_prefix",
    "is_s3_url",
    "parse_s3_url",
    "s3_path_join",
]


class S3Uploader:
    """Files, texts and bytes to S3."""

    @staticmethod
    def upload(
        local_path: str | os.PathLike[str],
        desired_s3_uri: str,
        kms_key: str | None = None,
        sagemaker_session: Account | None = None,
        callback: Progress | None = None,
    ) -> str:
        """Uploads a file, or all files below a folder, below a URI.

        Args:
            kms_key: the KMS key that encrypts them.
            callback: called with the bytes that have left since its last call, from any thread.

        Returns:
            The URI of the folder, or of the file.
        """
        bucket, key = parse_s3_url(desired_s3_uri)
        session = sagemaker_session or Account()
        return session.upload_data(local_path, bucket, key, callback, encrypted_by(kms_key))

    @staticmethod
    def upload_string_as_file_body(
        body: str,
        desired_s3_uri: str,
        kms_key: str | None = None,
        sagemaker_session: Account | None = None,
    ) -> str:
        """Writes a text as the object of this URI, and returns the URI."""
        return S3Uploader.upload_bytes(body.encode(), desired_s3_uri, kms_key, sagemaker_session)

    @staticmethod
    def upload_bytes(
        b: bytes | BinaryIO, s3_uri: str, kms_key: str | None = None, sagemaker_session: Account | None = None
    ) -> str:
        """Writes bytes, or what a binary stream has, as the object of this URI, and returns the URI."""
        content = b if isinstance(b, (bytes, bytearray)) else b.read()
        return (sagemaker_session or Account()).upload_bytes(content, S3Uri.parse("s3_uri", s3_uri), kms_key)


class S3Downloader:
    """Files, texts and bytes from S3."""

    @staticmethod
    def download(
        s3_uri: str,
        local_path: str | os.PathLike[str],
        kms_key: str | None = None,
        sagemaker_session: Account | None = None,
    ) -> list[str]:
        """Downloads an object, or a folder of S3, into a folder, and returns the files.

        Args:
            kms_key: the 32 characters of a customer's own key (SSE-C), as in SageMaker; what a key of KMS encrypted
                needs none.
        """
        bucket, key = parse_s3_url(s3_uri)
        keys = None if kms_key is None else {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": kms_key}
        return (sagemaker_session or Account()).download_data(local_path, bucket, key, keys)

    @staticmethod
    def read_file(s3_uri: str, sagemaker_session: Account | None = None) -> str:
        """Returns the text of one object, which is in UTF-8."""
        return (sagemaker_session or Account()).read_s3_file(*parse_s3_url(s3_uri))

    @staticmethod
    def read_bytes(s3_uri: str, sagemaker_session: Account | None = None) -> bytes:
        """Returns the content of one object."""
        return (sagemaker_session or Account()).objects.read(S3Uri.parse("s3_uri", s3_uri))

    @staticmethod
    def list(s3_uri: str, sagemaker_session: Account | None = None) -> list[str]:
        """Returns the URIs that begin with this one, sorted."""
        bucket, key = parse_s3_url(s3_uri)
        return [str(S3Uri(bucket, name)) for name in (sagemaker_session or Account()).list_s3_files(bucket, key)]
