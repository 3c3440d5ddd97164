"""The process of one batch transform job: ``python -m semseg.local.transform.supervisor <folder> <command ...>``.

It starts an endpoint of its own, sends it every picture, writes the answers, and writes where the job stands. Whoever
starts it hands it the job's lock, which it holds until its end.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.contract.environment import (
    BATCH,
    DEADLINE_SECONDS,
    MAX_BODY_BYTES,
    MAX_CONCURRENT_TRANSFORMS,
    MAX_PAYLOAD_IN_MB,
    MAX_QUEUE,
    TOKEN,
)
from semseg.contract.server_proof import new_secret
from semseg.errors import ModelError, PlatformError, RequestError, SemsegError, UserError
from semseg.local.endpoint.endpoints import EndpointRequest, Endpoints
from semseg.local.endpoint.folder import MARGIN_SECONDS
from semseg.local.endpoint.invocation import EndpointAnswer, EndpointEnded
from semseg.local.endpoint.retries import Retries
from semseg.local.files.locations import local_archive
from semseg.local.jobs.home import Home
from semseg.local.jobs.supervision import Ending, Supervision, look_after
from semseg.local.process.leash import leashed
from semseg.local.transform import log as transform_log
from semseg.local.transform.data import read_input, sweep_outputs, write_output
from semseg.local.transform.folder import TransformFolder, TransformInput
from semseg.plumbing.counted import counted
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.json_file import read_object
from semseg.plumbing.ordered_map import ordered_map

SERVER = "transform"
POLL_SECONDS = 0.1
START_SECONDS = 600.0  # until the endpoint must answer
BUSY_SECONDS = 70.0  # that a busy server is asked again for the same picture
MEBIBYTE = 2**20  # what SageMaker calls a MB of max_payload
DEFAULT_PAYLOAD_MB, DEFAULT_TIMEOUT, DEFAULT_RETRIES = 6, 600, 3  # SageMaker's


@dataclass(frozen=True)
class Settings:
    """What a request asks for, with SageMaker's defaults.

    ``workers`` None leaves it to the server how many pictures at a time; ``max_bytes`` 0 is no limit.
    """

    workers: int | None
    max_bytes: int
    timeout: int  # seconds of one request
    retries: Retries
    headers: dict[str, str]
    output: str
    kms_key: str | None

    @classmethod
    def of(cls, request: dict[str, Any]) -> Settings:
        """Returns the settings of a request shaped as CreateTransformJob's."""
        client = request.get("ModelClientConfig") or {}
        output = request["TransformOutput"]
        retries = client.get("InvocationsMaxRetries", DEFAULT_RETRIES)
        headers = {"Content-Type": request["TransformInput"].get("ContentType"), "Accept": output.get("Accept")}
        return cls(
            workers=request.get("MaxConcurrentTransforms"),
            max_bytes=request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB) * MEBIBYTE,
            timeout=client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT),
            retries=Retries(BUSY_SECONDS if retries else 0.0, retries),
            headers={name: value for name, value in headers.items() if value},
            output=output["S3OutputPath"],
            kms_key=output.get("KmsKeyId"),
        )


