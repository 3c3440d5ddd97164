"""The environment variables in which torchrun, or our own starter, tells a process which one of its job it is.

Source: PyTorch's documentation, "torchrun (Elastic Launch)", environment variables.
"""

from __future__ import annotations

RANK, SIZE = "RANK", "WORLD_SIZE"  # of all processes of the job
LOCAL_RANK, LOCAL_SIZE = "LOCAL_RANK", "LOCAL_WORLD_SIZE"  # of those on this machine
ADDRESS, PORT = "MASTER_ADDR", "MASTER_PORT"  # where the first process listens
AGENTS_STORE = "TORCHELASTIC_USE_AGENT_STORE"  # that torchrun itself listens there
THIS_MACHINE = "127.0.0.1"  # the address where all processes are on one machine
