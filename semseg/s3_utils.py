"""s3:// URIs as texts: taken apart, told from others, joined.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.s3_utils``.
"""

from __future__ import annotations

import re

from semseg.aws.account import Account
from semseg.contract.s3_uri import SCHEME, S3Uri, is_s3


def parse_s3_url(url: str) -> tuple[str, str]:
    """Returns the bucket and the key of ``s3://bucket/key``.

    Raises:
        UserError: it is no such URI.
    """
    uri = S3Uri.parse("url", url)
    return uri.bucket, uri.key.lstrip("/")


def s3_path_join(*args: str | None, with_end_slash: bool = False) -> str:
    """Returns the parts with one slash between them and none at either end; None and empty parts are left out.

    Args:
        with_end_slash: one at the end all the same, where there is anything.
    """
    joined = re.sub("/+", "/", "/".join(part for part in args if part))
    scheme = SCHEME if re.match("s3:/", joined) else ""
    path = (joined[len("s3:/") :] if scheme else joined).strip("/")
    return f"{scheme}{path}/" if with_end_slash and path else f"{scheme}{path}"


def is_s3_url(url: str) -> bool:
    """Returns whether ``url`` is an s3:// URI."""
    return is_s3(url)


def determine_bucket_and_prefix(
    bucket: str | None = None, key_prefix: str | None = None, sagemaker_session: Account | None = None
) -> tuple[str, str | None]:
    """Returns where objects go: the bucket and the beginning of their keys.

    Args:
        bucket: None means the session's default bucket, and its default_bucket_prefix before ``key_prefix``.
    """
    if bucket:
        return bucket, key_prefix
    session = sagemaker_session or Account()
    return session.default_bucket(), s3_path_join(session.default_bucket_prefix, key_prefix)
