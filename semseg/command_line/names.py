"""Arguments that name what this machine keeps; shells complete them."""

from __future__ import annotations

import contextlib

import click
from click.shell_completion import CompletionItem

from semseg.errors import SemsegError


class JobName(click.ParamType):
    """The name of a training job."""

    name = "job"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Returns the names of the jobs that begin so."""
        from semseg.local.session import LocalSession

        with contextlib.suppress(SemsegError):  # there is no home
            return _beginning(LocalSession().jobs.names(), incomplete)
        return []


class EndpointName(click.ParamType):
    """The name of an endpoint."""

    name = "endpoint"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Returns the names of the endpoints that begin so."""
        from semseg.local.session import LocalSession

        with contextlib.suppress(SemsegError):  # there is no home
            return _beginning(LocalSession().endpoints.kept(), incomplete)
        return []


class JobOrFile(JobName):
    """The name of a training job, or the path of a file or a folder."""

    name = "job or path"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Returns the names of the jobs that begin so, and lets the shell find files."""
        return [*super().shell_complete(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


def _beginning(names: list[str], start: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(start)]
