"""Faults one by one, each against a server of its own. What is wrong comes back as sentences: none, all is well."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.faults import mutations, png_chunks, processes
from tests.faults.attempts import head, post
from tests.faults.clients import RIGHT, Load, questions
from tests.faults.kills import replaced
from tests.faults.pictures import encoded, shapes
from tests.faults.png_chunks import Chunk
from tests.faults.raw_client import Reply
from tests.faults.served import SERVE, PingProbe, Served, started, tracebacks, wait_until
from tests.ports import free_port

PICTURE = encoded(Image.fromarray(shapes(0, 48, 64)), "PNG")
QUEUE, DEADLINE = 4, 4  # requests and seconds, of a strict server
STRICT = {
    "SEMSEG_MAX_QUEUE": str(QUEUE),
    "SEMSEG_DEADLINE_SECONDS": str(DEADLINE),
    "SEMSEG_MAX_BODY_BYTES": str(25 * 2**20),
}
PATIENCE = 12  # seconds after which headers must be there, or nobody waits for them any more
SECONDS = 60  # for threads of a scenario to end


@dataclass(frozen=True)
class Stage:
    """Where a scenario plays.

    Attributes:
        job: the job directory that is served.
        command: serves it.
        slowest_ping: seconds that /ping may take.
    """

    job: Path
    command: Sequence[str] = SERVE
    slowest_ping: float = 2.0

    def serve(self, stdout: Path | None = None, /, **environment: str) -> contextlib.AbstractContextManager[Served]:
        return started(self.job, self.command, stdout, **environment)


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process does nothing within this block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def sigterm_under_load(stage: Stage, clients: int = 6) -> list[str]:
    """Nothing new is taken, the exit code is 0, no process is left; whose request was in is answered."""
    with stage.serve() as served:
        members = served.members()
        with Load(served, questions(served), clients) as load:
            wait_until(lambda: load.answered(3 * clients), "no request is answered")
            served.process.send_signal(signal.SIGTERM)
            code = served.process.wait(SECONDS)
            left = processes.wait_until_gone(members, 5)
        faults = tracebacks(served.log)
    # who knocks when the door is closing is turned away
    turned_away = ("503", "no answer", "no answer: ConnectionRefusedError", "no answer: ConnectionResetError")
    faults += [f"{count} x {result}" for result, count in load.results.items() if result not in (RIGHT, *turned_away)]
    faults += [f"the exit code is {code}"] if code else []
    faults += [f"process {pid} is left" for pid in left]
    with stage.serve() as served:
        unanswered = unanswered_at_sigterm(served, clients)
    return faults + ([f"{unanswered} of {clients} requests in flight were not answered"] if unanswered else [])


def unanswered_at_sigterm(served: Served, clients: int) -> int:
    """How many requests, whole before SIGTERM, did not get their answer."""
    with ThreadPoolExecutor(clients) as pool:
        with stopped(served.engines()[0]):
            replies = [pool.submit(served.ask, PICTURE) for _ in range(clients)]
            time.sleep(0.5)  # so that all of them are in
            served.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        return sum(1 for reply in replies if status_of(reply) != 200)


def status_of(reply: Future[Reply | None]) -> int:
    """0 where none came."""
    try:
        found = reply.result(SECONDS)
    except OSError:
        return 0
    return found.status if found else 0


def full_disk_behind_the_log(stage: Stage) -> list[str]:
    """Answers go on where no line of the log can be written."""
    with stage.serve(Path("/dev/full"), SAGEMAKER_BIND_TO_PORT=str(free_port())) as served:
        found = Counter(status_of_reply(served.ask(PICTURE)) for _ in range(20))
        found += Counter(status_of_reply(served.ask(b"no picture")) for _ in range(20))
        served.process.send_signal(signal.SIGTERM)
        code = served.process.wait(SECONDS)
        faults = [] if found == {200: 20, 400: 20} else [f"answers were {dict(found)}"]
        return faults + ([f"the exit code is {code}"] if code else [])


def cache_that_cannot_be_written(stage: Stage) -> list[str]:
    """A model is served where nothing of it can be kept."""
    with stage.serve(SEMSEG_CACHE_DIR="/dev/null/cache") as served:
        return expect(200, served.ask(PICTURE)) + tracebacks(served.log)


def full_disk_behind_the_cache(stage: Stage) -> list[str]:
    """A model is served where a built form does not fit on the disk: here no file may have more than 16 MiB."""
    command = ("sh", "-c", 'ulimit -f 32768; exec "$@"', "limited", *stage.command)
    cache = stage.job / f"cache-{time.monotonic_ns()}"
    with Stage(stage.job, command).serve(SEMSEG_CACHE_DIR=str(cache)) as served:
        return expect(200, served.ask(PICTURE)) + tracebacks(served.log)


def full_queue(served: Served) -> list[str]:
    """Beyond the queue 503 with Retry-After at once; those in it are answered."""
    with ThreadPoolExecutor(QUEUE) as pool:
        with stopped(served.engines()[0]):
            waiting = [pool.submit(served.ask, PICTURE) for _ in range(QUEUE)]
            time.sleep(0.5)
            reply = served.ask(PICTURE)
            early = [each for each in waiting if each.done()]
        faults = expect(503, reply)
        if reply and not reply.headers.get("Retry-After", "").isdigit():
            faults.append(f"Retry-After is {reply.headers.get('Retry-After')!r}")
        if early:
            faults.append("the refusal came after answers that need the engine")
        return faults + [f"one in the queue got {status_of(each)}" for each in waiting if status_of(each) != 200]


def stuck_engine(served: Served) -> list[str]:
    """504 at the deadline, and another engine in its place."""
    engine = served.engines()[0]
    os.kill(engine, signal.SIGSTOP)
    faults = expect(504, served.ask(PICTURE))
    wait_until(lambda: replaced(served, engine), "the stuck engine is not replaced")
    if processes.lives(engine):
        faults.append("the stuck engine lives on")
    return faults + expect(200, served.ask(PICTURE))


def front_killed(stage: Stage) -> list[str]:
    """kill -9 of the process that answers HTTP: its engines end too."""
    with stage.serve() as served:
        engines = served.engines()
        served.process.kill()
        served.process.wait()
        left = processes.wait_until_gone(engines, 5)
    return ([] if engines else ["there was no engine process"]) + [f"engine process {pid} is left" for pid in left]


def left_places(served: Served) -> list[str]:
    """Clients that leave while they wait free their places in the queue."""
    with ThreadPoolExecutor(QUEUE) as pool:
        with stopped(served.engines()[0]):
            leaving = [connected(served.port, post(PICTURE)) for _ in range(QUEUE)]
            time.sleep(0.5)
            full = expect(503, served.ask(PICTURE))
            for connection in leaving:
                connection.close()
            time.sleep(0.5)
            waiting = [pool.submit(served.ask, PICTURE) for _ in range(QUEUE)]
            time.sleep(0.5)
        statuses = [status_of(reply) for reply in waiting]
        return full + ([] if statuses == [200] * QUEUE else [f"those who came after got {statuses}"])


def bombs(stage: Stage) -> list[str]:
    """Small files that would be large: each is answered or refused, /ping goes on, and memory comes back."""
    defaults = {"SEMSEG_MAX_BODY_BYTES": str(25 * 2**20), "SEMSEG_MAX_PIXELS": "50000000", "SEMSEG_MAX_SIDE": "16384"}
    faults = []
    with stage.serve(**defaults) as served, PingProbe(served.port) as probe:
        for name, body in large_bombs():
            began = time.monotonic()
            reply = served.ask(body)
            print(
                f"  {name}: {len(body)} bytes, {status_of_reply(reply)} after {time.monotonic() - began:.1f} s",
                flush=True,
            )
            if reply is None or reply.status not in (200, 400, 413, 504, 507):
                faults.append(f"{name} got {reply and (reply.status, reply.body[:200])}")
            faults += [f"after {name}: {fault}" for fault in expect(200, served.ask(PICTURE))]
        size = processes.resident_bytes(served.members()) / 2**30
        print(f"  resident memory after all of them: {size:.2f} GiB")
        faults += tracebacks(served.log)
    return faults + slow_pings(stage, probe)


def large_bombs() -> Iterator[tuple[str, bytes]]:
    """Each as bad as the limits of an endpoint let it be."""
    rng = random.Random(1)
    white = encoded(Image.new("1", (7071, 7071), 1), "PNG")
    yield "50 million white pixels", white
    yield "50 million pixels with an alpha channel of 16 bits", wide_png(7071, 7071)
    yield "a JPEG of 50 million pixels", encoded(Image.new("L", (7071, 7071), 9), "JPEG")
    yield "a JPEG of a hundred scans", mutations.many_scans(rng, 7071, 7071, 90)
    yield "a JPEG of many scans", mutations.many_scans(rng, 3000, 3000, 100_000)
    yield "a row of pixels", encoded(Image.new("L", (16384, 1), 9), "PNG")
    yield "a column of pixels", encoded(Image.new("L", (1, 16384), 9), "PNG")
    flood = [
        png_chunks.header(8, 8),
        *[Chunk(b"tEXt", b"a\0b")] * 1_500_000,
        png_chunks.pixels(bytes(200)),
        png_chunks.END,
    ]
    yield "a million and a half text chunks", png_chunks.join(flood)
    flood[1:-2] = [Chunk(b"IDAT", b"")] * 2_000_000
    yield "two million empty chunks of pixels", png_chunks.join(flood)
    for make in mutations.BOMBS:
        yield make.__name__, make(rng)


def flooded_png(chunks: list[Chunk]) -> bytes:
    return png_chunks.join([png_chunks.header(8, 8), *chunks, png_chunks.pixels(bytes(200)), png_chunks.END])


def wide_png(width: int, height: int) -> bytes:
    row = bytes(1 + 8 * width)
    return png_chunks.join([png_chunks.header(width, height, 16, 6), png_chunks.pixels(row * height), png_chunks.END])


def slow_headers(served: Served, connections: int = 200, seconds: float = 15) -> list[str]:
    """Clients that send a byte of their headers now and then do not keep others from being served, and are put out."""
    slow = [connected(served.port, b"POST /invocations HTTP/1.1\r\nX: ") for _ in range(connections)]
    found: Counter[int] = Counter()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for connection in slow:
            with contextlib.suppress(OSError):
                connection.send(b"a")
        found[status_of_reply(served.ask(PICTURE))] += 1
        time.sleep(0.5)
    still_open = sum(1 for connection in slow if not closed_by_peer(connection))
    for connection in slow:
        connection.close()
    faults = [] if set(found) == {200} else [f"others got {dict(found)}"]
    if still_open and seconds > PATIENCE:
        faults.append(f"{still_open} of {connections} were still open after {seconds:.0f} s")
    return faults


def slow_bodies(served: Served, connections: int = 100) -> list[str]:
    """Bodies that do not come end with 408 at the deadline, and take no place in the queue from others."""
    begun = head(b"POST", b"/invocations", [(b"Host", b"x"), (b"Content-Length", b"9999")]) + b"abc"
    slow = [connected(served.port, begun) for _ in range(connections)]
    found = Counter(status_of_reply(served.ask(PICTURE)) for _ in range(20))
    answers = Counter(first_line(connection) for connection in slow)
    faults = [] if set(found) == {200} else [f"others got {dict(found)}"]
    if answers != {b"HTTP/1.1 408 Request Timeout": connections}:
        faults.append(f"the slow ones got {dict(answers)}")
    return faults


def silent_readers(served: Served, connections: int = QUEUE - 1, seconds: float = 3) -> list[str]:
    """Clients that ask for large answers and do not read them do not keep others from being served."""
    picture = encoded(Image.fromarray(shapes(3, 900, 1100)), "PNG")
    request = post(picture, [(b"Accept", b"application/x-recordio-protobuf")])
    silent = [connected(served.port, request, receive_buffer=4096) for _ in range(connections)]
    time.sleep(seconds)
    found = Counter(status_of_reply(served.ask(PICTURE)) for _ in range(20))
    for connection in silent:
        connection.close()
    return [] if set(found) == {200} else [f"others got {dict(found)}"]


def out_of_memory(stage: Stage) -> list[str]:
    """An engine that gets no more memory: 507, and the server lives on."""
    with stage.serve(SEMSEG_SCALE="native", SEMSEG_MAX_BODY_BYTES=str(25 * 2**20)) as served:
        engine = served.engines()[0]
        mapped = processes.mapped_bytes(engine)
        resource.prlimit(engine, resource.RLIMIT_AS, (mapped + 100 * 2**20,) * 2)
        picture = encoded(Image.fromarray(shapes(1, 900, 1100)), "PNG")
        faults = expect(507, served.ask(picture))
        wait_until(served.ready, "no engine is ready")
        return faults + expect(200, served.ask(PICTURE)) + tracebacks(served.log)


def slow_pings(stage: Stage, probe: PingProbe) -> list[str]:
    return [f"/ping took {probe.slowest:.1f} s"] if probe.slowest >= stage.slowest_ping else []


def connected(port: int, request: bytes, receive_buffer: int | None = None) -> socket.socket:
    """A connection on which this was sent."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(SECONDS)
    connection.connect(("127.0.0.1", port))
    connection.sendall(request)
    return connection


def closed_by_peer(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection, with or without an answer."""
    connection.settimeout(0.01)
    try:
        while connection.recv(65536):
            pass
    except socket.timeout:
        return False
    except OSError:
        pass
    return True


def first_line(connection: socket.socket) -> bytes:
    with connection, contextlib.suppress(OSError):
        return connection.recv(65536).split(b"\r\n")[0]
    return b""


def expect(status: int, reply: Reply | None) -> list[str]:
    if reply is None:
        return [f"no answer where {status} is owed"]
    return [] if reply.status == status else [f"{reply.status} where {status} is owed: {reply.body[:300]!r}"]


def status_of_reply(reply: Reply | None) -> int:
    """0 where none came."""
    return reply.status if reply else 0


# each has a server of its own
SCENARIOS: tuple[Callable[[Stage], list[str]], ...] = (
    *(sigterm_under_load, full_disk_behind_the_log, cache_that_cannot_be_written, full_disk_behind_the_cache),
    *(front_killed, bombs, out_of_memory),
)
# these come one after the other to one server with the settings STRICT
STRICT_SCENARIOS: tuple[Callable[[Served], list[str]], ...] = (
    *(full_queue, left_places, stuck_engine, slow_bodies, slow_headers, silent_readers),
)
