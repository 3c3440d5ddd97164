import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def camvid() -> Path:
    """The folder of real street scenes, 480 x 360; see SEMSEG_TEST_DATA."""
    folder = Path(os.environ.get("SEMSEG_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / "camvid"
    if not folder.is_dir():
        pytest.skip(f"no pictures in {folder}: set SEMSEG_TEST_DATA to a folder with camvid in it")
    return folder
