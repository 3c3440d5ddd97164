"""``semseg`` and ``python -m semseg``: the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line with the arguments of this process, and ends it with the exit code."""
    from semseg.command_line.program import run  # not at the top: Ctrl-C while it is imported is an end, not a fault

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
