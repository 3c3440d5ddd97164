"""A stand-in of S3 that only lists and gives objects, fast: python -m benchmarks.static_s3 <objects> <bytes>.

moto takes longer for an answer than any client does to read it, so that it would measure moto. Prints its address.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import urllib.parse
from dataclasses import dataclass
from functools import partial

PAGE = 1000  # objects, as S3 has
MODIFIED = "Wed, 01 Jan 2025 00:00:00 GMT"


@dataclass(frozen=True)
class Bucket:
    """Objects ``p/000000.jpg`` and so on, all of the same content."""

    count: int
    content: bytes

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'

    def page(self, query: dict[str, str]) -> bytes:
        """Returns one answer of ListObjectsV2."""
        first = int(query.get("continuation-token", 0))
        last = min(first + PAGE, self.count)
        more = f"<NextContinuationToken>{last}</NextContinuationToken>" if last < self.count else ""
        entries = "".join(
            f"<Contents><Key>p/{number:06d}.jpg</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>{self.etag}</ETag><Size>{len(self.content)}</Size></Contents>"
            for number in range(first, last)
        )
        truncated = str(bool(more)).lower()
        return f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{entries}</ListBucketResult>".encode()


class Connection(asyncio.Protocol):
    """One client, which sends requests without a body, one after the other."""

    def __init__(self, bucket: Bucket, head: bytes) -> None:
        self.bucket, self.head, self.received = bucket, head, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            request, _, self.received = self.received.partition(b"\r\n\r\n")
            method, target, _ = request.split(b"\r\n", 1)[0].decode().split(" ")
            self.answer(method, urllib.parse.urlsplit(target))

    def answer(self, method: str, target: urllib.parse.SplitResult) -> None:
        if "list-type=2" in target.query:
            content = self.bucket.page(dict(urllib.parse.parse_qsl(target.query)))
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {len(content)}\r\n\r\n"
            self.transport.write(head.encode() + content)
        else:
            self.transport.write(self.head if method == "HEAD" else self.head + self.bucket.content)


async def serve(bucket: Bucket) -> None:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(bucket.content)}\r\n"
        f"ETag: {bucket.etag}\r\nLast-Modified: {MODIFIED}\r\nAccept-Ranges: bytes\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, bucket, head.encode()), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    count, size = int(sys.argv[1]), int(sys.argv[2])
    asyncio.run(serve(Bucket(count, bytes(number % 251 for number in range(size)))))
