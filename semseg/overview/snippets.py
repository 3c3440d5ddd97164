"""A training job as text to copy: in Python, and as a command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Union

from semseg.contract.resource_config import LOCAL
from semseg.overview.hyperparameter_fields import (
    NUMBER,
    WHOLE_NUMBER,
    YES_OR_NO,
    HyperparameterField,
    hyperparameter_fields,
)

WIDTH = 62  # characters, from where a command or a call has a line for each argument
LITERALS = (WHOLE_NUMBER, NUMBER, YES_OR_NO)  # kinds whose values stand in Python as they are

Data = Union[str, Mapping[str, str]]  # the folder of all channels, or the place of each


def training_as_python(data: Data, name: str, hyperparameters: Mapping[str, str], settings: Mapping[str, str]) -> str:
    """Returns the lines of Python that start a training job.

    Args:
        name: of the job; "" where it is made up.
        hyperparameters: those that are set, in the wire form.
        settings: of the estimator, by name; those that are "" are left out.
    """
    given = [f"{key}={_quoted(value)}" for key, value in settings.items() if value]
    literals = {field.name: field.kind in LITERALS for field in hyperparameter_fields()}
    values = [f"{key}={value if literals.get(key) else _quoted(value)}" for key, value in hyperparameters.items()]
    inputs = json.dumps(data if isinstance(data, str) else dict(data), ensure_ascii=False)
    lines = [
        "import semseg\n",
        _call("estimator = semseg.Estimator", ["instance_count=1", *given]),
        *([_call("estimator.set_hyperparameters", values)] if values else []),
        _call("estimator.fit", [inputs, *([f"job_name={_quoted(name)}"] if name else [])]),
    ]
    return "\n".join(lines) + "\n"


def training_as_command(data: Data, name: str, hyperparameters: Mapping[str, str], settings: Mapping[str, str]) -> str:
    """Returns the command that starts a training job; see :func:`training_as_python`."""
    words = ["semseg train", *([shlex.quote(data)] if isinstance(data, str) else [])]
    given = {
        **({} if isinstance(data, str) else {_option(key): place for key, place in data.items()}),
        "--name": name,
        **{_option(key): "" if value == LOCAL else value for key, value in settings.items()},
    }
    fields = {field.name: field for field in hyperparameter_fields()}
    parts = [f"{option} {shlex.quote(value)}" for option, value in given.items() if value]
    parts += [_hyperparameter(fields[key], value) for key, value in hyperparameters.items() if value]
    line = " ".join([*words, *parts])
    return (line if len(line) <= WIDTH else " \\\n  ".join([" ".join(words), *parts])) + "\n"


def job_as_python(name: str) -> str:
    """Returns the lines of Python that look at a training job and use its model."""
    return (
        "import semseg\n\n"
        f"estimator = semseg.Estimator.attach({_quoted(name)})\n"
        "print(estimator.evaluation())\n"
        "predictor = estimator.deploy(\n"
        '    initial_instance_count=1, instance_type="local"\n'
        ")\n"
        'mask = predictor.predict("picture.jpg")\n'
    )


def job_as_commands(name: str) -> str:
    """Returns the commands that look at a training job and use its model."""
    return (
        f"semseg logs -f {name}\n"
        f"semseg report --open {name}\n"
        f"semseg predict {name} pictures -o masks --overlay\n"
        f"semseg deploy {name}\n"
    )


def _call(function: str, arguments: Sequence[str]) -> str:
    """Returns a call in Python, with a line for each argument where it is long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in arguments), ")"])


def _hyperparameter(field: HyperparameterField, value: str) -> str:
    """Returns a hyperparameter as options give it: what is True or False is one word, as --syncbn and --no-syncbn."""
    if field.kind != YES_OR_NO:
        return f"{field.option} {shlex.quote(value)}"
    return field.option if value.lower() == "true" else field.option.replace("--", "--no-", 1)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _quoted(text: str) -> str:
    """Returns a text as a literal of Python, in double quotes."""
    return json.dumps(text, ensure_ascii=False)
