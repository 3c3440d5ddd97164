"""Stands in for the serving process; FAKE_SERVE says how it behaves, SEMSEG_TOKEN what requests must bear.

As "segments" it tells red pixels, class 1, from others. Asked for application/json it tells what it was sent; asked for
a mask or probabilities it answers with fixed ones.
FAKE_SERVE_CONCURRENT is how many requests at a time it asks for, and how many meet where the body is "meet".
"""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract import png_mask, recordio
from semseg.contract.server_proof import proof_of

MASK = np.array([[0, 1, 2], [255, 4, 5]], dtype=np.uint8)
PROBABILITIES = np.array([[[0.25, 0.5]], [[0.75, 0.5]]], dtype=np.float32)  # 2 classes, 1 x 2 pixels
CONCURRENT = int(os.environ.get("FAKE_SERVE_CONCURRENT", "1"))
MEETING = threading.Barrier(CONCURRENT)
SECONDS = 20  # after which a meeting has failed
OURS = {name: value for name, value in os.environ.items() if name.startswith(("SEMSEG_", "SAGEMAKER_"))}
TOKEN = os.environ.get("SEMSEG_TOKEN")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # which keeps connections open
    first_asked = 0.0  # when "come back" was asked for

    def do_GET(self) -> None:
        if self.path == "/execution-parameters" and self.may_ask():
            content = json.dumps({"MaxConcurrentTransforms": CONCURRENT}).encode()
            self.answer(200, "application/json", content)
        else:
            status = 503 if os.environ.get("FAKE_SERVE") == "never_ready" else 200
            proof = proof_of(os.environ["SEMSEG_ENDPOINT_SECRET"], self.headers["x-semseg-challenge"] or "")
            self.answer(status, "text/plain", b"", {"x-semseg-proof": proof})

    def may_ask(self) -> bool:
        return not TOKEN or self.headers["Authorization"] == f"Bearer {TOKEN}"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        accept = self.headers["Accept"] or "*/*"
        busy = Path(os.environ.get("FAKE_SERVE_BUSY", os.devnull))
        refusals = busy.read_text()
        if body == b"wait":
            time.sleep(1.5)
        elif body == b"meet":
            MEETING.wait(SECONDS)  # raises where too few come, and the connection breaks off
        if refusals:
            busy.write_text(refusals[1:])
            self.answer(503, "text/plain", b"busy")
        elif not self.may_ask():
            self.answer(401, "text/plain", b"a token is wanted")
        elif body == b"come back" and not self.has_waited():
            self.answer(503, "text/plain", b"busy", {"Retry-After": "1"})
        elif body == b"refuse me":
            self.answer(415, "application/json", b'{"message": "the body must be a picture, got text"}')
        elif body == b"refuse me plainly":
            self.answer(503, "text/plain", b"try later")
        elif body == b"come back much later":
            self.answer(503, "text/plain", b"busy", {"Retry-After": "60"})
        elif body == b"end":
            os._exit(1)
        elif body == b"end slowly":  # as on a busy machine: first the connections, a second later the lock
            assert isinstance(self.server, ThreadingHTTPServer)
            self.server.socket.shutdown(socket.SHUT_RDWR)
            self.connection.shutdown(socket.SHUT_RDWR)
            time.sleep(1)
            os._exit(1)
        elif accept == "application/json":
            sent = {name.lower(): value for name, value in self.headers.items()}
            environment = {
                name: value for name, value in os.environ.items() if name.startswith(("SEMSEG_", "SAGEMAKER_"))
            }
            self.answer(200, accept, json.dumps({**sent, "body": body.hex(), "environment": environment}).encode())
        elif os.environ.get("FAKE_SERVE") == "segments":
            self.segment(body, accept)
        elif "protobuf" in accept:
            self.answer(200, "application/x-recordio-protobuf", recordio.encode_probabilities(PROBABILITIES))
        else:
            self.answer(200, "image/png", png_mask.encode(MASK))

    def segment(self, body: bytes, accept: str) -> None:
        try:
            with Image.open(io.BytesIO(body)) as picture:
                mask = (np.array(picture.convert("RGB"))[:, :, 0] > 128).astype(np.uint8)
        except OSError:
            self.answer(400, "application/json", b'{"message": "the image is damaged"}')
            return
        if "protobuf" in accept:
            probabilities = np.stack([1 - mask, mask]).astype(np.float32)
            self.answer(200, "application/x-recordio-protobuf", recordio.encode_probabilities(probabilities))
        else:
            self.answer(200, "image/png", png_mask.encode(mask))

    def has_waited(self) -> bool:
        """Whether this was asked for at least a second ago."""
        Handler.first_asked = Handler.first_asked or time.monotonic()
        return time.monotonic() - Handler.first_asked >= 1

    def answer(self, status: int, content_type: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    if os.environ.get("FAKE_SERVE") == "broken":
        print("the model is not to my taste")
        sys.exit(1)
    if os.environ.get("FAKE_SERVE") == "slow":
        time.sleep(60)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(os.environ["SEMSEG_LISTENING_SOCKET"]))
    server.serve_forever()


if __name__ == "__main__":
    main()
