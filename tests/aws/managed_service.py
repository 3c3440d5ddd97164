"""SageMaker with machines: moto keeps the books, and jobs and endpoints really run, by the container's two commands.

What moto cannot know, how a job stands and where its model is, is laid over its answers and held against botocore's own
model of the operation.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.validate import ParamValidator

from semseg.aws.account import Account
from tests.aws.container import model_uri, run_training_job, running_endpoint
from tests.aws.scripted_service import MODELS

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
SECONDS = 150
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "server", "date"}


class Job:
    """A training job that runs in a thread."""

    def __init__(self, request: Mapping[str, Any], root: Path) -> None:
        self.request = request
        self.started = time.time()
        self.ended: float | None = None
        self.failure = ""
        self._root = root
        self._lines: list[str] = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.failure = run_training_job(self.request, self._root, self._lines.append)
        except Exception:
            self.failure = traceback.format_exc()
        self._write_log()
        self.ended = time.time()

    def _write_log(self) -> None:
        logs = Account().connection.client("logs")
        stream = f"{self.request['TrainingJobName']}/algo-1-{self.started:.0f}"
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=LOG_GROUP)
        logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line or " "} for line in self._lines]
        logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events)

    def description(self) -> dict[str, Any]:
        """What DescribeTrainingJob says of it beside what it was asked for."""
        status = "InProgress" if self.ended is None else "Failed" if self.failure else "Completed"
        state = {"Status": "Training", "StartTime": self.started, "StatusMessage": "Training in progress."}
        told: dict[str, Any] = {
            "TrainingJobStatus": status,
            "SecondaryStatus": "Training" if self.ended is None else status,
            "SecondaryStatusTransitions": [state],
            "ModelArtifacts": {"S3ModelArtifacts": str(model_uri(self.request))},
        }
        if self.ended is not None:
            seconds = round(self.ended - self.started)
            told.update({"TrainingTimeInSeconds": max(seconds, 1), "BillableTimeInSeconds": max(seconds, 1)})
        if self.failure:
            told["FailureReason"] = self.failure[:1024]
        return told


class Machines:
    """The jobs and the endpoints that run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.jobs: dict[str, Job] = {}
        self.endpoints: dict[str, Future[str]] = {}  # name -> address, once it is in service
        self._running = ExitStack()
        self._starters = ThreadPoolExecutor()

    def start_job(self, request: Mapping[str, Any]) -> None:
        name = request["TrainingJobName"]
        self.jobs[name] = Job(request, self.root / name)

    def start_endpoint(self, request: Mapping[str, Any]) -> None:
        """Returns at once, as SageMaker does: a server can need longer than a client waits for an answer."""
        self.endpoints[request["EndpointName"]] = self._starters.submit(self._address_of_new, request)

    def _address_of_new(self, request: Mapping[str, Any]) -> str:
        client = Account().sagemaker_client
        config = client.describe_endpoint_config(EndpointConfigName=request["EndpointConfigName"])
        model = client.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])["PrimaryContainer"]
        root = self.root / request["EndpointName"]
        running = running_endpoint(model["ModelDataUrl"], model.get("Environment", {}), root)
        return self._running.enter_context(running)

    def endpoint_status(self, name: str) -> str:
        """What DescribeEndpoint says of an endpoint."""
        started = self.endpoints[name]
        if not started.done():
            return "Creating"
        return "Failed" if started.exception() else "InService"

    def close(self) -> None:
        self._starters.shutdown()
        self._running.close()


@contextmanager
def managed_service(moto_url: str, root: Path) -> Iterator[str]:
    """The address of a running service in front of moto; jobs and endpoints have their folders below ``root``."""
    machines = Machines(root)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            endpoint = self._endpoint_asked()
            answer = self._ask(endpoint, "/invocations", body) if endpoint else self._answer_by_moto(body)
            self._send(*answer)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

        def _endpoint_asked(self) -> str | None:
            parts = urlsplit(self.path).path.split("/")
            if len(parts) == 4 and parts[1] == "endpoints" and parts[3] == "invocations":
                return machines.endpoints[parts[2]].result()
            return None

        def _answer_by_moto(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            status, headers, answer = self._ask(moto_url, self.path, body)
            operation = self.headers.get("X-Amz-Target", "").partition("SageMaker.")[2]
            if status == 200 and operation == "CreateTrainingJob":
                machines.start_job(json.loads(body))
            if status == 200 and operation == "CreateEndpoint":
                machines.start_endpoint(json.loads(body))
            if status == 200 and operation == "DescribeTrainingJob":
                answer = overlaid(operation, answer, machines.jobs[json.loads(body)["TrainingJobName"]].description())
            if status == 200 and operation == "DescribeEndpoint":
                name = json.loads(body)["EndpointName"]
                answer = overlaid(operation, answer, {"EndpointStatus": machines.endpoint_status(name)})
            return status, headers, answer

        def _ask(self, url: str, path: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            host = urlsplit(url).netloc
            connection = http.client.HTTPConnection(host, timeout=SECONDS)
            with contextlib.closing(connection):
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                connection.request(self.command, path, body, headers)
                response = connection.getresponse()
                return response.status, response.getheaders(), response.read()

        def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            length = str(len(body))
            for name, value in headers:
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
                elif name.lower() == "content-length" and self.command == "HEAD":
                    length = value
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: the test's output is the test's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        machines.close()


def overlaid(operation: str, answer: bytes, told: Mapping[str, Any]) -> bytes:
    """An answer of moto with what it cannot know laid over it."""
    given = {name: value for name, value in json.loads(answer).items() if value != {}}  # as moto's DataCaptureConfig
    whole = {**given, **told}
    shape = MODELS["sagemaker"].operation_model(operation).output_shape
    report = ParamValidator().validate(whole, shape).generate_report()
    assert not report, report
    return json.dumps(whole).encode()
