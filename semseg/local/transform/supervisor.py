"""The process of one batch transform job: ``python -m semseg.local.transform.supervisor <folder> <command ...>``.

It starts an endpoint of its own, sends it every picture, writes the answers, and writes where the job stands. Whoever
starts it hands it the job's lock, which it holds until its end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
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
)
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ModelError, PlatformError, RequestError, SemsegError, UserError
from semseg.local.endpoint.endpoints import EndpointRequest, Endpoints, remove
from semseg.local.endpoint.folder import MARGIN_SECONDS
from semseg.local.endpoint.invocation import Answer, EndpointEnded
from semseg.local.endpoint.retries import Retries
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import inner_failure
from semseg.local.process.leash import leashed
from semseg.local.transform import log as transform_log
from semseg.local.transform.data import read_input, write_output
from semseg.local.transform.folder import TransformFolder, TransformInput
from semseg.plumbing.json_file import read_json
from semseg.plumbing.ordered_map import ordered_map

SERVER = "transform"
POLL_SECONDS = 0.1
START_SECONDS = 600.0  # until the endpoint must answer
BUSY_SECONDS = 70.0  # that a busy server is asked again for the same picture
MEGABYTE = 2**20
LONGEST_FAILURE_REASON = 1024  # characters
DEFAULT_PAYLOAD_MB, DEFAULT_TIMEOUT, DEFAULT_RETRIES = 6, 600, 3  # SageMaker's


@dataclass(frozen=True)
class Settings:
    """What a request asks for, SageMaker's defaults filled in.

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
        client = request.get("ModelClientConfig") or {}
        output = request["TransformOutput"]
        retries = client.get("InvocationsMaxRetries", DEFAULT_RETRIES)
        headers = {"Content-Type": request["TransformInput"].get("ContentType"), "Accept": output.get("Accept")}
        return cls(
            workers=request.get("MaxConcurrentTransforms"),
            max_bytes=request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB) * MEGABYTE,
            timeout=client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT),
            retries=Retries(BUSY_SECONDS if retries else 0.0, retries),
            headers={name: value for name, value in headers.items() if value},
            output=output["S3OutputPath"],
            kms_key=output.get("KmsKeyId"),
        )


