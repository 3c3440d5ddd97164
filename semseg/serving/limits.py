"""The limits of an endpoint: how much it accepts, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semseg.errors import UserError

MEBIBYTE = 2**20
LARGEST_BATCH = 32  # pictures; each takes two of the files that go over the wire at once


@dataclass(frozen=True)
class Limits:
    """The limits of one request, of all requests together, and of an endpoint that stops."""

    max_body_bytes: int = 25 * MEBIBYTE
    max_pixels: int = 50_000_000  # width times height
    max_side: int = 16_384  # pixels, of width and of height
    drain_seconds: int = 25  # SageMaker kills a container 30 seconds after it asked it to stop
    max_queue: int = 64  # requests whose picture is here and whose answer is not there yet
    deadline_seconds: int = 60  # of a request, from its first byte; as long as SageMaker waits
    max_batch: int = 4  # pictures that are computed together
    batch_milliseconds: int = 2  # that a picture waits for others like it
    engine_processes: int = 1
    engine_threads: int | None = None  # of each process; None: all cores, divided by the processes
    header_seconds: float = 10  # until the headers of a request are there
    idle_seconds: float = 20  # without a byte of a body, or while nothing of an answer is fetched
    held_body_bytes: int = 256 * MEBIBYTE  # of all requests together; of one, at least max_body_bytes
    held_pixel_bytes: int = 512 * MEBIBYTE  # pictures and answers of all requests together; one is always let in
    max_connections: int = 1000
    # seconds before an engine process is started, by how many in a row have answered nothing; as many starts in a row
    # may fail
    restart_delays: tuple[float, ...] = (0, 0.5, 1, 2, 4)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Limits:
        """Returns the limits that the environment variables SEMSEG_MAX_BODY_BYTES and so on set; docs/endpoint.md names
        them.

        Raises:
            UserError: one of them is no whole number in its range.
        """
        threads = environment.get("SEMSEG_ENGINE_THREADS")
        return cls(
            max_body_bytes=_whole_number(environment, "SEMSEG_MAX_BODY_BYTES", cls.max_body_bytes),
            max_pixels=_whole_number(environment, "SEMSEG_MAX_PIXELS", cls.max_pixels),
            max_side=_whole_number(environment, "SEMSEG_MAX_SIDE", cls.max_side),
            drain_seconds=_whole_number(environment, "SEMSEG_DRAIN_SECONDS", cls.drain_seconds),
            max_queue=_whole_number(environment, "SEMSEG_MAX_QUEUE", cls.max_queue),
            deadline_seconds=_whole_number(environment, "SEMSEG_DEADLINE_SECONDS", cls.deadline_seconds),
            max_batch=_whole_number(environment, "SEMSEG_MAX_BATCH", cls.max_batch, most=LARGEST_BATCH),
            batch_milliseconds=_whole_number(environment, "SEMSEG_BATCH_MILLISECONDS", cls.batch_milliseconds, least=0),
            engine_processes=_whole_number(environment, "SEMSEG_ENGINE_PROCESSES", cls.engine_processes),
            engine_threads=None if threads is None else _whole_number(environment, "SEMSEG_ENGINE_THREADS", 1),
        )

    def threads_of_an_engine(self, cores: int) -> int:
        """Returns the number of threads that each engine process computes with, if ``cores`` may be used."""
        return self.engine_threads or max(1, cores // self.engine_processes)


def _whole_number(
    environment: Mapping[str, str], name: str, default: int, least: int = 1, most: int | None = None
) -> int:
    text = environment.get(name, str(default))
    # Ten digits are enough for everything, and int() of thousands of them is an error of its own.
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if number < least or (most is not None and number > most):
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UserError(f"The environment variable {name} must be a whole number {span}, got {text!r}")
    return number
