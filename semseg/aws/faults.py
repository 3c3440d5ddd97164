"""What boto3 raises, said in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from semseg.errors import PlatformError, UserError


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn what boto3 raises inside the block into errors of ours.

    Args:
        doing: what was tried and on what, to follow "could not": "read s3://bucket/key".

    Raises:
        UserError: AWS understood and refused: no such thing, no permission, a value it does not take.
        PlatformError: AWS could not be reached, or did not do its part after all attempts.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        message = error.response.get("Error", {}).get("Message", "")
        raise UserError(f"could not {doing}: {code}: {message}") from error
    except BotoCoreError as error:
        raise PlatformError(f"could not {doing}: {error}") from error
