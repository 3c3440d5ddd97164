"""The lines of a request, read in one way only, so that no proxy sees its end elsewhere than the server.

Behind a proxy that does, the rest of one client's request is read as the beginning of another's ("request smuggling").
h11 refuses most such requests by itself. Source of the rules: RFC 9112, sections 2.2, 5.2, 6.3 and 7.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from h11 import LocalProtocolError
from h11._receivebuffer import ReceiveBuffer

# An extension means nothing here and is passed over, as section 7.1.1 asks; nobody can see a line's end in it.
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}(;[\t -~]*)?\r\n")
LINE_END = len(b"\r\n")


class StrictLines(ReceiveBuffer):
    """h11's buffer of bytes that were received; what h11 turns into an error of the client is a LocalProtocolError."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """Returns the lines of a head or a trailer, without their ends; None where they are not all there.

        Raises:
            LocalProtocolError: a line does not end with CR LF or begins with a space, or the length of the body is
                given twice or in two ways.
        """
        before = len(self)
        lines = super().maybe_extract_lines()
        if lines is not None:
            taken = before - len(self)
            # A line that ended with LF alone took one byte less.
            if taken != sum(len(line) + LINE_END for line in lines) + LINE_END:
                raise LocalProtocolError("each line must end with CR LF")
            if any(line.startswith((b" ", b"\t")) for line in lines):
                raise LocalProtocolError("a header must be one line")
            _check_framing(lines)
        return lines

    def maybe_extract_next_line(self) -> bytearray | None:
        """Returns the line with the size of a chunk, with its end; None where it is not all there.

        Raises:
            LocalProtocolError: it has something else than the size, in hexadecimal digits, and an extension.
        """
        line = super().maybe_extract_next_line()
        if line is not None and not CHUNK_SIZE.fullmatch(line):
            raise LocalProtocolError(
                "the line before a chunk must be its size, and may have an extension of plain characters"
            )
        return line


def _check_framing(lines: Sequence[bytes | bytearray]) -> None:
    headers = [(name.lower(), value) for name, _, value in (line.partition(b":") for line in lines)]
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1 or any(b"," in length for length in lengths):
        raise LocalProtocolError("the length of a body must be given once, by Content-Length or Transfer-Encoding")
    if codings and not lines[0].endswith(b"HTTP/1.1"):
        raise LocalProtocolError("Transfer-Encoding needs HTTP/1.1")