class TransformSupervisor(Supervision[TransformFolder]):
    """Looks after one job from its start to its end."""

    def __init__(self, job: TransformFolder, command: Sequence[str], account: Account) -> None:
        super().__init__(job, account.teller)
        self.account = account
        self.home = Home.of_job(job.root)
        self.endpoints = Endpoints(Home(job.server_home), leashed(list(command)))
        self.settings = Settings.of(self.request)
        self.failures: list[str] = []
        self.stopping = threading.Event()  # wakes whoever waits to ask again
        self.finished = threading.Event()

    def _work(self) -> Ending:
        self._update(started=time.time())
        threading.Thread(target=self._watch_for_stop, name="stop", daemon=True).start()
        try:
            if not self._start_server():
                return Ending("Stopped")
            self._transform_all()
            return self._conclude()
        except EndpointEnded as error:
            raise PlatformError(f"the job's endpoint has ended; the last line of its log: {error.last_line}") from error

    def _tidy(self) -> None:
        """Ends the server: nobody sees an ended job whose server still runs."""
        self.finished.set()
        self.job.end_server()

    def _start_server(self) -> bool:
        """Starts the server and waits for it; returns False where the job was stopped meanwhile."""
        instance_type = self.request["TransformResources"]["InstanceType"]
        container = read_object(self.job.model_description)["PrimaryContainer"]
        location = container.get("ModelDataUrl")
        if location is None:
            raise ModelError("the model of a transform job must have a model.tar.gz, got a model without one")
        archive = local_archive("the model of a transform job", location, self.account, self.home)
        environment = self._environment(container.get("Environment") or {})
        self.endpoints.start(EndpointRequest(SERVER, archive, instance_type, environment))
        deadline = time.monotonic() + START_SECONDS
        while not self._is_stopped():
            if self.endpoints.is_ready(SERVER):
                return True
            if time.monotonic() > deadline:
                raise PlatformError(f"the job's endpoint was not ready within {START_SECONDS:g} seconds")
            time.sleep(POLL_SECONDS)
        return False

    def _environment(self, model: dict[str, str]) -> dict[str, str]:
        """Returns the server's variables: the model's, what a container is told of a batch job, and the request's own.

        The job's patience is the server's deadline, unless the model has one of its own.
        """
        settings = self.settings
        told = {BATCH.name: "true", MAX_PAYLOAD_IN_MB.name: str(settings.max_bytes // MEBIBYTE)}
        if settings.max_bytes:
            told[MAX_BODY_BYTES.name] = str(settings.max_bytes)
        if settings.workers:
            told[MAX_CONCURRENT_TRANSFORMS.name] = str(settings.workers)
            queue = MAX_QUEUE.read({**os.environ, **model})
            told[MAX_QUEUE.name] = str(max(settings.workers, queue))
        return {
            DEADLINE_SECONDS.name: str(settings.timeout),
            **model,
            **told,
            **(self.request.get("Environment") or {}),
            TOKEN.name: new_secret(),  # of this server alone: nobody else is to ask it, and no file keeps the model's
        }

    def _transform_all(self) -> None:
        inputs = self.job.read_inputs()
        self.job.results.touch()
        sweep_outputs(self.settings.output, inputs)
        self.teller.line(transform_log.total(len(inputs)))
        workers = self.endpoints.requests_in_flight(SERVER, self.settings.workers)
        sentences = ordered_map(self._transform, inputs, workers)
        with contextlib.closing(sentences):
            for item, sentence in zip(inputs, sentences):
                if sentence:
                    self.failures.append(f"{item.key}: {sentence}")
                if self._is_stopped():
                    return

    def _transform(self, item: TransformInput) -> str:
        """Transforms one picture; returns what went wrong, empty where nothing did.

        Raises:
            EndpointEnded: the server has ended.
        """
        if self._is_stopped():
            return ""
        began = time.monotonic()
        try:
            output = self._answer_and_write(item)
        except EndpointEnded:
            raise
        except (SemsegError, OSError) as error:
            if no_room(error, self.job.root) is not None:  # each further picture would cost its time, and fail alike
                raise
            self.job.add_result({"input": item.key, "error": str(error)})
            self.teller.line(transform_log.failed(item.key, str(error)))
            return str(error)
        self.job.add_result({"input": item.key, "output": output})
        self.teller.line(transform_log.done(item.key, time.monotonic() - began))
        return ""

    def _answer_and_write(self, item: TransformInput) -> str:
        limit = self.settings.max_bytes
        if limit and item.size > limit:
            raise UserError(
                f"a picture must have at most {limit // MEBIBYTE} MB (max_payload), got {item.size / MEBIBYTE:.1f} MB"
            )
        body = read_input(item, self.account)
        answer = self.settings.retries.ask(lambda: self._ask(body), self.stopping)
        return write_output(self.settings.output, item.key, answer.body, self.account, self.settings.kms_key)

    def _ask(self, body: bytes) -> EndpointAnswer:
        """Returns the server's answer.

        Raises:
            RequestError: it refused.
            NoAnswer: it did not answer, and lives.
            EndpointEnded: it has ended.
        """
        answer = self.endpoints.invoke(SERVER, body, self.settings.headers, self.settings.timeout + MARGIN_SECONDS)
        if answer.status != 200:
            raise RequestError(answer.status, answer.message, answer.retry_after)
        return answer

    def _watch_for_stop(self) -> None:
        while not self.job.stop_request.exists():
            if self.finished.wait(POLL_SECONDS):
                return
        self.stopping.set()

    def _conclude(self) -> Ending:
        done = self.job.count_results()
        if self._is_stopped() and done < len(self.job.read_inputs()):
            return Ending("Stopped")
        if self.failures:
            return self._failed(self._failure_reason(done))
        return Ending("Completed")

    def _failure_reason(self, done: int) -> str:
        head = f"{len(self.failures)} of {counted(done, 'picture')} failed, the answers to the others are kept: "
        return head + "; ".join(self.failures)


def main() -> None:
    directory, *command = sys.argv[1:]
    look_after(TransformSupervisor(TransformFolder(Path(directory)), command, Account()))


if __name__ == "__main__":
    main()
