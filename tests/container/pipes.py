"""What SageMaker does on the other side of a FIFO: a new one for each pass, filled for as long as somebody reads."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from semseg.contract.recordio import write_record

Records = Callable[[int], Sequence[bytes]]  # the payloads of pass n


class PipeWriter:
    """Writes the passes of one channel, one after the other, in a thread."""

    def __init__(self, folder: Path, channel: str, records: Records) -> None:
        self._folder, self._channel, self._records = folder, channel, records
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.passes = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        os.mkfifo(self._path(0))
        while (file := self._opened(self._path(self.passes))) is not None:
            with contextlib.suppress(BrokenPipeError), open(file, "wb") as pipe:
                for payload in self._records(self.passes):
                    pipe.write(write_record(payload))
                os.mkfifo(self._path(self.passes + 1))
            self._path(self.passes).unlink()
            self.passes += 1

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._channel}_{number}"

    def _opened(self, path: Path) -> int | None:
        """The FIFO, once it has a reader; None where the writer is to stop."""
        while not self._stop.is_set():
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                os.set_blocking(file, True)
                return file
            time.sleep(0.005)
        return None


@contextlib.contextmanager
def writing(folder: Path, channels: Mapping[str, Records]) -> Iterator[list[PipeWriter]]:
    writers = [PipeWriter(folder, channel, records) for channel, records in channels.items()]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.stop()
