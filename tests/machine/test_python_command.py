"""Children of ours are started from the folder of a user's notebook, and take no module from there."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg import doctor
from semseg.machine.python_command import python_command, search_path
from tests.local.fakes import model_at

REPOSITORY = Path(__file__).resolve().parents[2]
TRAPS = ("secrets", "queue", "json", "runpy", "random", "logging", "numpy", "semseg")
CHILDREN = {  # and what each says or shows where it is told nothing: its own code ran
    "semseg.container.train": "hyperparameters.json must hold a JSON object",
    "semseg.container.find_rate": "hyperparameters.json must hold a JSON object",
    "semseg.container.try_steps": "semseg/container/try_steps.py",
    "semseg.container.serve": "A model must have a hyperparams.json",
    "semseg.container.run_engine": "semseg/container/run_engine.py",
    "semseg.container.export": "semseg/container/export.py",
    "semseg.container.evaluate": "semseg/container/evaluate.py",
    "semseg.container.predict": "prediction.json must hold a JSON object",
    "semseg.training.reader": "semseg/training/reader.py",
    "semseg.local.training.supervisor": "semseg/local/training/supervisor.py",
    "semseg.local.transform.supervisor": "semseg/local/transform/supervisor.py",
    "semseg.local.tuning.supervisor": "semseg/local/tuning/supervisor.py",
    "semseg.engines.gluon.probe": '"mxnet": "1.9.1"',
    "semseg.engines.pytorch.probe": '"devices": {"local": ["float32"',
}
NEEDS_MXNET, NEEDS_PYTORCH = "semseg.engines.gluon.probe", "semseg.engines.pytorch.probe"
MARKS = {NEEDS_MXNET: pytest.mark.engine, NEEDS_PYTORCH: pytest.mark.pytorch}
STARTS_PYTHON = {"machine/python_command.py", "local/process/leash.py"}


@pytest.fixture
def notebooks(tmp_path: Path) -> Iterator[Path]:
    """A folder with modules that have the names of Python's and ours; fails where one was imported."""
    folder = tmp_path / "notebooks"
    marker = tmp_path / "imported"
    for name in TRAPS:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"open({str(marker)!r}, 'a').write({name!r} + ' ')\n")
    yield folder
    assert not marker.exists(), f"imported from the current folder: {marker.read_text()}"


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "SEMSEG_HOME": str(home), "SAGEMAKER_BASE_DIR": str(home / "no-such-job"), **more}


def script(folder: Path, text: str) -> list[str]:
    """The command that runs a user's script which lies outside of the folder it is run in."""
    (folder / "script.py").write_text(text)
    return [sys.executable, str(folder / "script.py")]


