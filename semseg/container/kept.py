"""The memory in which a job keeps its decoded training samples: how much, and who shares it."""

from __future__ import annotations

from semseg.container.place import Place
from semseg.contract.hyperparameters import OFF
from semseg.data.dataset import Dataset
from semseg.data.kept_samples import KeptSamples
from semseg.data.stream import Stream
from semseg.engines.group import Group, gathered
from semseg.machine.memory import free_memory
from semseg.plumbing import kept_arrays
from semseg.plumbing.kept_arrays import KeptArrays, new_arrays, opened
from semseg.training.job_log import JobLog

MIB = 2**20
SHARE = 4  # one part in so many of the free memory: the engine takes what it needs later on


def keep_samples(dataset: Dataset | Stream, cache: int | str, place: Place, group: Group, log: JobLog) -> None:
    """Lets a dataset keep its decoded samples in memory. All processes of a machine share it; all of a group call this.

    Args:
        cache: as the hyperparameter says: MiB, "auto" or "off".
    """
    if cache == OFF:
        return
    if not isinstance(dataset, Dataset):
        log.info("Decoded samples of a stream are not kept in memory.")
        return
    arrays = shared_arrays(2 * len(dataset), room_for(cache), place, group)
    if arrays is None:
        log.info(
            "Decoded samples are not kept in memory: this system does not tell how much is free, or cannot share it."
        )
        return
    dataset.kept = KeptSamples(arrays, dataset.label_map, dataset.num_classes)


def room_for(cache: int | str) -> int:
    """Returns the most bytes that are kept; 0 where the system does not tell how much is free."""
    return cache * MIB if isinstance(cache, int) else (free_memory() or 0) // SHARE


def shared_arrays(most: int, room: int, place: Place, group: Group) -> KeptArrays | None:
    """Returns the memory that the first process of this machine makes; None where it cannot, or cannot be reached.

    Args:
        most: the most arrays in it.
        room: the most bytes of all of them, as the first process says.
    """
    first = group.rank - group.rank % place.local_size
    own = _made(most, room) if group.rank == first else None
    if group.size == 1:
        return own
    told = (0, 0, most, 0) if own is None else own.place
    processes, files, rooms = (gathered(number, group) for number in (told[0], told[1], told[3]))
    if own is not None or not processes[first]:
        return own
    return opened(kept_arrays.Place(processes[first], files[first], most, rooms[first]))


def promised(dataset: Dataset | Stream) -> int:
    """Returns the bytes that samples which are yet to be kept may take."""
    kept = dataset.kept if isinstance(dataset, Dataset) else None
    return 0 if kept is None else kept.arrays.place.room - kept.arrays.used


def tell_of_kept(dataset: Dataset | Stream, log: JobLog) -> None:
    """Writes into the log how many training samples are kept by now, after the check has read them."""
    if not isinstance(dataset, Dataset) or dataset.kept is None:
        return
    kept, total = dataset.kept, len(dataset)
    alone = f", and the masks alone of {kept.masks_alone}" if kept.masks_alone else ""
    used = f"{-(-kept.arrays.used // MIB)} MiB of at most {kept.arrays.place.room // MIB} MiB"
    others = "; others once they are read, as far as there is room" if kept.whole < total else ""
    log.info(f"Decoded training samples kept in memory: {kept.whole} of {total}{alone}, {used}{others}.")


def _made(most: int, room: int) -> KeptArrays | None:
    try:
        return new_arrays(most, room) if room else None
    except OSError:
        return None
