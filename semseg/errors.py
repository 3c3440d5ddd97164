"""Every error that semseg raises on purpose, grouped by who can mend it.

SemsegError
  UserError                the caller changes something and tries again
    HyperparameterError    unknown name, wrong type, out of range
    ChannelError           a channel is missing, or what lies in it cannot be used
    ImageError             a file or a request body is not a picture that can be used
    ModelError             a model archive cannot be used
    RequestError           an inference request is refused; carries the HTTP status
  PlatformError            this machine, or a process on it, cannot do what was asked
    TrainingError          a training job ended without success

A message names the thing, the rule, the value seen and, where it is not obvious, the way out.
"""

from __future__ import annotations


class SemsegError(Exception):
    """The base of all errors below."""


class UserError(SemsegError, ValueError):
    """Something that the caller gave cannot be used."""


class HyperparameterError(UserError):
    """A hyperparameter is unknown, of the wrong type or out of its range."""


class ChannelError(UserError):
    """A channel is missing, or its files cannot be used."""


class ImageError(UserError):
    """A file, or the body of a request, is not a picture that can be used."""


class ModelError(UserError):
    """A model archive, or a parameter file in it, cannot be used."""


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


class TrainingError(PlatformError):
    """A training job ended without success; the message is its failure reason."""
