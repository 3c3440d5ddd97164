"""A file of events that TensorBoard shows, written by tensorboardX."""

from __future__ import annotations

import importlib
import io
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from semseg.contract.tensorboard import PACKAGE, check_event_package

if TYPE_CHECKING:
    from tensorboardX import RecordWriter
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary

FILE_VERSION = "brain.Event:2"
JPEG_QUALITY = 75
FLUSH_SECONDS = 30.0  # after which whoever looks sees what was written


class EventFile:
    """Writes events in the thread that adds them: in one of its own, an error would let the job wait for ever.

    A file that cannot be written ends nothing: that is told once, and the job goes on without it.

    Args:
        folder: gets the file; it is made where it is not there.
        first_step: from which on events of earlier files in the folder no longer count.
        warn: is told why no more is written.
        clock: in seconds.

    Raises:
        PlatformError: the package tensorboardX is not installed.
    """

    def __init__(
        self,
        folder: Path,
        first_step: int,
        warn: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import_tensorboardx()
        self._folder = folder
        self._warn = warn
        self._clock = clock
        self._flushed = clock()
        self._writer: RecordWriter | None = None
        self._try(lambda: self._open(first_step))

    def add_scalar(self, name: str, value: float, step: int) -> None:
        """Adds a value under a name, which may have anything but spaces and the like in it."""
        from tensorboardX.summary import scalar

        self._add(scalar(name, value), step)

    def add_picture(self, name: str, picture: Image.Image, step: int) -> None:
        """Adds a picture. As JPEG it is a tenth of the PNG that tensorboardX would write, whose checksum alone takes
        0.1 s.
        """
        from tensorboardX.proto.summary_pb2 import Summary

        file = io.BytesIO()
        picture.save(file, "JPEG", quality=JPEG_QUALITY)
        width, height = picture.size
        image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=file.getvalue())
        self._add(Summary(value=[Summary.Value(tag=name, image=image)]), step)

    def close(self) -> None:
        """Ends the file."""
        self._try(lambda: self._writer and self._writer.close())
        self._writer = None

    def _open(self, first_step: int) -> None:
        from tensorboardX import RecordWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        self._folder.mkdir(parents=True, exist_ok=True)
        # two runs of one second have files of different names, in their order
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{first_step:010d}"
        self._writer = RecordWriter(str(self._folder / name))
        self._write(Event(file_version=FILE_VERSION))
        self._write(Event(step=first_step, session_log=SessionLog(status=SessionLog.START)))

    def _add(self, summary: Summary, step: int) -> None:
        from tensorboardX.proto.event_pb2 import Event

        self._try(lambda: self._write(Event(summary=summary, step=step)))

    def _write(self, event: Event) -> None:
        if self._writer is None:
            return
        event.wall_time = time.time()
        self._writer.write(event.SerializeToString())
        if self._clock() - self._flushed >= FLUSH_SECONDS:
            self._flushed = self._clock()
            self._writer.flush()

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            writer, self._writer = self._writer, None
            with suppress(OSError):
                if writer is not None:
                    writer.close()
            self._warn(f"No more events for TensorBoard are written to {self._folder}: {error}")


def import_tensorboardx() -> None:
    """Imports tensorboardX without what it would import where it finds it, and which is of no use here: PyTorch, in a
    job that trains with MXNet, takes seconds and memory.

    Raises:
        PlatformError: it is not installed.
    """
    check_event_package()
    hidden = [name for name in ("torch", "boto3") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        importlib.import_module(PACKAGE)
    finally:
        for name in hidden:
            del sys.modules[name]
