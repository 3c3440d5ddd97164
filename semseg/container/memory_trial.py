"""Steps of a job's network, made only to see how much memory they need."""

from __future__ import annotations

import gc
import io
from dataclasses import replace

import numpy as np

from semseg.container.engines import device_memory, training_engine, trains_on_gpu
from semseg.container.memory_plan import TrainingDevice, Trial
from semseg.container.trial_process import TrialJob, TrialProcess
from semseg.contract.hyperparameters import NONE, Hyperparameters
from semseg.engines.engine import DeviceMemory, Engine
from semseg.engines.group import Group
from semseg.machine.memory import ProcessMemory
from semseg.training.job_log import JobLog


def training_device(
    engine: str,
    instance_type: str,
    devices: int,
    of_processor: ProcessMemory,
    group: Group,
) -> TrainingDevice:
    """Returns what this process of a job computes on.

    Args:
        engine: its name, as the hyperparameter ``engine`` has it.
        devices: that share each batch, over all processes.
        of_processor: the memory of the processor.
    """
    on_gpu = trains_on_gpu(engine, instance_type)
    memory: DeviceMemory = device_memory(engine, instance_type, of_processor) if on_gpu else of_processor

    def trial(hyperparameters: Hyperparameters) -> Trial:
        job = TrialJob(engine, hyperparameters, instance_type, devices // group.size)
        return MemoryTrial(job, memory, on_gpu=True) if on_gpu else TrialProcess(job, memory)

    return TrainingDevice(devices, on_gpu, memory, trial, group)


class MemoryTrial:
    """An engine as that of the job, but for its first values, which is trained on black pictures and thrown away.

    Args:
        memory: of the device.
        on_gpu: whether the device is a GPU. In the first step of a size a GPU tries ways to compute its convolutions,
            some with as much memory as is free, and then keeps to the fastest: so the second step is measured.
    """

    def __init__(self, job: TrialJob, memory: DeviceMemory, on_gpu: bool = False) -> None:
        self._job = job
        # the encoder is not held, and nothing is split: what needs the most memory is asked for
        self._hyperparameters = replace(
            job.hyperparameters,
            mini_batch_size=job.devices,
            use_pretrained_model=False,
            class_weights=NONE,
            compile=False,
            accumulate=1,
            freeze_backbone_epochs=0,
        )
        self._memory = memory
        self._on_gpu = on_gpu
        self._engine: Engine | None = None

    def peak_of(self, samples: int) -> int | None:
        """Returns the most bytes that this process has of the device in a step of so many samples on each device;
        None where they are too few.

        Raises:
            OutOfMemory: there are too few for one sample.
        """
        if self._engine is None:
            self._engine = self._new_engine()
            self._step(self._engine, samples)  # from the first one on, the optimizer remembers something
        elif self._on_gpu:
            self._step(self._engine, samples)
        self._memory.begin()
        self._step(self._engine, samples)
        if self._engine.parts == 1:
            return self._memory.peak()
        self._engine.parts = 1
        return None

    def end(self) -> None:
        """Gives the memory back."""
        self._engine = None
        gc.collect()

    def _new_engine(self) -> Engine:
        silent = JobLog(io.StringIO())
        return training_engine(self._job.engine, self._hyperparameters, self._job.instance_type, silent)

    def _step(self, engine: Engine, samples: int) -> None:
        side = self._hyperparameters.rounded_crop_size
        masks = np.zeros((samples * self._job.devices, side, side), np.uint8)
        engine.begin_step(0, 0)
        engine.step(np.zeros((*masks.shape, 3), np.uint8), masks, self._hyperparameters.learning_rate)
        engine.finish()
