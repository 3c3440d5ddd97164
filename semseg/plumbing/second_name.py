"""A second name for a file instead of a second copy, where the file system has such names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def link_or_copy(source: Path, target: Path) -> None:
    """Gives a file a second name, or makes a copy where that cannot be: on another file system, for one.

    Whoever writes to the file in place changes both; ``whole_file`` never does.

    Raises:
        OSError: neither can be done.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
