"""A training job as text to copy: what Python and the command line really take."""

from __future__ import annotations

import ast
import shlex

from semseg.command_line.program import program
from semseg.overview.hyperparameter_fields import NUMBER, WHOLE_NUMBER, HyperparameterField, hyperparameter_fields
from semseg.overview.snippets import job_as_commands, job_as_python, training_as_command, training_as_python

SETTINGS = {"instance_type": "ml.g5.xlarge", "role": "maps", "output_path": "s3://bucket/o'k"}
CHANNELS = {"train": "a b", "train_annotation": "b", "validation": "c", "validation_annotation": "d", "label_map": "e"}


def parsed(command: str) -> dict[str, object]:
    """Returns what the program makes of the words of a command, by the names of the verb's parameters."""
    name, verb, *words = shlex.split(command.replace("\\\n", " "))  # as a shell joins lines
    assert name == "semseg"
    found = program.get_command(program.make_context(name, [verb, "--help"], resilient_parsing=True), verb)
    assert found is not None
    return found.make_context(verb, words, resilient_parsing=False).params


def called(code: str, function: str) -> tuple[list[object], dict[str, object]]:
    """Returns the arguments that a snippet of Python calls a function with."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == function:
            given = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
            return [ast.literal_eval(value) for value in node.args], given
    raise AssertionError(f"{function} is not called")


def test_python_has_numbers_as_numbers_and_words_as_words() -> None:
    code = training_as_python("a b", "street-1", {"epochs": "3", "algorithm": "psp", "syncbn": "True"}, SETTINGS)
    assert called(code, "set_hyperparameters")[1] == {"epochs": 3, "algorithm": "psp", "syncbn": True}
    assert called(code, "Estimator")[1] == {"instance_count": 1, **SETTINGS}
    assert called(code, "fit") == (["a b"], {"job_name": "street-1"})


def test_python_names_each_channel_where_they_lie_apart() -> None:
    assert called(training_as_python(CHANNELS, "", {}, {}), "fit") == ([CHANNELS], {})


def test_the_command_is_what_the_program_takes() -> None:
    words = parsed(training_as_command("a b", "street-1", {}, SETTINGS))
    assert (words["data"], words["name"], words["instance_type"]) == ("a b", "street-1", "ml.g5.xlarge")
    assert (words["role"], words["output_path"]) == ("maps", "s3://bucket/o'k")
    apart = parsed(training_as_command(CHANNELS, "", {}, {}))
    assert {name: apart[name] for name in CHANNELS} == CHANNELS
    assert apart["data"] is None


def a_value(field: HyperparameterField) -> str:
    """A value that a hyperparameter may have."""
    if field.choices:
        return field.choices[-1]
    text = {"loss": "dice", "class_weights": "balanced", "time_budget": "30m"}.get(field.name, "3")
    return {WHOLE_NUMBER: str(max(17, int(field.least or 0))), NUMBER: "0.5"}.get(field.kind, text)


def test_each_hyperparameter_is_an_option_of_the_command() -> None:
    values = {field.name: a_value(field) for field in hyperparameter_fields()}
    found = parsed(training_as_command("data", "", values, {"instance_type": "local"}))
    taken = {name: value for name, value in found.items() if name.startswith("hyperparameter_")}
    expected = {
        f"hyperparameter_{name.lstrip('_')}": False if value == "False" else value for name, value in values.items()
    }
    assert taken == expected
    assert found["instance_type"] == "local"


def test_what_is_true_or_false_has_an_option_for_each() -> None:
    words = training_as_command("data", "", {"syncbn": "True", "_aux_loss": "False"}, {})
    assert words.split() == ["semseg", "train", "data", "--syncbn", "--no-aux-loss"]


def test_what_is_done_with_a_job_are_verbs_of_the_program() -> None:
    lines = job_as_commands("street-1").splitlines()
    assert [shlex.split(line)[1] for line in lines] == ["logs", "report", "predict", "deploy"]
    for line in lines:
        if shlex.split(line)[1] != "predict":
            assert "street-1" in [str(value) for value in parsed(line).values()]
    assert called(job_as_python("street-1"), "attach") == (["street-1"], {})
