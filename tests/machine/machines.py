"""Machines that are described, not found."""

from __future__ import annotations

from semseg.machine.facts import Machine
from semseg.machine.graphics import Gpu

GIBIBYTE = 2**30
V100 = Gpu("Tesla V100", (7, 0), 16 * GIBIBYTE)
T4 = Gpu("Tesla T4", (7, 5), 15 * GIBIBYTE)
H100 = Gpu("NVIDIA H100", (9, 0), 80 * GIBIBYTE)

BARE = Machine(
    python=(3, 11),
    system="Linux",
    architecture="x86_64",
    versions={"numpy": "1.26.4", "pillow": "11.0.0"},
    has_distutils=True,
    missing_libraries=(),
    pytorch_has_cuda=False,
    has_driver=False,
    gpus=(),
    cores=4,
    omp_num_threads="",
    free_memory=16 * GIBIBYTE,
    free_shared_memory=8 * GIBIBYTE,
)
