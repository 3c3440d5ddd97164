"""Requests to an endpoint, right ones and wrong ones: the same seed and number draw the same request."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from tests.faults import mutations, pictures
from tests.faults.raw_client import End

PNG, RECORDIO, PROTOBUF = "image/png", "application/x-recordio-protobuf", "application/x-protobuf"
PICTURE_TYPES = (b"image/jpeg", b"image/png", b"application/x-image", b"image/*", b"application/octet-stream")
ANSWERED = frozenset({200})
PICTURE_REFUSED = frozenset({400})
REFUSED = frozenset({400, 401, 404, 405, 406, 408, 411, 413, 414, 415, 417, 426, 431})
LARGEST_BODY = pictures.LARGEST_FILE  # bytes; the server that is tried is told so
MOST_CHUNKS = 4096  # that a body may surely come in, however small they are
LARGEST_PICTURE = 1_000_000  # pixels, also

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Promise:
    """What an endpoint owes to a request.

    Attributes:
        statuses: of its answers, each.
        sizes: the (height, width) of each answer of 200, where it is known; None: of the picture that was sent.
        media_type: of an answer of 200, where one is known.
        may_close: whether the connection may end without an answer: the request is not whole, or is no HTTP.
    """

    statuses: frozenset[int]
    size: tuple[int, int] | None = None
    media_type: str | None = None
    may_close: bool = False


@dataclass(frozen=True)
class Attempt:
    """What is sent, how, and what is owed for it; ``methods`` has one entry for each answer that is waited for."""

    kind: str
    parts: tuple[bytes, ...]
    promise: Promise
    methods: tuple[str, ...] = ("POST",)
    end: End = End.READ
    pause: float = 0


def draw(seed: int, number: int) -> Attempt:
    """The attempt of this number in the run of this seed."""
    rng = random.Random(f"{seed}/{number}")
    make = rng.choices([make for make, _ in KINDS], [weight for _, weight in KINDS])[0]
    return make(rng)


def head(method: bytes, path: bytes, headers: Sequence[Header], version: bytes = b"HTTP/1.1") -> bytes:
    lines = [b" ".join((method, path, version)), *(name + b": " + value for name, value in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def post(body: bytes, headers: Sequence[Header] = (), path: bytes = b"/invocations") -> bytes:
    sized = [(b"Host", b"x"), (b"Content-Length", b"%d" % len(body)), *headers]
    return head(b"POST", path, sized) + body


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


# --- pictures


def whole_picture(rng: random.Random) -> Attempt:
    picture = pictures.draw(rng)
    accept, media_type = rng.choice(ACCEPTED)
    headers = [(b"Accept", accept)] if accept else []
    if rng.random() < 0.8:
        headers.append((b"Content-Type", rng.choice(PICTURE_TYPES)))
    path = rng.choice((b"/invocations", b"/invocations", b"/invocations?a=b", b"/endpoints/any/invocations"))
    promise = Promise(ANSWERED, picture.size, media_type)
    return Attempt(f"whole picture: {picture.kind}", (post(picture.data, headers, path),), promise)


def broken_picture(rng: random.Random) -> Attempt:
    kind, data = mutations.mutate(rng)
    return Attempt(f"broken picture: {kind}", (post(data),), _of_a_picture(data))


def bomb(rng: random.Random) -> Attempt:
    kind, data = mutations.bomb(rng)
    return Attempt(f"bomb: {kind}", (post(data),), _of_a_picture(data))


def no_picture(rng: random.Random) -> Attempt:
    start = rng.choice(
        (b"", b"GIF89a", b"BM", b"II*\0", b"RIFF\0\0\0\0WEBPVP8 ", b"\x89PNG", b"\xff\xd8", b"%PDF-1.7", b"PK")
    )
    data = start + rng.randbytes(rng.choice((0, 1, 10, 1000)))
    return Attempt("no picture", (post(data),), Promise(PICTURE_REFUSED))


def too_large(rng: random.Random) -> Attempt:
    body = rng.randbytes(1000) * (LARGEST_BODY // 1000 + rng.choice((2, 100, 3000)))
    if rng.random() < 0.5:
        return Attempt("body too large", (post(body),), Promise(frozenset({413}), may_close=True))
    headers = [(b"Host", b"x"), (b"Transfer-Encoding", b"chunked")]
    step = rng.choice((4096, 65536))
    chunks = b"".join(chunk(body[at : at + step]) for at in range(0, len(body), step))
    request = head(b"POST", b"/invocations", headers) + chunks + chunk(b"")
    return Attempt("body too large, in chunks", (request,), Promise(frozenset({413}), may_close=True))


def _of_a_picture(data: bytes) -> Promise:
    """An answer of the size that the picture's own header names, or a refusal of it."""
    return Promise(ANSWERED | PICTURE_REFUSED, _declared_size(data))


