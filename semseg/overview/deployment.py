"""A deployment and the questions to its endpoint as text to copy: Python, the command line, boto3, curl."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import NamedTuple

from semseg.contract.environment import ENGINE, PRECISION
from semseg.contract.resource_config import LOCAL


class Snippet(NamedTuple):
    """A text to copy, with the title of its tab."""

    title: str
    code: str


def deploy_snippets(
    job: str, archive: str, name: str, instance_type: str, environment: Mapping[str, str]
) -> list[Snippet]:
    """Returns the texts that deploy a model.

    Args:
        job: the name of a training job; "" where an archive is deployed.
        archive: the path of a model.tar.gz.
        name: of the endpoint.
        environment: variables of the server.
    """
    return [
        Snippet("Python", as_python(job, archive, name, instance_type, environment)),
        Snippet("Command line", as_command(job or archive, name, instance_type, environment)),
    ]


def ask_snippets(name: str, url: str) -> list[Snippet]:
    """Returns the texts that ask an endpoint of this name and address about a picture."""
    return [
        Snippet("Python", ask_as_python(name)),
        Snippet("Command line", ask_as_command(name)),
        Snippet("boto3", ask_as_boto3(name, url)),
        Snippet("curl", ask_as_curl(url)),
    ]


def as_python(job: str, archive: str, name: str, instance_type: str, environment: Mapping[str, str]) -> str:
    """Returns the lines of Python that deploy a job's model, or an archive."""
    env = f", env={json.dumps(dict(environment))}" if environment else ""
    called = f"initial_instance_count=1, instance_type={_quoted(instance_type)}, endpoint_name={_quoted(name)}"
    if archive and not job:
        made = f"model = semseg.Model(model_data={_quoted(archive)}{env})"
        return f"import semseg\n\n{made}\npredictor = model.deploy({called})\n"
    made = f"estimator = semseg.Estimator.attach({_quoted(job)})"
    return f"import semseg\n\n{made}\npredictor = estimator.deploy({called}{env})\n"


def as_command(model: str, name: str, instance_type: str, environment: Mapping[str, str]) -> str:
    """Returns the command that deploys a job's model, or an archive."""
    options = {
        "--name": name,
        "--instance-type": "" if instance_type == LOCAL else instance_type,
        "--engine": environment.get(ENGINE.name, ""),
        "--precision": environment.get(PRECISION.name, ""),
    }
    given = [word for option, value in options.items() if value for word in (option, value)]
    return shlex.join(["semseg", "deploy", model or "JOB", *given]) + "\n"


def ask_as_python(name: str) -> str:
    """Returns the lines of Python that ask an endpoint about a picture."""
    asked = 'mask = predictor.predict("street.jpg")  # (H, W) uint8'
    return f"import semseg\n\npredictor = semseg.Predictor({_quoted(name)})\n{asked}\n"


def ask_as_command(name: str) -> str:
    """Returns the command that writes the masks of a folder's pictures."""
    return f"semseg predict {name} pictures -o masks --overlay\n"


def ask_as_boto3(name: str, url: str) -> str:
    """Returns the lines of Python that ask an endpoint by boto3, which needs no semseg."""
    return (
        "import boto3\n\n"
        f'client = boto3.client("sagemaker-runtime", endpoint_url="{url}", region_name="us-east-1",\n'
        '                      aws_access_key_id="any", aws_secret_access_key="any")\n'
        'with open("street.jpg", "rb") as picture:\n'
        f'    answer = client.invoke_endpoint(EndpointName="{name}", ContentType="image/jpeg",\n'
        '                                    Accept="image/png", Body=picture.read())\n'
        'with open("mask.png", "wb") as mask:\n'
        '    mask.write(answer["Body"].read())\n'
    )


def ask_as_curl(url: str) -> str:
    """Returns the command that asks an endpoint by curl."""
    return (
        'curl -H "Content-Type: image/jpeg" -H "Accept: image/png" \\\n'
        f"     --data-binary @street.jpg {url}/invocations -o mask.png\n"
    )


def _quoted(text: str) -> str:
    """Returns a text as a literal of Python, in double quotes."""
    return json.dumps(text, ensure_ascii=False)
