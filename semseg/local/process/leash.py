"""Runs a command that ends when its parent does: ``python leash.py <parent's process id> <command ...>``.

Started as a file, not as a module, so that nothing of the package is imported on the way. The command takes the place
of this process, under the same process id. Source: prctl(2), PR_SET_PDEATHSIG; on other systems than Linux the command
runs without a leash.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
NOT_STARTED = 127  # the exit code of shells


def leashed(command: "list[str]") -> "list[str]":
    """Returns the command that runs ``command`` while this process lives; to be started from its main thread."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *command]


def main() -> None:
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it ended before the line above
        sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stdout.write(f"{command[0]} cannot be started: {error}\n")
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main()
