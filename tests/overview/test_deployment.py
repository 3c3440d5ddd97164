"""A deployment and the questions to its endpoint as text to copy."""

from __future__ import annotations

import ast
import shlex

import pytest

from semseg.command_line.deploy import deploy
from semseg.overview.deployment import ask_snippets, deploy_snippets

INT8 = {"SEMSEG_ENGINE": "openvino", "SEMSEG_PRECISION": "int8"}


def test_a_job_and_an_archive_are_deployed_by_the_same_in_python_and_as_a_command() -> None:
    python, command = deploy_snippets("street-1", "", "street", "local_gpu", INT8)
    assert 'semseg.Estimator.attach("street-1")' in python.code
    assert 'instance_type="local_gpu", endpoint_name="street", env={"SEMSEG_ENGINE": "openvino"' in python.code
    assert shlex.split(command.code) == (
        ["semseg", "deploy", "street-1", "--name", "street", "--instance-type", "local_gpu"]
        + ["--engine", "openvino", "--precision", "int8"]
    )
    python, command = deploy_snippets("", "/a b/model.tar.gz", "street", "local", {})
    assert 'semseg.Model(model_data="/a b/model.tar.gz")' in python.code
    assert shlex.split(command.code) == ["semseg", "deploy", "/a b/model.tar.gz", "--name", "street"]


def test_what_somebody_has_typed_stays_a_text_in_the_lines_of_python() -> None:
    for job, archive in (('a"); import os; ("', ""), ("", "a\\\n'\"")):
        tree = ast.parse(deploy_snippets(job, archive, '"""', "local", {})[0].code)
        assert [type(line).__name__ for line in tree.body] == ["Import", "Assign", "Assign"]


def test_an_endpoint_is_asked_in_python_by_boto3_and_by_curl() -> None:
    texts = {one.title: one.code for one in ask_snippets("street", "http://127.0.0.1:8080")}
    for title in ("Python", "boto3"):
        ast.parse(texts[title])
    assert "http://127.0.0.1:8080/invocations" in shlex.split(texts["curl"])
    assert 'EndpointName="street"' in texts["boto3"]
    assert shlex.split(texts["Command line"])[:3] == ["semseg", "predict", "street"]


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
