"""How many processes may train a job together."""

from __future__ import annotations

from semseg.contract.hyperparameters import MEASURED
from semseg.errors import UserError

REHEARSED = 4  # processes that may share a processor, however few cores it has


def check_batch(processes: int, mini_batch_size: int) -> None:
    """Refuses more processes than a batch has samples, where it is known how many these are.

    Raises:
        UserError: some of them would have none.
    """
    if mini_batch_size != MEASURED and processes > mini_batch_size:
        raise UserError(
            f"mini_batch_size must be at least the number of processes, {processes}, got {mini_batch_size}: each takes "
            "its share of the batch; raise it, or train with fewer processes"
        )


def check_processor(processes: int, cores: int) -> None:
    """Refuses more processes on one processor than it has cores; four are taken by any, as a rehearsal.

    Raises:
        UserError: there would be more.
    """
    most = max(REHEARSED, cores)
    if processes > most:
        raise UserError(
            f'instance_count must be at most {most} with instance_type "local", which is the number of this machine\'s '
            f"cores, or {REHEARSED} where it has fewer, got {processes}: each is a process that holds the network"
        )
