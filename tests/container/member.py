"""Stands in for a process of a job: ``member.py FOLDER BEHAVIOUR ...``, a behaviour for each rank.

It writes its environment to the file FOLDER/RANK first. "end 3" ends with 3, "be killed" with SIGKILL; "wait" ends with
0 after SIGTERM, and at once where whoever started it has ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from semseg.container.place import end_with_the_starter
from semseg.plumbing.held_signals import let_through


def main() -> None:
    rank = int(os.environ["RANK"])
    folder, behaviour = Path(sys.argv[1]), sys.argv[2 + rank]
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    let_through(signal.SIGTERM)
    end_with_the_starter()
    part = folder / f"{rank}.part"
    part.write_text(json.dumps({**os.environ, "PID": str(os.getpid())}))
    part.rename(folder / str(rank))
    if behaviour == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "wait":
        time.sleep(60)
    sys.exit(int(behaviour.split()[1]))


if __name__ == "__main__":
    main()
