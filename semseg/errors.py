"""Every error that semseg raises on purpose, grouped by who can mend it::

    SemsegError
      UserError                the caller changes something and tries again
        HyperparameterError    unknown name, wrong type, out of range
        ChannelError           a channel is missing, or what lies in it cannot be used
        ImageError             a file or a request body is not a picture that can be used
        ModelError             a model archive cannot be used
        RequestError           an inference request is refused; carries the HTTP status
        NameTakenError         a job or an endpoint of this name is on this machine already
      PlatformError            this machine, or a process on it, cannot do what was asked
        UnexpectedStatusException  a job or an endpoint came to another status than was waited for
          TrainingError        a training job ended without success
            CapacityError      SageMaker had no machine for it
      AsyncInferenceError      an asynchronous answer cannot be had; each is a PlatformError or RequestError

Those with the SageMaker Python SDK's names are found in ``exceptions``, too.

A message names the thing, the rule, the value seen and, where it is not obvious, the way out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# As in: Received client error (415) from primary with message "..."
TOLD_STATUS = re.compile(r"Received (?:client|server) error \((\d{3})\)")
SERVER_ERROR = 500
LONGEST_LINE = 1500  # characters of a line of a message; one that is longer repeats what somebody gave
LINE_BEGINNING, LINE_END = 900, 500  # characters that are kept of it


class SemsegError(Exception):
    """The base of all errors below. A line of a message that is too long to be read is shortened in its middle."""

    def __init__(self, message: object = "") -> None:
        super().__init__("\n".join(map(_readable, str(message).split("\n"))))


def _readable(line: str) -> str:
    """Returns a line of a message with at most LONGEST_LINE characters."""
    if len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LINE_BEGINNING]} ... {line[-LINE_END:]}"


class UserError(SemsegError, ValueError):
    """Something that the caller gave cannot be used."""


class HyperparameterError(UserError):
    """A hyperparameter is unknown, of the wrong type or out of its range."""


class ChannelError(UserError):
    """A channel is missing, or its files cannot be used."""


class ImageError(UserError):
    """A file, or the body of a request, is not a picture that can be used.

    Those that :meth:`of` makes carry their parts, so that one sentence can be told of all files that have a fault.

    Attributes:
        name: what the file is called; "" where the error is of no file in particular.
        fault: what is wrong with it, as the words after the name: "is empty (0 bytes)".
        way_out: what to do about it, as the words after the colon.
        cause: what kind of fault it is, for programs: lower-case words with hyphens, such as "damaged". Two files may
            have the same cause and faults in other words.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.name = self.fault = self.way_out = ""
        self.cause = "unusable"

    @classmethod
    def of(cls, name: str, fault: str, way_out: str, cause: str) -> ImageError:
        """Returns the error "<name> <fault>: <way out>" with its parts as attributes."""
        error = cls(f"{name} {fault}: {way_out}")
        error.name, error.fault, error.way_out, error.cause = name, fault, way_out, cause
        return error


class ModelError(UserError):
    """A model archive, or a parameter file in it, cannot be used."""


class NameTakenError(UserError):
    """There is a job or an endpoint of this name on this machine already."""


class RequestError(UserError):
    """An inference request is refused.

    Attributes:
        status: the HTTP status that says so.
        retry_after: seconds after which it may be asked again; None where that was not said.
    """

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class PlatformError(SemsegError, RuntimeError):
    """This machine, or a process on it, cannot do what was asked."""


class UnexpectedStatusException(PlatformError, ValueError):
    """A job or an endpoint came to another status than was waited for.

    Attributes:
        allowed_statuses: those that were waited for.
        actual_status: the one that it has.
    """

    def __init__(
        self, message: str, allowed_statuses: Sequence[str] = ("Completed", "Stopped"), actual_status: str = "Failed"
    ) -> None:
        super().__init__(message)
        self.allowed_statuses = allowed_statuses
        self.actual_status = actual_status


class TrainingError(UnexpectedStatusException):
    """A training job ended without success; the message is its failure reason."""


class CapacityError(TrainingError):
    """SageMaker had no machine of the instance type for a training job."""


class AsyncInferenceError(SemsegError):
    """The answer of an asynchronous endpoint cannot be had."""


class ObjectNotExistedError(AsyncInferenceError, PlatformError):
    """The answer was not there when it was looked for, and may come."""

    def __init__(self, message: str, output_path: str) -> None:
        super().__init__(f"the answer {output_path} is not there: {message}")


class PollingTimeoutError(AsyncInferenceError, PlatformError):
    """The answer was not there after so many seconds."""

    def __init__(self, message: str, output_path: str, seconds: float) -> None:
        super().__init__(f"the answer {output_path} was not there within {seconds:g} s: {message}")


class UnexpectedClientError(AsyncInferenceError, PlatformError):
    """S3 could not be asked for the answer."""


class AsyncInferenceModelError(AsyncInferenceError, RequestError):
    """The endpoint refused a request, or failed at it.

    Attributes:
        status: the HTTP status that the model gave; 500 where SageMaker quotes none.
    """

    def __init__(self, message: str) -> None:
        told = TOLD_STATUS.search(message)
        RequestError.__init__(self, int(told[1]) if told else SERVER_ERROR, message)
