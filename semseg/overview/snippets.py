"""What people did in a form, as text to copy: the same in Python, as a command, by boto3 and by curl."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semseg.contract.resource_config import LOCAL
from semseg.overview.hyperparameter_fields import NUMBER, WHOLE_NUMBER, YES_OR_NO, hyperparameter_fields

WIDTH = 88  # characters, from where a command or a call has a line for each argument
LITERALS = (WHOLE_NUMBER, NUMBER, YES_OR_NO)  # kinds whose values stand in Python as they are


@dataclass(frozen=True)
class Snippet:
    """A text to copy.

    Attributes:
        title: the language, such as "Python".
        code: several lines, without a line end at its end.
    """

    title: str
    code: str


def training_snippets(
    data: str | Mapping[str, str],
    name: str,
    hyperparameters: Mapping[str, str],
    instance_type: str = LOCAL,
    role: str = "",
    output_path: str = "",
) -> list[Snippet]:
    """Returns a training job in Python and as a command.

    Args:
        data: the folder of all channels, or the place of each.
        name: of the job; "" where it is made up.
        hyperparameters: those that are set, in the wire form.
        role: of a managed job.
        output_path: where its model goes; "" where that is not said.
    """
    settings = {"instance_type": instance_type, "role": role, "output_path": output_path}
    given = {key: value for key, value in settings.items() if value}
    literals = {field.name: field.kind in LITERALS for field in hyperparameter_fields()}
    values = [f"{key}={value if literals.get(key) else repr(value)}" for key, value in hyperparameters.items()]
    inputs = repr(data if isinstance(data, str) else dict(data))
    python = [
        "import semseg\n",
        _call("estimator = semseg.Estimator", ["instance_count=1", *(f"{k}={v!r}" for k, v in given.items())]),
        *([_call("estimator.set_hyperparameters", values)] if values else []),
        _call("estimator.fit", [inputs, *([f"job_name={name!r}"] if name else [])]),
        "print(estimator.model_data)",
    ]
    return [
        Snippet("Python", "\n".join(python)),
        Snippet("Command", training_command(data, name, hyperparameters, instance_type, role, output_path)),
    ]


def training_command(
    data: str | Mapping[str, str],
    name: str,
    hyperparameters: Mapping[str, str],
    instance_type: str,
    role: str,
    output_path: str,
) -> str:
    """Returns the command that starts a training job; see :func:`training_snippets`."""
    options = {field.name: field.option for field in hyperparameter_fields()}
    places = [data] if isinstance(data, str) else []
    channels = {} if isinstance(data, str) else {f"--{key.replace('_', '-')}": place for key, place in data.items()}
    settings = {
        **channels,
        "--name": name,
        "--instance-type": "" if instance_type == LOCAL else instance_type,
        "--role": role,
        "--output-path": output_path,
        **{options.get(key, f"--{key}"): value for key, value in hyperparameters.items()},
    }
    return _command(["semseg train", *map(shlex.quote, places)], settings)


def job_snippets(name: str) -> list[Snippet]:
    """Returns what is done with a training job of this machine, in Python and as commands."""
    python = [
        "import semseg\n",
        f"estimator = semseg.Estimator.attach({name!r})  # waits for its end",
        "print(estimator.evaluation())",
        'predictor = estimator.deploy(initial_instance_count=1, instance_type="local")',
        'mask = predictor.predict("picture.jpg")',
    ]
    commands = [
        f"semseg logs -f {name}",
        f"semseg report --open {name}",
        f"semseg predict {name} picture.jpg -o masks --overlay",
        f"semseg deploy {name}",
    ]
    return [Snippet("Python", "\n".join(python)), Snippet("Command", "\n".join(commands))]


def deployment_snippets(
    model: str, is_job: bool, endpoint_name: str, instance_type: str, environment: Mapping[str, str]
) -> list[Snippet]:
    """Returns how an endpoint is made, in Python and as a command.

    Args:
        model: the name of a training job, or the URI or path of an archive.
        is_job: whether it is a job.
        endpoint_name: "" where it is made up.
        environment: variables of the server that are set.
    """
    opened = f"semseg.Estimator.attach({model!r})" if is_job else f"semseg.Model(model_data={model!r})"
    arguments = [
        "initial_instance_count=1",
        f"instance_type={instance_type!r}",
        *([f"endpoint_name={endpoint_name!r}"] if endpoint_name else []),
    ]
    env = repr(dict(environment)) if environment else ""
    if env and is_job:
        arguments.append(f"env={env}")
    elif env:
        opened = f"semseg.Model(model_data={model!r}, env={env})"
    python = [
        "import semseg\n",
        f"model = {opened}",
        _call("predictor = model.deploy", arguments),
        'mask = predictor.predict("picture.jpg")',
    ]
    settings = {"--name": endpoint_name, "--instance-type": "" if instance_type == LOCAL else instance_type}
    variables = [f"--env {shlex.quote(f'{key}={value}')}" for key, value in environment.items()]
    command = _command(["semseg deploy", shlex.quote(model)], settings, variables)
    return [Snippet("Python", "\n".join(python)), Snippet("Command", command)]


def prediction_snippets(endpoint_name: str, url: str) -> list[Snippet]:
    """Returns how an endpoint of this machine is asked for a mask: in Python, as a command, by boto3 and by curl.

    Args:
        url: its address, such as "http://127.0.0.1:8080".
    """
    python = [
        "import semseg\n",
        f"predictor = semseg.Predictor({endpoint_name!r})",
        'mask = predictor.predict("picture.jpg")  # (H, W) uint8, the class of each pixel',
    ]
    boto3 = [
        "import boto3\n",
        "client = boto3.client(",
        '    "sagemaker-runtime",',
        f"    endpoint_url={url!r},",
        '    region_name="us-east-1",',
        '    aws_access_key_id="any",',
        '    aws_secret_access_key="any",',
        ")",
        'with open("picture.jpg", "rb") as file:',
        "    answer = client.invoke_endpoint(",
        f'        EndpointName={endpoint_name!r}, ContentType="image/jpeg", Accept="image/png", Body=file.read()',
        "    )",
        'with open("mask.png", "wb") as file:',
        '    file.write(answer["Body"].read())',
    ]
    curl = [
        'curl -H "Content-Type: image/jpeg" -H "Accept: image/png" \\',
        f"  --data-binary @picture.jpg {url}/invocations -o mask.png",
    ]
    return [
        Snippet("Python", "\n".join(python)),
        Snippet("Command", f"semseg predict {shlex.quote(endpoint_name)} picture.jpg -o masks --overlay"),
        Snippet("boto3", "\n".join(boto3)),
        Snippet("curl", "\n".join(curl)),
    ]


def _call(function: str, arguments: Sequence[str]) -> str:
    """Returns a call in Python, with a line for each argument where it is long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in arguments), ")"])


def _command(words: Sequence[str], settings: Mapping[str, str], more: Sequence[str] = ()) -> str:
    """Returns a command of this shell, with a line for each option where it is long; empty settings are left out."""
    options = [*(f"{option} {shlex.quote(value)}" for option, value in settings.items() if value), *more]
    line = " ".join([*words, *options])
    return line if len(line) <= WIDTH else " \\\n  ".join([" ".join(words), *options])