@pytest.mark.parametrize(
    ("module", "said"),
    [pytest.param(*child, marks=MARKS.get(child[0], ())) for child in CHILDREN.items()],
)
def test_no_child_takes_a_module_from_the_current_folder(
    notebooks: Path, tmp_path: Path, module: str, said: str
) -> None:
    python_path = os.pathsep.join(["", str(REPOSITORY), "."])
    done = subprocess.run(
        python_command(module),
        cwd=notebooks,
        env=environment(tmp_path, PYTHONPATH=python_path, SAGEMAKER_BIND_TO_PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    failure = tmp_path / "no-such-job" / "output" / "failure"
    assert said in done.stdout + (failure.read_text() if failure.is_file() else "")


def test_a_local_job_takes_no_module_from_the_current_folder(notebooks: Path, tmp_path: Path) -> None:
    lines = """
from semseg.local import LocalSession
from tests.local.fakes import request_at
import pathlib, sys

session = LocalSession()
session.train(request_at(pathlib.Path(sys.argv[1])))
try:
    session.wait_for_job("job", show_logs=True)
except Exception as error:
    print(error)
"""
    done = subprocess.run(
        [*script(tmp_path, lines), str(tmp_path)],
        cwd=notebooks,
        env=environment(tmp_path / "home", PYTHONPATH=str(REPOSITORY)),
        capture_output=True,
        text=True,
        check=True,
    )
    # the real training command ran, and says what is wrong with the job's data
    assert "Reason: the channels cannot be used" in done.stdout


@pytest.mark.slow
def test_an_endpoint_takes_no_module_from_the_current_folder(notebooks: Path, tmp_path: Path) -> None:
    lines = """
import semseg, sys

try:
    semseg.Model(model_data=sys.argv[1], sagemaker_session=semseg.LocalSession()).deploy(1, "local")
except semseg.errors.SemsegError as error:
    print(error)
"""
    done = subprocess.run(
        [*script(tmp_path, lines), str(model_at(tmp_path))],
        cwd=notebooks,
        env=environment(tmp_path / "home", PYTHONPATH=str(REPOSITORY)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the last line of its log" in done.stdout


@pytest.mark.slow
@pytest.mark.engine
def test_the_doctors_probe_takes_no_module_from_the_current_folder(notebooks: Path, tmp_path: Path) -> None:
    lines = "from semseg import doctor\nprint(doctor.probe(doctor.PROBES['mxnet'], 'MXNet')['mxnet'])\n"
    done = subprocess.run(
        script(tmp_path, lines),
        cwd=notebooks,
        env=environment(tmp_path, PYTHONPATH=str(REPOSITORY)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1.9.1\n"


def nodes_of_the_product(word: str) -> Iterator[tuple[str, ast.AST]]:
    """Yields the code of the product's files that hold a word, each node with the path of its file."""
    package = REPOSITORY / "semseg"
    for file in package.rglob("*.py"):
        if word in (text := file.read_text()):
            for node in ast.walk(ast.parse(text)):
                yield file.relative_to(package).as_posix(), node


def test_every_child_of_the_product_is_started_in_this_way() -> None:
    nodes = nodes_of_the_product("executable")
    named = [(file, node) for file, node in nodes if isinstance(node, ast.Attribute) and node.attr == "executable"]
    assert {file for file, node in named if ast.unparse(node) == "sys.executable"} == STARTS_PYTHON
    assert [python_command(module) for module in (NEEDS_MXNET, NEEDS_PYTORCH)] == list(doctor.PROBES.values())


def test_the_children_here_are_all_that_the_product_starts() -> None:
    started = set()
    for _, node in nodes_of_the_product("python_command"):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "python_command":
            started.add(ast.unparse(node.args[0]))
    for _, node in nodes_of_the_product("supervisor"):
        if isinstance(node, ast.keyword) and node.arg == "supervisor":
            started.add(ast.unparse(node.value))
    assert started == {repr(module) for module in CHILDREN} | {"self.kind.supervisor"}


def test_parent_and_child_run_the_same_package_though_it_is_nowhere_on_the_search_path(tmp_path: Path) -> None:
    """Such as a clone that is not installed, whose scripts are run in it."""
    package = tmp_path / "clone" / "semseg"
    (package / "machine").mkdir(parents=True)
    own = REPOSITORY / "semseg" / "machine" / "python_command.py"
    (package / "machine" / "python_command.py").write_text(own.read_text())
    (package / "machine" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "told.py").write_text("import sys, semseg\nprint(semseg.__file__, __name__, *sys.argv[1:])\n")
    code = (
        "import subprocess\nfrom semseg.machine.python_command import python_command\n"
        "subprocess.run(python_command('semseg.told', 'a', '-b'), cwd='/', check=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "clone", capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{package / '__init__.py'} __main__ a -b\n"


def test_the_users_python_path_holds_in_children(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('a numpy of my own')\n")
    done = subprocess.run(
        python_command("semseg.container.train"),
        env=environment(tmp_path, PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "a numpy of my own\n"


@pytest.mark.parametrize(
    ("python_path", "kept"),
    [
        ("", ["HERE", "/lib", "/site"]),  # not set: HERE came from elsewhere, as from a .pth file
        ("/a", ["HERE", "/lib", "/site"]),
        (":/a", ["/lib", "/site"]),
        (".", ["/lib", "/site"]),
        ("/a:./:/b", ["/lib", "/site"]),
        (":HERE", ["HERE", "/lib", "/site"]),
        ("HERE/", ["HERE", "/lib", "/site"]),
    ],
)
def test_the_current_folder_stays_only_where_it_is_named_in_full(
    python_path: str, kept: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    here = str(tmp_path)
    given = [entry.replace("HERE", here) for entry in ("", "HERE", "/lib", "/site")]
    wanted = [entry.replace("HERE", here) for entry in kept]
    assert search_path(given, python_path.replace("HERE", here)) == wanted
