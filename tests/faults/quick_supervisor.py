"""The supervisor of training jobs, which looks for new checkpoints each half second: jobs of half a minute need it."""

from __future__ import annotations

import sys
from pathlib import Path

from semseg.local.jobs.supervision import look_after
from semseg.local.training.jobs import KIND
from semseg.local.training.supervisor import Supervisor

SYNC_SECONDS = 0.5

if __name__ == "__main__":
    directory, *command = sys.argv[1:]
    look_after(Supervisor(KIND.folder(Path(directory)), command, sync_seconds=SYNC_SECONDS))
