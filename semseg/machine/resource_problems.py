"""The problems of too little memory and of too few threads, which every engine has in common."""

from __future__ import annotations

from collections.abc import Iterator

from semseg.machine.facts import Machine
from semseg.machine.problem import Problem

GIBIBYTE = 2**30
SCANT_MEMORY = 2 * GIBIBYTE
SCANT_SHARED_MEMORY = GIBIBYTE // 4  # containers get 64 MiB unless told otherwise


def resource_problems(machine: Machine) -> Iterator[Problem]:
    """Yields the problems of too little memory and of too few threads."""
    if machine.free_memory is not None and machine.free_memory < SCANT_MEMORY:
        yield Problem(
            f"Only {machine.free_memory / GIBIBYTE:.1f} GiB of memory is free, and training may be killed",
            "free some, or lower mini_batch_size or crop_size",
            fatal=False,
        )
    shared = machine.free_shared_memory or 0
    if machine.system == "Linux" and shared < SCANT_SHARED_MEMORY:
        yield Problem(
            f"Only {shared // 2**20} MiB of /dev/shm is free, too little for several processes to hand batches over",
            "in a container, start it with --shm-size=1g",
            fatal=False,
        )
    threads = machine.omp_num_threads
    if threads.isdigit() and int(threads) < machine.cores:
        yield Problem(
            f"OMP_NUM_THREADS is {threads}, and {machine.cores} processor cores could work",
            "unset it, and the engine gets them all",
            fatal=False,
        )
