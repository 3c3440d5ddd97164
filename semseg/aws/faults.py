"""What boto3 raises, said in one sentence: what was tried, what AWS said, the way out. No secret is ever in one.

Source of the codes: "Error responses" of the Amazon S3 API reference and "Common errors" of the SageMaker and STS ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from semseg.errors import PlatformError, SemsegError, UserError

NO_BUCKET = "there is no such bucket: look at its name and at the account"
NO_KEY = "there is no such object: look at its name, or list what is there"
NO_PERMISSION = "no permission: ask for a policy that allows it, or use other credentials (AWS_PROFILE)"
EXPIRED = "the credentials have expired: log in again, such as by `aws sso login`, and start again"
BAD_CREDENTIALS = "the credentials are not valid: look at them with `aws configure list`, or set AWS_PROFILE"
CHANGED = "the object has changed since it was listed: start again once nobody writes there"
NO_CREDENTIALS = "boto3 found no credentials: run `aws configure`, or set AWS_PROFILE"
OTHER_REGION = "the bucket is in another region: set AWS_DEFAULT_REGION to it"

WAYS_OUT = {
    "301": OTHER_REGION,
    "PermanentRedirect": OTHER_REGION,
    "IllegalLocationConstraintException": OTHER_REGION,
    "NoSuchBucket": NO_BUCKET,
    "NoSuchKey": NO_KEY,
    "404": NO_KEY,
    "AccessDenied": NO_PERMISSION,
    "AccessDeniedException": NO_PERMISSION,
    "AllAccessDisabled": NO_PERMISSION,
    "UnauthorizedOperation": NO_PERMISSION,
    "403": NO_PERMISSION,
    "412": CHANGED,
    "PreconditionFailed": CHANGED,
}
CREDENTIALS = {  # what AWS says with these may repeat the signed request, token included: never passed on
    "ExpiredToken": EXPIRED,
    "ExpiredTokenException": EXPIRED,
    "RequestExpired": EXPIRED,
    "TokenRefreshRequired": EXPIRED,
    "InvalidAccessKeyId": BAD_CREDENTIALS,
    "InvalidClientTokenId": BAD_CREDENTIALS,
    "InvalidSignatureException": BAD_CREDENTIALS,
    "InvalidToken": BAD_CREDENTIALS,
    "IncompleteSignature": BAD_CREDENTIALS,
    "AuthFailure": BAD_CREDENTIALS,
    "MissingAuthenticationToken": BAD_CREDENTIALS,
    "SignatureDoesNotMatch": BAD_CREDENTIALS,
    "UnrecognizedClientException": BAD_CREDENTIALS,
    "AuthorizationHeaderMalformed": BAD_CREDENTIALS,
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it, and start again",
}
THROTTLING = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
URL_CREDENTIALS = re.compile(r"//[^/@\s]+@")


@contextmanager
def faults_as_sentences(doing: str) -> Iterator[None]:
    """Turns what boto3 and its transfer manager raise inside the block into errors of ours; ours pass.

    Args:
        doing: what was tried and on what, to follow "could not": "read s3://bucket/key".

    Raises:
        UserError: AWS understood and refused: no such thing, no permission, a value it does not take.
        PlatformError: AWS could not be reached, or did not do its part after all attempts.
    """
    import boto3.exceptions
    import s3transfer.exceptions
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    transfer_faults = (
        boto3.exceptions.Boto3Error,
        s3transfer.exceptions.RetriesExceededError,
        s3transfer.exceptions.S3DownloadFailedError,
    )
    try:
        yield
    except ClientError as error:
        raise refusal(doing, error.response) from None  # its message may repeat the signed request
    except (BotoCoreError, HTTPError, ConnectionError, *transfer_faults) as error:
        raise failure(doing, error) from None


def refusal(doing: str, response: Any) -> SemsegError:
    """Returns the error of ours for what AWS answered.

    Args:
        response: as ``ClientError.response``.
    """
    said = response.get("Error", {})
    code, message = str(said.get("Code", "unknown")), str(said.get("Message", ""))
    if code in CREDENTIALS:
        return UserError(f"could not {doing}: {code}: {CREDENTIALS[code]}")
    if code in THROTTLING:
        return PlatformError(f"could not {doing}: AWS asked to slow down ({code}) at each attempt: try again later")
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return PlatformError(f"could not {doing}: AWS failed at each attempt ({code}): try again later")
    what = f"{code}: {without_credentials(message)}" if message else code
    return UserError(f"could not {doing}: {what.rstrip('.')}" + (f": {WAYS_OUT[code]}" if code in WAYS_OUT else ""))


def failure(doing: str, error: BaseException) -> SemsegError:
    """Returns the error of ours for what boto3 says without an answer of AWS."""
    from botocore import exceptions
    from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError

    if isinstance(error, RetriesExceededError):
        error = error.last_exception
    if isinstance(error, S3DownloadFailedError):
        return UserError(f"could not {doing}: {CHANGED}")
    if isinstance(error, exceptions.ParamValidationError):
        return UserError(f"could not {doing}: {_on_one_line(error)}")
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        return UserError(f"could not {doing}: {NO_CREDENTIALS}")
    if isinstance(error, (exceptions.CredentialRetrievalError, exceptions.TokenRetrievalError)):
        return UserError(f"could not {doing}: {EXPIRED}")
    if isinstance(error, (exceptions.UnauthorizedSSOTokenError, exceptions.SSOTokenLoadError)):
        return UserError(f"could not {doing}: {EXPIRED}")
    if isinstance(error, exceptions.ProfileNotFound):
        return UserError(f"could not {doing}: {_on_one_line(error)}: look at AWS_PROFILE and ~/.aws/config")
    if isinstance(error, (exceptions.ReadTimeoutError, exceptions.ConnectTimeoutError)):
        return PlatformError(f"could not {doing}: AWS was silent for too long at each attempt: try again later")
    if isinstance(error, (exceptions.ResponseStreamingError, exceptions.IncompleteReadError, ConnectionError)):
        return PlatformError(f"could not {doing}: the connection broke off at each attempt: try again later")
    if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)):
        way_out = "look at the network, the region and AWS_ENDPOINT_URL"
        return PlatformError(f"could not {doing}: {_on_one_line(error)}: {way_out}")
    return PlatformError(f"could not {doing}: {_on_one_line(error)}: try again")


def without_credentials(text: str) -> str:
    """Returns the text without the names and passwords of URLs in it."""
    return URL_CREDENTIALS.sub("//***@", text)


def _on_one_line(error: BaseException) -> str:
    return without_credentials(" ".join(str(error).split())).rstrip(".")
