"""Lets the suite run on an install without an engine, away from every AWS account and from the user's own files."""

from __future__ import annotations

import importlib.util
import os
import site
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.aws import moto

# Every run tries the same examples, keeps none, and a busy machine fails no test.
settings.register_profile("semseg", derandomize=True, deadline=None, max_examples=50, database=None)
settings.load_profile("semseg")

# Threads that wait for each other sleep instead of spinning: with several test processes on a few cores, half of the
# time went into spinning. Read when an engine is loaded, also by child processes.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# The marker of tests that need an engine, the package that it is, and what is said where it is absent.
ENGINES = (
    ("engine", "mxnet", 'MXNet is not installed: pip install ".[cpu]"'),
    ("pytorch", "torch", 'PyTorch is not installed: pip install ".[pytorch]"'),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for marker, package, reason in ENGINES:
        if importlib.util.find_spec(package) is not None:
            continue
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def nothing_beside_the_code(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What Hypothesis writes goes where all temporary files of the run are."""
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Jobs, endpoints and caches of the tests, also of child processes, lie in a temporary folder.

    So does the home of the user, so that its check at the end sees this run alone: nothing of semseg may be there.
    """
    place = tmp_path_factory.mktemp("user")
    (place / "home").mkdir()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = {"MXNET_HOME": Path.home() / ".mxnet", "HF_HOME": caches / "huggingface"}  # weights that are there already
    if site.ENABLE_USER_SITE:
        kept["PYTHONUSERBASE"] = Path(site.getuserbase())
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in kept.items():
            patch.setenv(name, os.environ.get(name) or str(folder))
        for name, own in {"HOME": "home", "SEMSEG_HOME": "semseg", "XDG_CACHE_HOME": "cache"}.items():
            patch.setenv(name, str(place / own))
        patch.delenv("SEMSEG_CACHE_DIR", raising=False)
        yield
    assert [str(path) for path in (place / "home").rglob("*semseg*")] == []


@pytest.fixture(scope="session", autouse=True)
def no_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """boto3 finds no credentials, no region and no configuration of whoever runs the tests."""
    nowhere = tmp_path_factory.mktemp("aws")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", *moto.ENVIRONMENT):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def moto_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the one moto server of this run."""
    with moto.moto_server(tmp_path_factory.mktemp("moto") / "log.txt") as url:
        yield url


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """boto3, also in child processes, speaks to an empty moto; its address."""
    moto.reset(moto_url)
    for name, value in moto.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    return moto_url
