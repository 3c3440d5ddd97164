"""The state of an optimizer, such as its momentum, saved as a file of MXNet arrays.

``gluon.Trainer.save_states`` would write a pickle, which runs whatever code is in it when it is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from semseg.archive.mxnet_parameters import write_parameters
from semseg.engines.gluon.as_numpy import AsNumpy
from semseg.errors import ModelError

STEPS = "steps"  # (2, N) int64: the indices of the parameters, and how many updates each has had
STATE = "state"
KEPT = "kept."  # what the names of arrays begin with that are not the optimizer's own


def save(trainer: gluon.Trainer, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
    """Writes the states and the numbers of updates of the first device, which are the same on all devices.

    The arrays are named ``state:<index of the parameter>:<which of its states>``.

    Args:
        kept: other arrays for the same file, of one dimension or more and none of them empty.
    """
    updater = _updaters(trainer)[0]
    arrays: dict[str, Any] = {
        f"{STATE}:{index}:{number}": array
        for index, state in updater.states.items()
        for number, array in enumerate(_arrays(state))
    }
    counts: dict[int, int] = next(filter(None, updater.optimizer._all_index_update_counts.values()), {})
    arrays[STEPS] = np.array([list(counts), list(counts.values())], np.int64)
    arrays.update((f"{KEPT}{name}", array) for name, array in (kept or {}).items())
    write_parameters(path, AsNumpy(arrays, _as_numpy), forced=False)


def load(trainer: gluon.Trainer, path: Path, untrained: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Restores in the trainer what :func:`save` wrote, and returns the other arrays of the file. The trainer's
    parameters must have their values already.

    Args:
        untrained: the names of the parameters that may not have been updated yet.

    Raises:
        ModelError: the file is damaged, or is not of these parameters and this optimizer.
    """
    try:
        found = mx.nd.load(str(path))
    except mx.MXNetError as error:
        _refuse_other_engine(path)
        raise ModelError(f"{path.name} is not a file of MXNet arrays, or it is cut off") from error
    if not isinstance(found, dict) or STEPS not in found or found[STEPS].ndim != 2 or len(found[STEPS]) != 2:
        raise ModelError(f"{path.name} must say how many steps the optimizer made, and does not")
    kept = {name[len(KEPT) :]: found.pop(name).asnumpy() for name in list(found) if name.startswith(KEPT)}
    # The trainer's own load_states does the same: its updaters exist only after that.
    if not trainer._kv_initialized:
        trainer._init_kvstore()
    if trainer._params_to_init:
        trainer._init_params()
    counts = {int(index): int(count) for index, count in zip(*found[STEPS].asnumpy().tolist())}
    indices = [index for index, each in enumerate(trainer._params) if index in counts or each.name not in untrained]
    wanted = _fresh_states(trainer, indices)
    _check_states_fit(path.name, {name: a.shape for name, a in found.items() if name != STEPS}, wanted)
    for updater in _updaters(trainer):
        updater.states.clear()
        for index, state in wanted.items():
            updater.states[index] = _filled(state, index, found)
            updater.states_synced[index] = False  # the updater moves it to the parameter's device
    _set_counts(trainer, counts)
    return kept


def _as_numpy(array: mx.nd.NDArray | np.ndarray) -> np.ndarray:
    return array if isinstance(array, np.ndarray) else array.asnumpy()


def _refuse_other_engine(path: Path) -> None:
    """Raises ModelError if the file is one of safetensors, which begins with a length in 8 bytes, then JSON."""
    with contextlib.suppress(OSError), path.open("rb") as stream:
        if stream.read(9)[8:] == b"{":
            raise ModelError(
                f"{path.name} was written by the engine pytorch, and mxnet cannot go on from it: "
                "resume with the engine pytorch, or start a new job"
            )


def _updaters(trainer: gluon.Trainer) -> list[Any]:
    """Returns the objects that hold the states: one for each device, or the one of the store that updates for all."""
    if not trainer._kv_initialized:
        trainer._init_kvstore()
    return [trainer._kvstore._updater] if trainer._update_on_kvstore else list(trainer._updaters)


def _fresh_states(trainer: gluon.Trainer, indices: Sequence[int]) -> dict[int, Any]:
    """Returns the states of those parameters that are trained before their first step; saved states must have the same
    shapes.
    """
    optimizer = _updaters(trainer)[0].optimizer
    return {
        index: optimizer.create_state_multi_precision(index, trainer._params[index].list_data()[0])
        for index in indices
        if trainer._params[index].grad_req != "null"
    }


def _check_states_fit(file_name: str, found: dict[str, tuple[int, ...]], wanted: dict[int, Any]) -> None:
    """Raises ModelError at the first state that is missing, unknown or of another shape."""
    shapes = {
        f"{STATE}:{index}:{number}": array.shape
        for index, state in wanted.items()
        for number, array in enumerate(_arrays(state))
    }
    for name in sorted(found.keys() | shapes.keys()):
        if found.get(name) != shapes.get(name):
            raise ModelError(
                f"{file_name} holds {name} as {found.get(name)} where this network and optimizer need "
                f"{shapes.get(name)}: it is of another job"
            )


def _arrays(state: Any) -> list[mx.nd.NDArray]:
    if state is None:
        return []
    return list(state) if isinstance(state, (tuple, list)) else [state]


def _filled(state: Any, index: int, found: dict[str, mx.nd.NDArray]) -> Any:
    """Returns the saved arrays in the form of ``state``."""
    if state is None:
        return None
    if isinstance(state, (tuple, list)):
        return tuple(found[f"{STATE}:{index}:{number}"].copy() for number in range(len(state)))
    return found[f"{STATE}:{index}:0"].copy()


def _set_counts(trainer: gluon.Trainer, counts: dict[int, int]) -> None:
    """Sets the number of updates for every device; the optimizer object is shared by all of them."""
    optimizer = _updaters(trainer)[0].optimizer
    for device in trainer._contexts:
        optimizer._set_current_context(device.device_id)
        optimizer._index_update_count.clear()
        optimizer._index_update_count.update(counts)
    optimizer.num_update = max(counts.values(), default=0)
