from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from semseg.contract.listening_socket import adopt_socket, open_socket
from semseg.errors import PlatformError


def test_a_socket_that_was_handed_down_listens_and_is_handed_to_nobody_else() -> None:
    given = open_socket("127.0.0.1", 0, "")
    given.set_inheritable(True)  # as it comes from the process that handed it down
    address = given.getsockname()
    with adopt_socket(given.detach()) as listener:
        assert listener.getsockname() == address
        assert not listener.get_inheritable()
        socket.create_connection(address).close()


def test_a_port_in_use_is_one_sentence() -> None:
    with open_socket("127.0.0.1", 0, "") as taken:
        port = taken.getsockname()[1]
        sentence = f"Port {port} of 127.0.0.1 cannot be opened (Address already in use): take another"
        with pytest.raises(PlatformError, match=f"^{re.escape(sentence)}$"):
            open_socket("127.0.0.1", port, "take another")


def test_what_is_no_socket_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w") as file:
        for descriptor in (12345, file.fileno()):
            with pytest.raises(PlatformError, match=f"must be the file descriptor of a .* got {descriptor}: leave"):
                adopt_socket(descriptor)
