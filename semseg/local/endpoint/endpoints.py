"""Endpoints of this machine: servers that outlive the process that starts them."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from semseg.api.names import check_name
from semseg.archive.model_artifact import check_servable, unpack
from semseg.contract.job_directory import BASE_DIR_VARIABLE
from semseg.contract.resource_config import resource_configuration
from semseg.errors import ModelError, PlatformError, UserError
from semseg.local.endpoint.folder import (
    DEADLINE_VARIABLE,
    DEFAULT_QUEUE,
    MARGIN_SECONDS,
    QUEUE_VARIABLE,
    EndpointFolder,
    EndpointRecord,
    token_of,
    whole_number,
)
from semseg.local.endpoint.invocation import ANSWER_SECONDS, HOST, concurrent_requests, is_ready
from semseg.local.export.archives import check_precision
from semseg.local.files.locations import local_path
from semseg.local.jobs.home import CACHE_VARIABLE, Home, staged
from semseg.local.process.process import (
    is_locked,
    last_line,
    left_on_failure,
    start_detached,
    stop_detached,
    take_lock,
)
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import write_json

SERVE_COMMAND = python_command("semseg.container.serve")
NOUN = "an endpoint"
PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
NAME_VARIABLE = "SEMSEG_ENDPOINT_NAME"  # the one name that the server answers to
QUICK_SECONDS = 5.0  # within which an endpoint is looked at often: a model in the cache is there in two
QUICK_POLL_SECONDS = 0.05
POLL_SECONDS = 0.5
HEALTH_CHECK_SECONDS = 240.0  # as long as SageMaker waits for a server to answer
GRACE_SECONDS = 30.0  # between SIGTERM and SIGKILL, as in SageMaker


@dataclass(frozen=True)
class EndpointRequest:
    """What an endpoint is started with. ``port`` None takes a free one."""

    name: str
    model_data: str | os.PathLike[str]
    instance_type: str
    environment: Mapping[str, str]
    port: int | None = None
    config: str = ""  # the name of the endpoint configuration


class Endpoints:
    """The endpoints below one home.

    Args:
        home: where they are kept.
        command: what serves; started with SAGEMAKER_BASE_DIR and SAGEMAKER_BIND_TO_PORT.
    """

    def __init__(self, home: Home, command: Sequence[str] = SERVE_COMMAND) -> None:
        self.home = home
        self.command = command

    def start(self, request: EndpointRequest) -> None:
        """Unpack the model, look into it, start its server, and return while it is still loading.

        Raises:
            UserError: the name is not one, or is taken.
            ModelError: there is no archive there, or it cannot be served.
        """
        check_name(NOUN, request.name)
        archive = local_path("model_data", request.model_data)
        if not archive.is_file():
            raise ModelError(f"model_data must be a model.tar.gz that exists, got {str(archive)!r}")
        environment = {CACHE_VARIABLE: str(self.home.compiled), **os.environ, **request.environment}
        self.home.create()
        folder = self._folder(request.name)
        record = _record(request, archive, environment)
        with left_on_failure() as opened, staged(folder.root, NOUN) as staging:
            _prepare(EndpointFolder(staging), archive, record, token_of(environment))
            check_precision(EndpointFolder(staging).model, environment)
            lock = opened.enter_context(take_lock(EndpointFolder(staging).lock))
        with lock:
            environment = {
                **environment,
                BASE_DIR_VARIABLE: str(folder.root),
                PORT_VARIABLE: str(record.port),
                NAME_VARIABLE: request.name,
            }
            process_id = start_detached(self.command, environment, folder.log, lock)
            write_json(folder.record, asdict(replace(record, process_id=process_id)))

    def wait(self, name: str, seconds: float) -> None:
        """Wait until an endpoint answers, printing a hyphen each half second and an exclamation mark at the end.

        Raises:
            PlatformError: its server ended, or was not ready within so many seconds; nothing of it is left then.
        """
        began = time.monotonic()
        hyphens = 0
        try:
            while not is_ready(self.running(name).port):
                waited = time.monotonic() - began
                if waited > seconds:
                    last = last_line(self._folder(name).log) or "none"
                    raise PlatformError(
                        f"endpoint {name!r} was not ready within {seconds:g} seconds; the last line of its log: {last}"
                    )
                if waited >= hyphens * POLL_SECONDS:
                    print("-", end="", flush=True)
                    hyphens += 1
                time.sleep(QUICK_POLL_SECONDS if waited < QUICK_SECONDS else POLL_SECONDS)
        except BaseException:
            print(flush=True)  # ends the line of hyphens
            if self._folder(name).root.exists():
                self.delete(name)
            raise
        print("!", flush=True)

    def running(self, name: str) -> EndpointRecord:
        """The record of an endpoint whose server lives.

        Raises:
            UserError: there is no such endpoint; the sentence names those that are running.
            PlatformError: its server has ended; what was left of it is removed.
        """
        folder = self._folder(name)
        alive = is_locked(folder.lock)
        if not folder.record.is_file():
            raise UserError(
                f"there is no endpoint {name!r} on this machine; running: {', '.join(self.names()) or 'none'}"
            )
        if alive:
            return folder.read_record()
        last = last_line(folder.log) or "none"
        remove(folder.root)
        raise PlatformError(
            f"the server of endpoint {name!r} has ended: deploy again; the last line of its log: {last}"
        )

    def authorization(self, name: str) -> dict[str, str]:
        """The header that requests to an endpoint must have; empty where it asks for no token."""
        return self._folder(name).authorization()

    def requests_in_flight(self, name: str, wanted: int | None = None) -> int:
        """How many requests at a time make sense: as many as wanted, else as the endpoint asks for at
        GET /execution-parameters; never more than its queue holds.

        Raises:
            UserError: there is no such endpoint.
            PlatformError: its server has ended.
        """
        record = self.running(name)
        asked = wanted or concurrent_requests(record.port, self.authorization(name))
        return max(1, min(asked, record.max_queue))

    def names(self) -> list[str]:
        """The names of the endpoints whose servers live, sorted."""
        folders = (EndpointFolder(root) for root in self.home.endpoints.glob("[!.]*"))
        return sorted(folder.root.name for folder in folders if is_locked(folder.lock))

    def describe(self, name: str) -> dict[str, Any]:
        """The endpoint, shaped as the SageMaker API's DescribeEndpoint, with its EndpointUrl."""
        record = self.running(name)
        return {
            "EndpointName": name,
            "EndpointConfigName": record.config,
            "EndpointStatus": "InService" if is_ready(record.port) else "Creating",
            "CreationTime": datetime.fromtimestamp(record.created, tz=timezone.utc),
            "EndpointUrl": record.url,
            "ModelDataUrl": record.model_data,
            "InstanceType": record.instance_type,
        }

    def delete(self, name: str) -> None:
        """Stop the server, which finishes what it is answering, and remove all that is kept of the endpoint."""
        record = self.running(name)
        folder = self._folder(name)
        if record.process_id:
            stop_detached(record.process_id, folder.lock, GRACE_SECONDS)
        remove(folder.root)

    def _folder(self, name: str) -> EndpointFolder:
        check_name(NOUN, name)
        return EndpointFolder(self.home.endpoints / name)


