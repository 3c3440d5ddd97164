"""A deployment as text to copy."""

from __future__ import annotations

import shlex

import pytest

from semseg.command_line.deploy import deploy
from semseg.overview.deployment import deploy_snippets


@pytest.mark.parametrize("instance_type", ["local", "local_gpu"])
def test_the_command_is_one_that_the_program_understands(instance_type: str) -> None:
    variables = {"SEMSEG_ENGINE": "openvino", "SEMSEG_PRECISION": "int8"}
    (command,) = [
        found.code
        for found in deploy_snippets("horses", "", "street", instance_type, variables)
        if found.title == "Command line"
    ]
    words = shlex.split(command)
    assert words[:2] == ["semseg", "deploy"]
    given = deploy.make_context("deploy", words[2:]).params
    assert (given["model"], given["name"], given["instance_type"]) == ("horses", "street", instance_type)
    assert (given["engine"], given["precision"]) == ("openvino", "int8")
