"""The command that makes steps of a job's network, only to see how much memory they need:
``python -m semseg.container.try_steps <file descriptor>``.

The socket of that descriptor tells it of the job and then of numbers of samples, a line of JSON each. It answers each
with a line: how much more memory it had at most than before its engine was opened, or what went wrong.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from semseg.container.engines import training_group
from semseg.container.memory_trial import MemoryTrial
from semseg.container.trial_process import TrialJob
from semseg.engines.out_of_memory import is_out_of_memory
from semseg.machine.memory import ProcessMemory


def main() -> None:
    """Answers the process that started this one, until that ends it or a step finds no memory."""
    with socket.socket(fileno=int(sys.argv[1])) as connection, connection.makefile("rw") as lines:
        be_silent()
        for answer in answers(lines):
            lines.write(f"{json.dumps(answer)}\n")
            lines.flush()


def be_silent() -> None:
    """Lets all that is printed vanish: an engine without memory prints where it was, and the job's log has the reason
    in a sentence.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


def answers(lines: TextIO) -> Iterator[dict[str, Any]]:
    """Yields an answer to each number of samples; ends after an error."""
    job, memory = TrialJob.from_json(lines.readline()), ProcessMemory()
    with training_group(job.engine, job.instance_type):  # as the job does it before, which may import an engine
        before = memory.held() or 0
        trial = MemoryTrial(job, memory)
        for line in lines:
            try:
                peak = trial.peak_of(int(line))
            except Exception as error:
                yield {"error": None if is_out_of_memory(error) else f"{type(error).__name__}: {error}"}
                return
            yield {"error": None} if peak is None else {"bytes": peak - before}


if __name__ == "__main__":
    main()