def _record(request: EndpointRequest, archive: Path, environment: Mapping[str, str]) -> EndpointRecord:
    deadline = whole_number(environment, DEADLINE_VARIABLE, 0)
    return EndpointRecord(
        request.name,
        request.port or free_port(),
        archive.as_uri(),
        request.instance_type,
        time.time(),
        config=request.config,
        answer_seconds=max(ANSWER_SECONDS, deadline + MARGIN_SECONDS),
        max_queue=whole_number(environment, QUEUE_VARIABLE, DEFAULT_QUEUE),
    )


def _prepare(folder: EndpointFolder, archive: Path, record: EndpointRecord, token: str) -> None:
    folder.model.mkdir(parents=True)
    unpack(archive, folder.model)
    check_servable(folder.model)
    write_json(folder.resource_config, resource_configuration(record.instance_type))
    write_json(folder.record, asdict(record))
    if token:
        folder.write_token(token)


def free_port() -> int:
    """A port of this machine that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def remove(root: Path) -> None:
    """Remove a folder; nobody sees it half removed."""
    gone = root.with_name(f".gone-{root.name}-{os.getpid()}-{time.monotonic_ns()}")
    try:
        os.rename(root, gone)
    except FileNotFoundError:
        return  # somebody else was faster
    shutil.rmtree(gone, ignore_errors=True)
