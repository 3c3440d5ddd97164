"""The engine's side of an endpoint: loads a segmenter, and answers the messages on its socket until that ends."""

from __future__ import annotations

import logging
import os
import queue
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import numpy as np

from semseg.engines.network import Network
from semseg.errors import SemsegError, UserError
from semseg.prediction.segmenter import Segmenter
from semseg.serving import wire
from semseg.serving.shared_array import SharedArray

# Height and width of the first pictures: enough for any network, and few, because the endpoint waits for them. Neither
# is a power of two: on processors without AVX-512, MXNet adds up a batch of uneven pictures in another order.
WARM_UP_SIZE = (40, 56)
MASK, PROBABILITIES = "mask", "probabilities"  # what may be asked for
REFUSED, MEMORY, FAILED = "refused", "memory", "failed"  # why a picture has no answer
LONGEST_TRACE = 4000  # characters

# The texts of errors other than MemoryError by which engines say that there was no memory.
NO_MEMORY = re.compile(r"bad_?alloc|(cannot|can't|failed to) alloc|out of memory|not enough memory", re.I)

logger = logging.getLogger(__name__)


class AskedPicture:
    """One picture of a request, and the array that its answer is written to."""

    def __init__(self, image: np.ndarray, result: np.ndarray) -> None:
        self.image = image
        self.result = result


def run(load: Callable[[], Segmenter], connection: socket.socket) -> None:
    """Loads the segmenter, tells the endpoint, and answers it until it ends. Call it in the main thread, in which the
    network runs.

    Args:
        load: makes the segmenter; where it raises, the endpoint is told so.
    """
    requests: queue.SimpleQueue[tuple[wire.Message, list[int]]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(connection, requests), name="requests", daemon=True).start()
    segmenter = _loaded(load, connection)
    while segmenter is not None:
        message, files = requests.get()
        answer = _answer(segmenter, message, files)
        wire.send(connection, answer)
        if any(outcome and outcome["kind"] == MEMORY for outcome in answer["outcomes"]):
            logger.warning("the engine process ends to give its memory back")
            return


def _read(connection: socket.socket, requests: queue.SimpleQueue[tuple[wire.Message, list[int]]]) -> None:
    """Puts the messages that come into the queue. If the endpoint ends, this process ends at once, whatever it is
    doing.
    """
    try:
        while received := wire.receive(connection):
            requests.put(received)
    except (OSError, wire.BrokenWire):
        logger.exception("the engine process lost its endpoint")
    os._exit(0)


def _loaded(load: Callable[[], Segmenter], connection: socket.socket) -> Segmenter | None:
    """Returns the segmenter, warmed up; None if it could not be loaded, after the endpoint was told why."""
    try:
        segmenter = load()
        facts = {
            "classes": int(segmenter.network.num_classes),
            "base_size": segmenter.scale.base_size,
            "aligned_sizes": segmenter.scale.is_aligned,
            "batches": answers_batches_alike(segmenter.network),  # which also warms it up
        }
    except SemsegError as error:
        wire.send(connection, {"unloadable": str(error)})
        return None
    except Exception as error:
        logger.exception("the model could not be loaded")
        wire.send(connection, {"unloadable": f"The model could not be loaded: {type(error).__name__}: {error}"})
        return None
    wire.send(connection, {"ready": facts})
    return segmenter


def answers_batches_alike(network: Network) -> bool:
    """Returns whether two pictures get the same probabilities, to the bit, together as each of them alone."""
    size = WARM_UP_SIZE
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
    network.mask(images[:1], size)  # warms up what makes masks
    together = network.probabilities(images, size)
    alone = [network.probabilities(images[index : index + 1], size)[0] for index in range(2)]
    return bool(np.array_equal(together, np.stack(alone)))


def _answer(segmenter: Segmenter, message: wire.Message, files: list[int]) -> wire.Message:
    """Writes the results of a request; for each picture it returns None, or the reason why there is no result."""
    began = time.perf_counter()
    outcomes: list[wire.Message | None]
    try:
        outcomes = _outcomes(segmenter, message["kind"], _opened(segmenter, message, files))
    except MemoryError as error:
        outcomes = [{"kind": MEMORY, "message": str(error)}] * len(message["sizes"])
    finally:
        wire.close_all(files)
    return {"outcomes": outcomes, "seconds": time.perf_counter() - began}


def _opened(segmenter: Segmenter, message: wire.Message, files: list[int]) -> list[AskedPicture]:
    pictures = []
    for (height, width), image, result in zip(message["sizes"], files[::2], files[1::2]):
        pixels = SharedArray(image, (height, width, 3), np.uint8).array
        if message["kind"] == MASK:
            answer = SharedArray(result, (height, width), np.uint8).array
        else:
            answer = SharedArray(result, (segmenter.network.num_classes, height, width), np.float32).array
        pictures.append(AskedPicture(pixels, answer))
    return pictures


def _outcomes(segmenter: Segmenter, kind: str, pictures: Sequence[AskedPicture]) -> list[wire.Message | None]:
    if len(pictures) > 1:
        try:
            for picture, mask in zip(pictures, segmenter.masks([picture.image for picture in pictures])):
                picture.result[...] = mask
            return [None] * len(pictures)
        except Exception:
            logger.exception("a batch of %d pictures failed: they are asked about one by one", len(pictures))
    return [_outcome(segmenter, kind, picture) for picture in pictures]


def _outcome(segmenter: Segmenter, kind: str, picture: AskedPicture) -> wire.Message | None:
    try:
        predict = segmenter.mask if kind == MASK else segmenter.probabilities
        predict(picture.image, out=picture.result)
    except UserError as error:
        return {"kind": REFUSED, "message": str(error)}
    except Exception as error:
        if isinstance(error, MemoryError) or NO_MEMORY.search(str(error)):
            return {"kind": MEMORY, "message": str(error)}
        return {"kind": FAILED, "message": traceback.format_exc()[-LONGEST_TRACE:]}
    return None
