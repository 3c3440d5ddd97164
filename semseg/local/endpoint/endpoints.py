"""Endpoints of this machine: servers that outlive the process that starts them."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semseg.api.names import check_name, is_name
from semseg.archive.model_artifact import check_servable, read_description, unpack, unpacked_size
from semseg.contract.environment import (
    BASE_DIR,
    BIND_TO_PORT,
    CACHE_DIR,
    DEADLINE_SECONDS,
    ENDPOINT_NAME,
    ENDPOINT_SECRET,
    LISTENING_SOCKET,
    MAX_QUEUE,
    TOKEN,
    TTA,
    without_aws,
)
from semseg.contract.resource_config import resource_configuration
from semseg.contract.server_proof import new_secret
from semseg.errors import PlatformError, UserError
from semseg.local.endpoint.folder import MARGIN_SECONDS, EndpointFolder, EndpointRecord
from semseg.local.endpoint.invocation import ANSWER_SECONDS, EndpointAnswer, EndpointEnded, NoAnswer
from semseg.local.endpoint.port import address_of, open_serving_socket
from semseg.local.export.archives import check_form_wish
from semseg.local.jobs.home import Home, check_free, remove, staged
from semseg.local.jobs.moment import moment
from semseg.local.jobs.process_folder import LEFT_OVER_SECONDS, remove_leftovers
from semseg.local.process.process import (
    exclusive,
    is_locked,
    last_line,
    left_on_failure,
    start_detached,
    stop_detached,
    take_lock,
    wait_until_unlocked,
)
from semseg.machine.python_command import python_command
from semseg.plumbing.counted import counted
from semseg.plumbing.disk_need import DiskNeed, check_room
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.json_file import write_json
from semseg.plumbing.teller import Printer, Teller

if TYPE_CHECKING:
    from semseg.local.endpoint.client import Body, EndpointClient

PRINTER = Printer()
SERVE_COMMAND = python_command("semseg.container.serve")
NOUN = "an endpoint"
QUICK_SECONDS = 5.0  # within which an endpoint is looked at often: a model in the cache is there in two
QUICK_POLL_SECONDS = 0.05
POLL_SECONDS = 0.5
HEALTH_CHECK_SECONDS = 240.0  # as long as SageMaker waits for a server to answer
GRACE_SECONDS = 30.0  # between SIGTERM and SIGKILL, as in SageMaker
ENDING_SECONDS = 10.0  # that the system takes at most to end a process that does not answer any more
STARTING_SECONDS = 10.0  # the same, from the start of a process to its process id in the record

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EndpointRequest:
    """What an endpoint is started with.

    Attributes:
        archive: the model.tar.gz, a file of this machine.
        port: None takes a free one.
    """

    name: str
    archive: Path
    instance_type: str
    environment: Mapping[str, str]
    port: int | None = None
    config: str = ""  # the name of the endpoint configuration


class Endpoints:
    """The endpoints below one home.

    An endpoint is there from its start until it is deleted, or deployed again after its server has ended: until then
    what is left of it, the log above all, stays.

    Args:
        home: where they are kept.
        command: what serves; started with SAGEMAKER_BASE_DIR and SAGEMAKER_BIND_TO_PORT, and the listening socket.
    """

    def __init__(self, home: Home, command: Sequence[str] = SERVE_COMMAND) -> None:
        self.home = home
        self.command = command
        self._clients: dict[str, EndpointClient] = {}

    def start(self, request: EndpointRequest) -> None:
        """Starts an endpoint, and returns while its model is still loading.

        The port is opened, and the model unpacked and looked into, before the server is started.

        Raises:
            UserError: the name is not one, or is that of an endpoint that runs; or a variable of the environment that
                clients go by has no usable value; or there is too little room for the model's files.
            ModelError: the archive cannot be served.
            PlatformError: the port is in use, or the disk was filled meanwhile.
        """
        if not self.has_failed(request.name):
            check_free(self.folder(request.name).root, NOUN)
        archive = request.archive
        need = DiskNeed(self.home.endpoints, unpacked_size(archive), "the model's files")
        for warning in check_room([need], f"endpoint {request.name!r}"):
            logger.warning("%s, which is hardly enough", warning)
        environment = {CACHE_DIR.name: str(self.home.compiled), **without_aws(os.environ), **request.environment}
        with open_serving_socket(request.port, environment) as listener:
            record = _new_record(request, listener, environment)
            self._start(record, archive, environment, listener.fileno())

    def _start(self, record: EndpointRecord, archive: Path, environment: Mapping[str, str], listener: int) -> None:
        self.home.create()
        remove_leftovers(self.home.endpoints, record.created - LEFT_OVER_SECONDS)  # a token is among them
        folder = self.folder(record.name)
        self.forget_failed(record.name)
        with full_disk_told(folder.root), left_on_failure() as held, staged(folder.root, NOUN) as staging:
            # Its lock is taken first: it says that this folder is not one whose maker was killed.
            lock = held.enter_context(take_lock(EndpointFolder(staging).lock))
            record = _prepare(EndpointFolder(staging), archive, record, environment)
            check_form_wish(EndpointFolder(staging).model, environment)
        with lock, full_disk_told(folder.root):
            environment = {
                **environment,
                BASE_DIR.name: str(folder.root),
                BIND_TO_PORT.name: str(record.port),
                ENDPOINT_NAME.name: record.name,
                LISTENING_SOCKET.name: str(listener),
                ENDPOINT_SECRET.name: record.secret,
            }
            process_id = start_detached(self.command, environment, folder.log, lock, [listener])
            self._rewrite(replace(record, process_id=process_id))

    def wait(self, name: str, seconds: float, teller: Teller = PRINTER) -> None:
        """Waits until an endpoint answers, and shows a hyphen each half second and an exclamation mark at the end.

        Ctrl-C deletes it.

        Raises:
            PlatformError: its server ended, or was not ready within so many seconds and was stopped.
        """
        began = time.monotonic()
        hyphens = 0
        try:
            while not self._client(self.running(name)).is_ready():
                waited = time.monotonic() - began
                if waited > seconds:
                    raise PlatformError(self._give_up(name, f"was not ready within {counted(seconds, 'second')}"))
                if waited >= hyphens * POLL_SECONDS:
                    teller.mark("-")
                    hyphens += 1
                time.sleep(QUICK_POLL_SECONDS if waited < QUICK_SECONDS else POLL_SECONDS)
        except BaseException as error:
            teller.line("")  # ends the line of hyphens
            if isinstance(error, KeyboardInterrupt):
                self.delete(name)
            raise
        teller.line("!")

    def running(self, name: str) -> EndpointRecord:
        """Returns the record of an endpoint whose server lives.

        Raises:
            UserError: there is no such endpoint; the sentence names those that are running.
            EndpointEnded: its server has ended; the sentence has the last line of its log.
            PlatformError: an earlier version of semseg started it, whose servers cannot prove who they are.
        """
        record = self._record(name)
        if not is_locked(self.folder(name).lock):
            last = self._last_line(name)
            what = record.failure or _has_ended(name)
            raise EndpointEnded(f"{what}: deploy again; the last line of its log: {last}", last)
        if not record.secret:
            raise PlatformError(_is_unproven(name))
        return record

    def invoke(self, name: str, body: Body, headers: Mapping[str, str], seconds: float | None = None) -> EndpointAnswer:
        """Returns an endpoint's answer to one request, whatever its status.

        Args:
            headers: those that an endpoint with a token asks for are added.
            seconds: that an answer is waited for; None means as long as the endpoint's own deadline calls for.

        Raises:
            UserError: there is no such endpoint.
            EndpointEnded: its server has ended.
            NoAnswer: it did not answer in time, and has not ended.
        """
        record = self.running(name)
        client, headers = self._client(record), {**headers, **self.authorization(name)}
        try:
            return client.invoke(body, headers, seconds or record.answer_seconds)
        except NoAnswer as error:
            if self.has_ended(record):
                self.running(name)  # raises, and says so
            raise NoAnswer(f"endpoint {name!r} must answer, but it did not: {error}") from error

    def has_ended(self, record: EndpointRecord) -> bool:
        """Returns whether an endpoint's server has ended, asked right after it did not answer.

        A process loses its connections a moment before its lock, on a busy machine a long one. So a server that does
        not answer a ping either is waited for, for 10 seconds at most.
        """
        if self._client(record).is_there():
            return False
        return wait_until_unlocked(self.folder(record.name).lock, ENDING_SECONDS)

    def is_ready(self, name: str) -> bool:
        """Returns whether an endpoint can predict.

        Raises:
            UserError, PlatformError: as :meth:`running`.
        """
        return self._client(self.running(name)).is_ready()

    def authorization(self, name: str) -> dict[str, str]:
        """Returns the header that requests to an endpoint must have; empty where it asks for no token."""
        return self.folder(name).authorization()

    def requests_in_flight(self, name: str, wanted: int | None = None) -> int:
        """Returns how many requests at a time make sense: as many as wanted, else as the endpoint asks for at
        GET /execution-parameters; never more than its queue holds.

        Raises:
            UserError: there is no such endpoint.
            PlatformError: its server has ended.
        """
        record = self.running(name)
        asked = wanted or self._client(record).concurrent_requests(self.authorization(name))
        return max(1, min(asked, record.max_queue))

    def names(self) -> list[str]:
        """Returns the names of the endpoints whose servers live, sorted."""
        return [name for name in self.kept() if is_locked(self.folder(name).lock)]

    def descriptions(self) -> list[dict[str, Any]]:
        """Returns every endpoint, also those whose servers have ended, as :meth:`describe` does, sorted by name."""
        described = []
        for name in self.kept():
            with contextlib.suppress(UserError, PlatformError):  # deleted meanwhile, or not an endpoint's
                described.append(self.describe(name))
        return described

    def kept(self) -> list[str]:
        """Returns the names of all endpoints, also of those whose servers have ended, sorted."""
        roots = self.home.endpoints.glob("[!.]*")
        return sorted(root.name for root in roots if is_name(root.name) and EndpointFolder(root).record.is_file())

    def summaries(self) -> list[dict[str, Any]]:
        """Returns every endpoint, shaped as the API's EndpointSummary, without an ARN."""
        names = ("EndpointName", "CreationTime", "EndpointStatus")
        return [
            {**{name: described[name] for name in names}, "LastModifiedTime": self._modified(described)}
            for described in self.descriptions()
        ]

    def _modified(self, described: Mapping[str, Any]) -> datetime:
        with contextlib.suppress(FileNotFoundError):
            return moment(self.folder(described["EndpointName"]).record.stat().st_mtime)
        created: datetime = described["CreationTime"]
        return created

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the endpoint, shaped as the SageMaker API's DescribeEndpoint, with its EndpointUrl.

        It is Failed, with a FailureReason, where its server has ended.

        Raises:
            UserError: there is no such endpoint.
        """
        record = self._record(name)
        return {
            "EndpointName": name,
            "EndpointConfigName": record.config,
            **self._status_fields(record),
            "CreationTime": moment(record.created),
            "EndpointUrl": record.url,
            "ModelDataUrl": record.model_data,
            "InstanceType": record.instance_type,
            "TestTimeAugmentation": record.test_time_augmentation,
        }

    def delete(self, name: str) -> None:
        """Stops the server, which finishes what it is answering, and removes all that is kept of the endpoint.

        Raises:
            UserError: there is no such endpoint.
            PlatformError: its server lives, and what is written down of it cannot be read.
        """
        try:
            record = self._record(name)
        except PlatformError:
            if self.forget_failed(name):
                return
            raise
        self._stop(name)
        self._clients.pop(name, None)
        with exclusive(self.home.endpoints):
            if self.folder(name).is_of(record):
                remove(self.folder(name).root)

    def has(self, name: str) -> bool:
        """Returns whether there is an endpoint of this name, also one that has failed."""
        return is_name(name) and self.folder(name).record.is_file()

    def has_failed(self, name: str) -> bool:
        """Returns whether there is an endpoint of this name whose server has ended."""
        folder = self.folder(name)
        return folder.record.is_file() and not is_locked(folder.lock)

    def forget_failed(self, name: str) -> bool:
        """Removes what is left of an endpoint whose server has ended; returns whether there was something."""
        # One at a time: between the question and the removal nobody may put a new endpoint in the old one's place,
        # which can only be done once it is removed.
        with exclusive(self.home.endpoints):
            has_failed = self.has_failed(name)
            if has_failed:
                remove(self.folder(name).root)
            return has_failed

    def _give_up(self, name: str, why: str) -> str:
        """Stops a server that is not what it should be, keeps why, and returns it with the last line of the log."""
        record = replace(self._record(name), failure=f"endpoint {name!r} {why}")
        sentence = self._failure(record)
        self._rewrite(record)
        self._stop(name)
        return sentence

    def _rewrite(self, record: EndpointRecord) -> None:
        folder = self.folder(record.name)
        with exclusive(self.home.endpoints):
            if folder.is_of(record):  # and not gone meanwhile, nor another's
                write_json(folder.record, asdict(record))

    def _stop(self, name: str) -> None:
        folder = self.folder(name)
        deadline = time.monotonic() + STARTING_SECONDS
        while is_locked(folder.lock):
            process_id = self._record(name).process_id
            if process_id:
                stop_detached(process_id, folder.lock, GRACE_SECONDS)
                return
            if time.monotonic() > deadline:  # whoever started it was killed before it could write that down
                return
            time.sleep(QUICK_POLL_SECONDS)

    def _status_fields(self, record: EndpointRecord) -> dict[str, str]:
        if not is_locked(self.folder(record.name).lock):
            return {"EndpointStatus": "Failed", "FailureReason": self._failure(record)}
        if not record.secret:
            return {"EndpointStatus": "OutOfService", "FailureReason": _is_unproven(record.name)}
        return {"EndpointStatus": "InService" if self._client(record).is_ready() else "Creating"}

    def _failure(self, record: EndpointRecord) -> str:
        what = record.failure or _has_ended(record.name)
        return f"{what}; the last line of its log: {self._last_line(record.name)}"

    def _last_line(self, name: str) -> str:
        return last_line(self.folder(name).log)

    def _record(self, name: str) -> EndpointRecord:
        """Raises UserError where there is no such endpoint."""
        try:
            return self.folder(name).read_record()
        except FileNotFoundError:
            running = ", ".join(self.names()) or "none"
            raise UserError(f"there is no endpoint {name!r} on this machine; running: {running}") from None

    def _client(self, record: EndpointRecord) -> EndpointClient:
        client = self._clients.get(record.name)
        if client is None or not client.is_for(record.port, record.secret, record.address):
            # Not at the top: urllib3 takes long to import, and `import semseg` needs none of it.
            from semseg.local.endpoint.client import EndpointClient

            client = EndpointClient(record.port, record.secret, record.address)
            self._clients[record.name] = client
        return client

    def folder(self, name: str) -> EndpointFolder:
        """Returns the folder of an endpoint, which need not be there."""
        check_name(NOUN, name)
        return EndpointFolder(self.home.endpoints / name)


def _new_record(request: EndpointRequest, listener: socket.socket, environment: Mapping[str, str]) -> EndpointRecord:
    return EndpointRecord(
        request.name,
        listener.getsockname()[1],
        request.archive.as_uri(),
        request.instance_type,
        time.time(),
        config=request.config,
        answer_seconds=max(ANSWER_SECONDS, DEADLINE_SECONDS.read(environment) + MARGIN_SECONDS),
        max_queue=MAX_QUEUE.read(environment),
        identity=uuid.uuid4().hex,
        secret=new_secret(),
        address=address_of(listener),
    )


def _is_unproven(name: str) -> str:
    return (
        f"endpoint {name!r} was deployed by an earlier version of semseg, whose servers cannot prove who they are: "
        f"delete it, then deploy again"
    )


def _has_ended(name: str) -> str:
    return f"the server of endpoint {name!r} has ended"


def _prepare(
    folder: EndpointFolder, archive: Path, record: EndpointRecord, environment: Mapping[str, str]
) -> EndpointRecord:
    """Writes an endpoint's files, and returns its record with what the model says."""
    token = TOKEN.read(environment)
    folder.model.mkdir(parents=True)
    unpack(archive, folder.model)
    check_servable(folder.model)
    write_json(folder.resource_config, resource_configuration(record.instance_type))
    way = TTA.read(environment) or read_description(folder.model).test_time_augmentation
    record = replace(record, test_time_augmentation=way)
    write_json(folder.record, asdict(record))
    if token is not None:
        folder.write_token(token)
    return record
