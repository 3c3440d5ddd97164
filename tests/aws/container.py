"""What SageMaker does around a container, done with the real two commands: for a stand-in of SageMaker that trains."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.contract.job_directory import JobDirectory
from semseg.contract.s3_uri import S3Uri
from tests.ports import free_port

SECONDS = 150


def run_training_job(request: Mapping[str, Any], root: Path, say: Callable[[str], None]) -> str:
    """Run ``train`` over a new /opt/ml below ``root`` and upload its model.

    Args:
        request: as CreateTrainingJob's, with S3Prefix channels in File mode.
        say: called with each line of its log.

    Returns:
        The failure reason; empty where the job completed.
    """
    directory = JobDirectory(root)
    _lay_out(request, directory)
    environment = {**os.environ, **request.get("Environment", {}), "SAGEMAKER_BASE_DIR": str(root)}
    command = [sys.executable, "-u", "-m", "semseg.container.train"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip("\n"))
    if process.returncode != 0:
        return directory.failure.read_text() if directory.failure.exists() else f"exit code {process.returncode}"
    archive = root / "model.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(directory.model.iterdir()):
            tar.add(path, path.name)
    target = model_uri(request)
    Account().connection.client("s3").upload_file(str(archive), target.bucket, target.key)
    return ""


def model_uri(request: Mapping[str, Any]) -> S3Uri:
    """Where SageMaker puts the model of a job."""
    output = S3Uri.parse("S3OutputPath", request["OutputDataConfig"]["S3OutputPath"])
    return output.join(request["TrainingJobName"], "output", "model.tar.gz")


@contextmanager
def running_endpoint(model_data: str, environment: Mapping[str, str], root: Path) -> Iterator[str]:
    """Run ``serve`` over a model in S3; the address of its server, which answers."""
    directory = JobDirectory(root)
    directory.model.mkdir(parents=True)
    archive = root / "model.tar.gz"
    uri = S3Uri.parse("ModelDataUrl", model_data)
    Account().connection.client("s3").download_file(uri.bucket, uri.key, str(archive))
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member)
            assert content is not None
            (directory.model / member.name).write_bytes(content.read())
    port = free_port()
    variables = {
        **os.environ,
        **environment,
        "SAGEMAKER_BASE_DIR": str(root),
        "SAGEMAKER_BIND_TO_PORT": str(port),
    }
    with (root / "log.txt").open("wb") as log:
        command = [sys.executable, "-m", "semseg.container.serve"]
        with subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_for(url, process, root / "log.txt")
                yield url
            finally:
                process.terminate()


def _lay_out(request: Mapping[str, Any], directory: JobDirectory) -> None:
    """The configuration files and the channels, as SageMaker writes them."""
    store, configured = Account().objects, {}
    for channel in request["InputDataConfig"]:
        source = channel["DataSource"]["S3DataSource"]
        folder = S3Uri.parse("S3Uri", source["S3Uri"].rstrip("/") + "/")
        directory.channel(channel["ChannelName"]).mkdir(parents=True)
        for stored in store.list_prefix(folder):
            path = directory.channel(channel["ChannelName"]) / stored.uri.key[len(folder.key) :]
            path.write_bytes(store.read(stored.uri))
        configured[channel["ChannelName"]] = {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
    resources = {
        "current_host": "algo-1",
        "current_instance_type": request["ResourceConfig"]["InstanceType"],
        "hosts": ["algo-1"],
        "network_interface_name": "eth0",
    }
    directory.hyperparameters.parent.mkdir(parents=True)
    directory.hyperparameters.write_text(json.dumps(request["HyperParameters"]))
    directory.input_data_config.write_text(json.dumps(configured))
    directory.resource_config.write_text(json.dumps(resources))
    directory.model.mkdir()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/ping", timeout=SECONDS) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()}")