def _declared_size(data: bytes) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            return image.height, image.width
    except Exception:
        return None


# --- headers


def odd_headers(rng: random.Random) -> Attempt:
    picture = pictures.draw(rng)
    odd = [rng.choice(ODD_HEADERS)(rng) for _ in range(rng.choice((1, 1, 2, 4)))]
    promise = Promise(ANSWERED | REFUSED, picture.size, may_close=True)
    # one that says something else of the body's length may leave the server waiting
    end = End.GLANCE if any(name in (b"Content-Length", b"Transfer-Encoding") for name, _ in odd) else End.READ
    return Attempt("odd headers", (post(picture.data, odd),), promise, end=end)


def many_headers(rng: random.Random) -> Attempt:
    headers = [(b"x-%d" % number, b"a" * rng.randint(0, 50)) for number in range(rng.choice((50, 500, 5000)))]
    promise = Promise(ANSWERED | REFUSED, may_close=True)
    return Attempt("many headers", (post(pictures.draw(rng).data, headers),), promise)


def wrong_accept(rng: random.Random) -> Attempt:
    accept = rng.choice((b"text/html", b"image/jpeg", b"image/png;q=0", b"application/json, text/*", b",", b"png"))
    return Attempt("wrong Accept", (post(pictures.draw(rng).data, [(b"Accept", accept)]),), Promise(frozenset({406})))


def wrong_weight(rng: random.Random) -> Attempt:
    weight = rng.choice((b"2", b"-1", b"nan", b"1e999", b"0.12345", b"\xb2", b"9" * 5000, b"inf", b"", b"0x1", b" "))
    headers = [(b"Accept", b"image/png;q=" + weight)]
    return Attempt("wrong weight", (post(pictures.draw(rng).data, headers),), Promise(frozenset({400})))


def wrong_content_type(rng: random.Random) -> Attempt:
    name = rng.choice((b"Content-Type", b"Content-Type", b"Content-Encoding"))
    value = rng.choice((b"text/csv", b"application/json", b"image", b"gzip", b"br, gzip", b"\xff\xfe", b"a" * 3000))
    return Attempt("wrong Content-Type", (post(pictures.draw(rng).data, [(name, value)]),), Promise(frozenset({415})))


def waits_for_leave(rng: random.Random) -> Attempt:
    """Expect: 100-continue, whole or too large."""
    picture = pictures.draw(rng)
    length, statuses = rng.choice(((len(picture.data), ANSWERED), (LARGEST_BODY + 1, frozenset({413}))))
    headers = [(b"Host", b"x"), (b"Expect", b"100-continue"), (b"Content-Length", b"%d" % length)]
    parts = (head(b"POST", b"/invocations", headers), picture.data)
    promise = Promise(statuses, picture.size, may_close=statuses != ANSWERED)
    return Attempt("Expect: 100-continue", parts, promise, pause=0.05)


def _random_text(rng: random.Random) -> bytes:
    return bytes(rng.choice(range(0x20, 0x7F)) for _ in range(rng.choice((0, 1, 10, 100))))


