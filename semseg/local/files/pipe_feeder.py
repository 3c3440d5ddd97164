"""What streams a channel in Pipe mode: a FIFO for each pass, ``<channel>_0``, ``<channel>_1``, as SageMaker has them.

No sample lies on disk on its way, and no more than AHEAD of them in memory.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from semseg.contract.recordio import write_record
from semseg.contract.sample_order import sample_order
from semseg.local.files.channel_files import Content
from semseg.plumbing.ordered_map import ordered_map

WORKERS = 8  # threads that read
AHEAD = 16  # samples under way or waiting to be written
POLL_SECONDS = 0.05


class PipeFeeder:
    """Feeds one channel until it is closed, pass after pass; the reader decides how many it reads.

    Args:
        channel: the path of the channel; the FIFOs lie beside it.
        samples: what a pass consists of; each part of a sample becomes one RecordIO record.
        read: the bytes of one part; called in threads.
        seed: the order of pass n is ``sample_order(seed, epochs + n, samples)``; None keeps theirs.
        epochs: that are done, of a job that goes on from a checkpoint.

    Attributes:
        failure: one sentence where a part could not be read, or a FIFO not be made or opened; the reader then waits
            for more until :meth:`close`.
    """

    def __init__(
        self,
        channel: Path,
        samples: Sequence[tuple[Content, ...]],
        read: Callable[[Content], bytes],
        seed: int | None = None,
        epochs: int = 0,
    ) -> None:
        self.failure: str | None = None
        self._channel = channel
        self._samples = samples
        self._read = read
        self._seed = seed
        self._epochs = epochs
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._feed, name=f"feeds {channel.name}", daemon=True)

    def start(self) -> None:
        """Makes the first FIFO, and feeds from a thread of its own."""
        self._channel.parent.mkdir(parents=True, exist_ok=True)
        self._make_fifo(0)
        self._thread.start()

    def close(self) -> None:
        """Ends the stream at once, also within a record, and removes its FIFOs."""
        self._closed.set()

    def join(self, seconds: float) -> None:
        """Waits for the thread's end, but no longer than this; a read from S3 cannot be cut short."""
        if self._thread.ident is not None:  # a feeder that was never started has no end
            self._thread.join(seconds)

    def fifo(self, number: int) -> Path:
        """Returns the FIFO of one pass."""
        return self._channel.with_name(f"{self._channel.name}_{number}")

    def _feed(self) -> None:
        number = 0
        while not self._closed.is_set():
            self._feed_pass(number)
            number += 1
        self._remove(number)

    def _feed_pass(self, number: int) -> None:
        """Feeds one pass; what fails is told, or the reader would wait for ever."""
        with contextlib.ExitStack() as held:
            try:
                self._make_fifo(number + 1)  # there before this pass ends, for a reader that opens it at once
                descriptor = self._open(self.fifo(number))
                if descriptor is not None:
                    held.callback(os.close, descriptor)
                    self._write_records(descriptor, number)
            except Exception as error:
                said = str(error) or type(error).__name__
                place = f"channel {self._channel.name} could not be streamed to {self.fifo(number)}: "
                self.failure = (place if isinstance(error, OSError) else "") + said
                self._closed.wait()  # an end here would look like the end of a pass
        self._remove(number)

    def _write_records(self, descriptor: int, number: int) -> None:
        with contextlib.closing(self._records(number)) as records:
            for record in records:
                if not self._write(descriptor, record):
                    return

    def _records(self, number: int) -> Generator[bytes, None, None]:
        count = len(self._samples)
        order = range(count) if self._seed is None else sample_order(self._seed, self._epochs + number, count)
        samples = (self._samples[int(index)] for index in order)
        with contextlib.closing(ordered_map(self._sample, samples, WORKERS, AHEAD)) as done:
            yield from done

    def _sample(self, sample: tuple[Content, ...]) -> bytes:
        return b"".join(write_record(self._read(part)) for part in sample)

    def _open(self, fifo: Path) -> int | None:
        """Returns the FIFO, open once there is a reader; None where the feeder was closed before."""
        while not self._closed.is_set():
            try:
                return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                self._closed.wait(POLL_SECONDS)
        return None

    def _write(self, descriptor: int, record: bytes) -> bool:
        """Returns whether the reader took all of a record; it may close a pass early."""
        rest = memoryview(record)
        while rest and not self._closed.is_set():
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                select.select([], [descriptor], [], POLL_SECONDS)
            except BrokenPipeError:
                return False
        return not rest

    def _remove(self, number: int) -> None:
        with contextlib.suppress(OSError):  # it lies in the job's folder and disturbs nobody
            self.fifo(number).unlink(missing_ok=True)

    def _make_fifo(self, number: int) -> None:
        if not self.fifo(number).exists():
            os.mkfifo(self.fifo(number), mode=0o600)
