"""Stands in for the serving process; FAKE_SERVE says how it behaves.

Asked for application/json it tells what it was sent; asked for a mask or probabilities it answers with fixed ones.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from semseg.contract import png_mask, recordio

MASK = np.array([[0, 1, 2], [255, 4, 5]], dtype=np.uint8)
PROBABILITIES = np.array([[[0.25, 0.5]], [[0.75, 0.5]]], dtype=np.float32)  # 2 classes, 1 x 2 pixels


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(503 if os.environ.get("FAKE_SERVE") == "never_ready" else 200, "text/plain", b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        accept = self.headers["Accept"] or "*/*"
        busy = Path(os.environ.get("FAKE_SERVE_BUSY", os.devnull))
        refusals = busy.read_text()
        if refusals:
            busy.write_text(refusals[1:])
            self.answer(503, "text/plain", b"busy")
        elif body == b"wait":
            time.sleep(1.5)
            self.answer(200, "image/png", png_mask.encode(MASK))
        elif body == b"refuse me":
            self.answer(415, "application/json", b'{"message": "the body must be a picture, got text"}')
        elif body == b"refuse me plainly":
            self.answer(503, "text/plain", b"try later")
        elif body == b"end":
            os._exit(1)
        elif accept == "application/json":
            sent = {name.lower(): value for name, value in self.headers.items()}
            self.answer(200, accept, json.dumps({**sent, "body": body.hex()}).encode())
        elif "protobuf" in accept:
            self.answer(200, "application/x-recordio-protobuf", recordio.encode_probabilities(PROBABILITIES))
        else:
            self.answer(200, "image/png", png_mask.encode(MASK))

    def answer(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    if os.environ.get("FAKE_SERVE") == "broken":
        print("the model is not to my taste")
        sys.exit(1)
    if os.environ.get("FAKE_SERVE") == "slow":
        time.sleep(60)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