def _random_header(rng: random.Random) -> Header:
    return rng.choice(HEADER_NAMES), rng.choice((_random_text(rng), rng.randbytes(rng.randint(0, 30))))


def _long_header(rng: random.Random) -> Header:
    return rng.choice(HEADER_NAMES), b"a" * rng.choice((1000, 10_000, 16_000, 17_000, 70_000, 300_000))


def _malformed_header(rng: random.Random) -> Header:
    names = (b"", b" ", b"a b", b"\0", b"na\0me", b"name ", b"\xc3\xa4", b"a\nb", b"(a)", b"\r\nX")
    return rng.choice(names), rng.choice((b"", b"a\0b", b"a\rb", b"a\nb", b"\r\n folded", b"\x7f", b"\xff" * 20))


def _known_header(rng: random.Random) -> Header:
    return rng.choice(
        (
            (b"Host", b"other"),
            (b"Connection", b"close"),
            (b"Connection", b"Upgrade, HTTP2-Settings"),
            (b"Upgrade", rng.choice((b"websocket", b"h2c", b"TLS/1.3"))),
            (b"Expect", rng.choice((b"200-ok", b"100-CONTINUE, x", b""))),
            (b"Range", b"bytes=0-0,-1,5-2"),
            (b"If-None-Match", b"*"),
            (b"Authorization", b"Bearer " + rng.randbytes(10).hex().encode()),
            (b"X-Request-Id", b"\xe2\x80\xae" * 20),
            (b"X-Forwarded-For", b"127.0.0.1, " * 50),
            (b"Cookie", b"a=b; " * 200),
            (b"Accept-Encoding", b"gzip, br"),
            (b"TE", b"trailers"),
            (
                b"Content-Length",
                rng.choice((b"1", b"-1", b"+5", b"1e3", b"", b"5, 5", b"9" * 30, b"9" * 5000, b"\xb2")),
            ),
            (b"Transfer-Encoding", rng.choice((b"identity", b"gzip", b"chunked", b"gzip, chunked", b"xchunked", b""))),
        )
    )


# --- framing


def in_chunks(rng: random.Random) -> Attempt:
    picture = pictures.draw(rng)
    step = rng.choice((1, 3, 100, 5000)) if len(picture.data) < 5000 else rng.choice((100, 5000))
    data = picture.data
    extension = rng.choice((b"", b"", b";a=b", b';a="b c"'))
    chunks = b"".join(chunk(data[at : at + step], extension) for at in range(0, len(data), step))
    trailer = rng.choice((b"", b"", b"X-Checksum: 1\r\n"))
    headers = [(b"Host", b"x"), (b"Transfer-Encoding", rng.choice((b"chunked", b"Chunked")))]
    request = head(b"POST", b"/invocations", headers) + chunks + b"0\r\n" + trailer + b"\r\n"
    # thousands of crumbs cost more to put together than to send: they may be refused
    crumbs = len(data) > MOST_CHUNKS * step
    return Attempt("in chunks", (request,), Promise(ANSWERED | PICTURE_REFUSED if crumbs else ANSWERED, picture.size))