class TransformSupervisor:
    """Looks after one job from its start to its end."""

    def __init__(self, job: TransformFolder, command: list[str], account: Account) -> None:
        self.job = job
        self.account = account
        self.endpoints = Endpoints(Home(job.server_home), leashed(command))
        self.request: dict[str, Any] = read_json(job.request)
        self.settings = Settings.of(self.request)
        self.status = job.read_status()
        self.failures: list[str] = []
        self.stopping = threading.Event()  # wakes whoever waits to ask again

    def run(self) -> None:
        """Transform everything and write the end. SIGTERM to this process asks the job to stop."""
        signal.signal(signal.SIGTERM, lambda *_: self.job.stop_request.touch())
        try:
            self._update(started=time.time())
            threading.Thread(target=self._watch_for_stop, name="stop", daemon=True).start()
            self._start_server()
            self._transform_all()
            self._conclude()
        except EndpointEnded as error:
            reason = f"the job's endpoint has ended; the last line of its log: {error.last_line}"
            self._end("Failed", failure_reason=reason[:LONGEST_FAILURE_REASON])
        except (SemsegError, OSError) as error:
            self._end("Failed", failure_reason=str(error)[:LONGEST_FAILURE_REASON])
        except Exception as error:
            self._end("Failed", failure_reason=inner_failure(error, self.job.log)[:LONGEST_FAILURE_REASON])

    def _start_server(self) -> None:
        container = read_json(self.job.model_description)["PrimaryContainer"]
        archive = self._local_archive(container.get("ModelDataUrl"))
        environment = self._environment(container.get("Environment") or {})
        instance_type = self.request["TransformResources"]["InstanceType"]
        self.endpoints.start(EndpointRequest(SERVER, archive, instance_type, environment))
        deadline = time.monotonic() + START_SECONDS
        while not self._stopped():
            if self.endpoints.is_ready(SERVER):
                return
            if time.monotonic() > deadline:
                raise PlatformError(f"the job's endpoint was not ready within {START_SECONDS:g} seconds")
            time.sleep(POLL_SECONDS)

    def _local_archive(self, model_data: str | None) -> str:
        if model_data is None:
            raise ModelError("the model of a transform job must have a model.tar.gz, got a model without one")
        if not is_s3(model_data):
            return model_data
        stored = self.account.objects.find(S3Uri.parse("the model", model_data))
        if stored is None:
            raise ModelError(f"the model of a transform job must exist, and there is none at {model_data!r}")
        archive = self.job.root / "model.tar.gz"
        self.account.objects.download([(stored, archive)])
        return str(archive)

    def _environment(self, model: dict[str, str]) -> dict[str, str]:
        """The server's: the model's variables, what a container is told of a batch job, and the request's own.

        The job's patience is the server's deadline, unless the model has one of its own.
        """
        settings = self.settings
        told = {BATCH.name: "true", MAX_PAYLOAD_IN_MB.name: str(settings.max_bytes // MEGABYTE)}
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
        }

    def _transform_all(self) -> None:
        inputs = self.job.read_inputs()
        self.job.results.touch()
        print(transform_log.total(len(inputs)), flush=True)
        workers = self.endpoints.requests_in_flight(SERVER, self.settings.workers)
        sentences = ordered_map(self._transform, inputs, workers)
        with contextlib.closing(sentences):
            for item, sentence in zip(inputs, sentences):
                if sentence:
                    self.failures.append(f"{item.key}: {sentence}")
                if self._stopped():
                    return

    def _transform(self, item: TransformInput) -> str:
        """Transform one picture; empty where it went well, else what went wrong.

        Raises:
            EndpointEnded: the server has ended.
        """
        if self._stopped():
            return ""
        began = time.monotonic()
        try:
            output = self._answer_and_write(item)
        except EndpointEnded:
            raise
        except (SemsegError, OSError) as error:
            self.job.add_result({"input": item.key, "error": str(error)})
            print(transform_log.failed(item.key, str(error)), flush=True)
            return str(error)
        self.job.add_result({"input": item.key, "output": output})
        print(transform_log.done(item.key, time.monotonic() - began), flush=True)
        return ""

    def _answer_and_write(self, item: TransformInput) -> str:
        limit = self.settings.max_bytes
        if limit and item.size > limit:
            raise UserError(
                f"a picture must have at most {limit // MEGABYTE} MB (max_payload), got {item.size / MEGABYTE:.1f} MB"
            )
        body = read_input(item, self.account)
        answer = self.settings.retries.ask(lambda: self._ask(body), self.stopping)
        return write_output(self.settings.output, item.key, answer.body, self.account, self.settings.kms_key)

    def _ask(self, body: bytes) -> Answer:
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
            time.sleep(POLL_SECONDS)
        self.stopping.set()

    def _conclude(self) -> None:
        done = sum(1 for _ in self.job.results.open(encoding="utf-8"))
        if self._stopped() and done < len(self.job.read_inputs()):
            self._end("Stopped")
        elif self.failures:
            self._end("Failed", failure_reason=self._failure_reason(done))
        else:
            self._end("Completed")

    def _failure_reason(self, done: int) -> str:
        head = f"{len(self.failures)} of {done} pictures failed, the answers to the others are kept: "
        return (head + "; ".join(self.failures))[:LONGEST_FAILURE_REASON]

    def _stopped(self) -> bool:
        if not self.job.stop_request.exists():
            return False
        if self.status.status == "InProgress":
            self._update(status="Stopping", secondary_status="Stopping")
        return True

    def _end(self, status: str, **changes: Any) -> None:
        """End the server, then say so: nobody sees an ended job whose server still runs."""
        for name in self.endpoints.names():
            self.endpoints.delete(name)
        remove(self.job.server_home)
        self._update(status=status, secondary_status=status, ended=time.time(), **changes)

    def _update(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self.job.write_status(self.status)


def main() -> None:
    directory, *command = sys.argv[1:]
    TransformSupervisor(TransformFolder(Path(directory)), command, Account()).run()


if __name__ == "__main__":
    main()
