from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg.contract import environment as variables
from semseg.contract.echoed import echoed
from semseg.contract.environment import SERVER_SETTINGS, SESSION_SETTINGS, SET_BY_THE_STARTER
from semseg.contract.rules import Descriptor, Digits, OneOf, Port, Text, Token
from semseg.contract.variable import Variable, markdown_table
from semseg.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "endpoint.md"
LEGS: Variable[int] = Variable("LEGS", Digits(2, 8), 4, "how many it stands on")


def test_a_variable_that_is_not_set_has_its_default() -> None:
    assert LEGS.read({}) == 4
    assert LEGS.read({"ARMS": "2"}) == 4


def test_a_variable_is_read_by_its_rule() -> None:
    assert LEGS.read({"LEGS": "2"}) == 2
    assert LEGS.read({"LEGS": "8"}) == 8


@pytest.mark.parametrize("text", ["", "1", "9", "-4", "+4", " 4", "4.0", "1_0", "²", "٤", "9" * 5000])
def test_another_value_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError) as refusal:
        LEGS.read({"LEGS": text})
    assert str(refusal.value) == f"The environment variable LEGS must be a whole number from 2 to 8, got {echoed(text)}"


def test_an_empty_text_is_a_default_only_where_that_is_said() -> None:
    folder = Variable("FOLDER", Text("a folder"), "/opt", "", may_be_empty=True)
    name = Variable("NAME", Text("a name"), "horse", "")
    assert folder.read({"FOLDER": ""}) == "/opt"
    assert name.read({"NAME": ""}) == ""


def test_the_folders_the_socket_and_the_port_may_be_empty_and_nothing_else() -> None:
    entries = [entry for entry in vars(variables).values() if isinstance(entry, Variable)]
    may_be_empty = {entry.name for entry in entries if entry.may_be_empty}
    folders = {"SAGEMAKER_BASE_DIR", "SEMSEG_CACHE_DIR", "SEMSEG_FACTS_DIR", "SEMSEG_HOME"}
    assert may_be_empty == {*folders, "SEMSEG_LISTENING_SOCKET", "SEMSEG_SERVING_PORT"}


def test_digits_are_ten_at_most() -> None:
    assert Digits(0).read("9" * 10) == 9_999_999_999
    with pytest.raises(ValueError, match="9" * 11):
        Digits(0).read("9" * 11)


@pytest.mark.parametrize("token", ["", "two words", "tab\there", "línea", "end\n"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(UserError) as refusal:
        variables.TOKEN.read({"SEMSEG_TOKEN": token})
    assert str(refusal.value) == (
        "The environment variable SEMSEG_TOKEN must be printable ASCII without spaces, "
        f"got {len(token)} characters, which are not shown"
    )


def test_every_visible_character_may_be_in_a_token() -> None:
    visible = "".join(chr(code) for code in range(33, 127))
    assert Token().read(visible) == visible


def test_a_port_may_be_0_only_where_that_means_a_free_one() -> None:
    assert (Port(0).read("0"), Port(0).read("65535"), Port(1).read("1")) == (0, 65_535, 1)
    for rule, text in ((Port(1), "0"), (Port(0), "65536"), (Port(0), "-1"), (Port(0), "http")):
        with pytest.raises(ValueError, match=text):
            rule.read(text)
    assert str(Port(1)) == "a port, a whole number from 1 to 65535"


def test_a_descriptor_is_a_number_that_a_file_can_have() -> None:
    descriptor = Descriptor("a socket")
    assert (descriptor.read("0"), descriptor.read("2147483647")) == (0, 2**31 - 1)
    for text in ("one", "-1", "2147483648"):
        with pytest.raises(ValueError, match=text):
            descriptor.read(text)
    assert str(descriptor) == "the file descriptor of a socket"


def test_no_variable_is_told_of_twice() -> None:
    names = [variable.name for variable in (*SERVER_SETTINGS, *SET_BY_THE_STARTER, *SESSION_SETTINGS)]
    assert sorted(set(names)) == sorted(names)
    assert set(names) == {entry.name for entry in vars(variables).values() if isinstance(entry, Variable)}


def test_every_default_keeps_to_its_rule() -> None:
    for variable in (*SERVER_SETTINGS, *SET_BY_THE_STARTER, *SESSION_SETTINGS):
        if variable.default is not None:
            assert variable.read({variable.name: str(variable.default)}) == variable.default


def test_no_other_module_spells_a_variable() -> None:
    spelt = {file for file in (REPOSITORY / "semseg").rglob("*.py") for text in strings_of(file) if is_a_name(text)}
    assert spelt == {REPOSITORY / "semseg" / "contract" / "environment.py"}


def test_a_table_shows_name_rule_default_and_note() -> None:
    colour = Variable("COLOUR", OneOf(("brown", "white")), None, "its coat", default_in_words="as it was born")
    assert markdown_table([LEGS, colour]) == (
        "| name | must be | default | what it does |\n"
        "|---|---|---|---|\n"
        "| `LEGS` | a whole number from 2 to 8 | `4` | how many it stands on |\n"
        "| `COLOUR` | one of brown, white | as it was born | its coat |\n"
    )


@pytest.mark.parametrize("group", [SERVER_SETTINGS, SET_BY_THE_STARTER, SESSION_SETTINGS])
def test_the_tables_of_the_endpoint_document_are_printed_by_the_entries(group: tuple[Variable[object], ...]) -> None:
    assert markdown_table(group) in PAGE.read_text()


def strings_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_a_name(text: str) -> bool:
    return text.startswith(("SEMSEG_", "SAGEMAKER_")) and text.replace("_", "").isalpha() and text.isupper()