def in_broken_chunks(rng: random.Random) -> Attempt:
    data = pictures.draw(rng).data
    whole = chunk(data) + chunk(b"")
    wrong = rng.choice(
        (
            b"zz\r\n" + data,
            b"-1\r\n" + data,
            b"%x\r\n" % (len(data) + 5) + data + b"\r\n0\r\n\r\n",
            b"%x\r\n" % max(len(data) - 5, 0) + data + b"\r\n0\r\n\r\n",
            b"f" * 30 + b"\r\n" + data,
            b"%x;" % len(data) + b"a" * 100_000 + b"\r\n" + data + b"\r\n0\r\n\r\n",
            b"\r\n" + whole,
            whole[:-2],
            whole[: len(whole) // 2],
            mutations.bits_flipped(rng, whole),
            b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        )
    )
    headers = [(b"Host", b"x"), (b"Transfer-Encoding", b"chunked")]
    request = head(b"POST", b"/invocations", headers) + wrong
    end = rng.choice((End.GLANCE, End.GLANCE, End.HALF_CLOSE))
    return Attempt("in broken chunks", (request,), Promise(ANSWERED | REFUSED, may_close=True), end=end)


def lying_length(rng: random.Random) -> Attempt:
    picture = pictures.draw(rng)
    size = len(picture.data)
    lengths = (
        b"%d" % (size + rng.randint(1, 1000)),
        b"%d" % rng.randrange(size),
        b"-1",
        b"0x10",
        b"1e3",
        b"",
        b"9" * 40,
    )
    headers = [(b"Host", b"x"), (b"Content-Length", rng.choice(lengths))]
    if rng.random() < 0.3:
        headers.append(rng.choice(((b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"%d" % size))))
    request = head(b"POST", b"/invocations", headers) + picture.data
    end = rng.choice((End.GLANCE, End.HALF_CLOSE))
    return Attempt("lying length", (request,), Promise(ANSWERED | REFUSED, may_close=True), end=end)


def pipelined(rng: random.Random) -> Attempt:
    """Several requests in one go, with an answer to each, in order."""
    picture = pictures.draw(rng)
    count = rng.randint(2, 5)
    promise = Promise(ANSWERED, picture.size)
    if rng.random() < 0.3:
        requests = head(b"GET", b"/ping", [(b"Host", b"x")]) * count
        return Attempt("pipelined pings", (requests,), Promise(ANSWERED), ("GET",) * count)
    return Attempt("pipelined pictures", (post(picture.data) * count,), promise, ("POST",) * count)


def older_http(rng: random.Random) -> Attempt:
    picture = pictures.draw(rng)
    headers = [(b"Content-Length", b"%d" % len(picture.data))]
    if rng.random() < 0.3:
        headers.append((b"Connection", b"keep-alive"))
    request = head(b"POST", b"/invocations", headers, b"HTTP/1.0") + picture.data
    return Attempt("HTTP/1.0", (request,), Promise(ANSWERED, picture.size))


# --- paths and methods


def other_path(rng: random.Random) -> Attempt:
    paths = (
        b"/",
        b"//",
        b"/ping/",
        b"/invocations/",
        b"/../../etc/passwd",
        b"/%00",
        b"/%ff%fe",
        b"/%zz",
        b"/inv%6fcations",
    )
    path = rng.choice(
        (*paths, b"/\xc3\xa4", b"/" + b"a" * rng.choice((100, 5000, 100_000)), b"*", b"http://x/invocations")
    )
    method = rng.choice((b"GET", b"POST", b"HEAD", b"PUT"))
    promise = Promise(ANSWERED | REFUSED, may_close=True)
    body = pictures.draw(rng).data if method == b"POST" else b""
    request = head(method, path, [(b"Host", b"x"), (b"Content-Length", b"%d" % len(body))]) + body
    return Attempt("other path", (request,), promise, (method.decode(),))


def other_method(rng: random.Random) -> Attempt:
    methods = (b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT", b"get", b"PRI", b"A" * 2000, b"G\0T", b"\xff", b"")
    method = rng.choice((*methods, b"OPTIONS"))
    path = rng.choice((b"/invocations", b"/ping", b"/metrics", b"/execution-parameters"))
    request = head(method, path, [(b"Host", b"x")])
    promise = Promise(ANSWERED | REFUSED, may_close=True)
    return Attempt("other method", (request,), promise, ("GET",), End.GLANCE)


def question(rng: random.Random) -> Attempt:
    path = rng.choice((b"/ping", b"/execution-parameters"))
    return Attempt("question", (head(b"GET", path, [(b"Host", b"x")]),), Promise(ANSWERED), ("GET",))


def no_http(rng: random.Random) -> Attempt:
    data = rng.choice(
        (
            b"GET /ping\r\n\r\n",
            b"GET  /ping HTTP/1.1\r\n\r\n",
            b"GET /ping HTTP/3.7\r\nHost: x\r\n\r\n",
            b"GET /ping HTTP/1.1\r\n\r\n",
            b"GET /ping HTTP/1.1\nHost: x\n\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(200),
            b"\r\n" * rng.choice((1, 50_000)),
            b"\0" * 1000,
            rng.randbytes(rng.choice((1, 20, 1000, 100_000))),
        )
    )
    return Attempt("no HTTP", (data,), Promise(ANSWERED | REFUSED, may_close=True), ("GET",), End.GLANCE)


# --- time


def cut_short(rng: random.Random) -> Attempt:
    """A client that leaves somewhere within its request."""
    request = post(pictures.draw(rng).data)
    end = rng.choice((End.LEAVE, End.RESET, End.HALF_CLOSE))
    sent = request[: rng.randrange(len(request))]
    return Attempt(f"cut short: {end.value}", (sent,), Promise(REFUSED, may_close=True), end=end)


def left_waiting(rng: random.Random) -> Attempt:
    """A client that leaves when it has sent everything, at once or a little later."""
    picture = pictures.draw(rng)
    end = rng.choice((End.LEAVE, End.RESET, End.HALF_CLOSE))
    parts = (post(picture.data), b"") if rng.random() < 0.5 else (post(picture.data),)
    promise = Promise(ANSWERED, picture.size, may_close=True)
    return Attempt(f"left waiting: {end.value}", parts, promise, end=end, pause=rng.choice((0.001, 0.01, 0.05)))


def slow(rng: random.Random) -> Attempt:
    """A client that sends its headers and its body in pieces."""
    picture = pictures.draw(rng)
    request = post(picture.data)
    cuts = sorted(rng.sample(range(1, len(request)), min(len(request) - 1, rng.randint(2, 8))))
    parts = tuple(request[start:end] for start, end in zip([0, *cuts], [*cuts, len(request)]))
    return Attempt("slow", parts, Promise(ANSWERED, picture.size), pause=rng.choice((0.01, 0.1, 0.3)))


ACCEPTED = (
    *((b"", PNG), (b"image/png", PNG), (b"*/*", PNG), (b"image/*", PNG), (b"application/octet-stream", PNG)),
    *((RECORDIO.encode(), RECORDIO), (PROTOBUF.encode(), PROTOBUF)),
    *((b"text/html;q=0.9, image/png;q=0.1", PNG), (b"image/png;q=0.5, application/x-protobuf", PROTOBUF)),
)
HEADER_NAMES = (
    *(b"Accept", b"Content-Type", b"Content-Encoding", b"Expect", b"Host", b"Connection", b"Transfer-Encoding"),
    *(b"Content-Length", b"X-Amzn-SageMaker-Custom-Attributes", b"X-Anything", b"Cookie", b"Upgrade", b"Trailer"),
)
ODD_HEADERS: tuple[Callable[[random.Random], Header], ...] = (
    *(_random_header, _random_header, _long_header, _malformed_header, _known_header, _known_header),
)
KINDS: tuple[tuple[Callable[[random.Random], Attempt], int], ...] = (
    *((whole_picture, 200), (broken_picture, 330), (bomb, 10), (no_picture, 20), (too_large, 10)),
    *((odd_headers, 80), (many_headers, 10), (wrong_accept, 15), (wrong_weight, 15), (wrong_content_type, 15)),
    *((waits_for_leave, 10), (in_chunks, 40), (in_broken_chunks, 40), (lying_length, 40), (pipelined, 20)),
    *((older_http, 20), (other_path, 25), (other_method, 20), (question, 15), (no_http, 20)),
    *((cut_short, 30), (left_waiting, 30), (slow, 15)),
)
