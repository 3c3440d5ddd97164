"""The limits of an endpoint: how much it accepts, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semseg.contract import environment as variables

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """The limits of one request, of all requests together, and of an endpoint that stops."""

    max_body_bytes: int = variables.MAX_BODY_BYTES.default
    max_pixels: int = variables.MAX_PIXELS.default  # width times height
    max_side: int = variables.MAX_SIDE.default  # pixels, of width and of height
    drain_seconds: int = variables.DRAIN_SECONDS.default
    max_queue: int = variables.MAX_QUEUE.default  # requests whose picture is here and whose answer is not there yet
    deadline_seconds: int = variables.DEADLINE_SECONDS.default  # of a request, from its first byte
    max_batch: int = variables.MAX_BATCH.default  # pictures that are computed together
    batch_milliseconds: int = variables.BATCH_MILLISECONDS.default  # that a picture waits for others like it
    engine_processes: int = variables.ENGINE_PROCESSES.default
    engine_threads: int | None = None  # of each process; None: all cores, divided by the processes
    header_seconds: float = 10  # until the headers of a request are there
    idle_seconds: float = 20  # without a byte of a body, or while nothing of an answer is fetched
    held_body_bytes: int = 256 * MEBIBYTE  # of all requests together; of one, at least max_body_bytes
    held_pixel_bytes: int = 512 * MEBIBYTE  # pictures and answers of all requests together; one is always let in
    max_connections: int = 1000  # a further one takes the place of one without a request
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
        return cls(
            max_body_bytes=variables.MAX_BODY_BYTES.read(environment),
            max_pixels=variables.MAX_PIXELS.read(environment),
            max_side=variables.MAX_SIDE.read(environment),
            drain_seconds=variables.DRAIN_SECONDS.read(environment),
            max_queue=variables.MAX_QUEUE.read(environment),
            deadline_seconds=variables.DEADLINE_SECONDS.read(environment),
            max_batch=variables.MAX_BATCH.read(environment),
            batch_milliseconds=variables.BATCH_MILLISECONDS.read(environment),
            engine_processes=variables.ENGINE_PROCESSES.read(environment),
            engine_threads=variables.ENGINE_THREADS.read(environment),
        )

    def threads_of_an_engine(self, cores: int) -> int:
        """Returns the number of threads that each engine process computes with, if ``cores`` may be used."""
        return self.engine_threads or max(1, cores // self.engine_processes)
