"""Arguments that name what this machine keeps; shells complete them."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from semseg.errors import SemsegError

if TYPE_CHECKING:
    from semseg.local.session import LocalSession


class KeptName(click.ParamType, ABC):
    """The name of something that this machine keeps."""

    @abstractmethod
    def names(self, kept: LocalSession) -> list[str]:
        """Returns the names of all things of this kind."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Returns the names that begin so."""
        from semseg.local.session import LocalSession

        with contextlib.suppress(SemsegError):  # there is no home
            return [CompletionItem(name) for name in self.names(LocalSession()) if name.startswith(incomplete)]
        return []


class JobName(KeptName):
    """The name of a training job."""

    name = "job"

    def names(self, kept: LocalSession) -> list[str]:
        """Returns the names of all training jobs."""
        return kept.jobs.names()


class EndpointName(KeptName):
    """The name of an endpoint."""

    name = "endpoint"

    def names(self, kept: LocalSession) -> list[str]:
        """Returns the names of all endpoints."""
        return kept.endpoints.kept()


class JobOrFile(JobName):
    """The name of a training job, or the path of a file or a folder."""

    name = "job or path"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Returns the names of the jobs that begin so, and lets the shell find files."""
        return [*super().shell_complete(ctx, param, incomplete), CompletionItem(incomplete, type="file")]
