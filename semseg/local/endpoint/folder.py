"""What is kept of an endpoint on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from semseg.contract.environment import MAX_QUEUE, PLAIN
from semseg.local.endpoint.invocation import ANSWER_SECONDS, LOOPBACK
from semseg.local.jobs.process_folder import ProcessFolder
from semseg.plumbing.json_file import read_fields

MARGIN_SECONDS = 10.0  # between a server's deadline and the moment at which its client stops waiting to be told of it


@dataclass(frozen=True)
class EndpointRecord:
    """What is written down of an endpoint; its token is not."""

    name: str
    port: int
    model_data: str
    instance_type: str
    created: float  # Unix seconds
    process_id: int = 0  # 0: not started yet
    config: str = ""  # the name of the endpoint configuration
    answer_seconds: float = ANSWER_SECONDS  # that a client waits for an answer
    max_queue: int = MAX_QUEUE.default  # requests that it takes on at a time
    identity: str = ""  # tells it from a later one of its name
    # What its server proves itself with; empty for one that an earlier version started, which cannot.
    secret: str = field(default="", repr=False)
    failure: str = ""  # why it was given up, where its server did not just end
    address: str = LOOPBACK  # where it is asked, on this machine
    test_time_augmentation: str = PLAIN

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}"


class EndpointFolder(ProcessFolder):
    """The folder of an endpoint."""

    @property
    def record(self) -> Path:
        return self.root / "endpoint.json"

    @property
    def token(self) -> Path:
        """Returns the path of the token that requests must bear; there is no file where the endpoint asks for none."""
        return self.root / "token"

    def read_record(self) -> EndpointRecord:
        """Returns what is written down of the endpoint.

        Raises:
            FileNotFoundError: there is none.
            PlatformError: the file cannot be read; the sentence says what is wrong with it.
        """
        return read_fields(self.record, EndpointRecord)

    def is_of(self, record: EndpointRecord) -> bool:
        """Returns whether this is still the folder of that endpoint, and not of a later one of its name."""
        try:
            return self.read_record().identity == record.identity
        except FileNotFoundError:
            return False

    def write_token(self, token: str) -> None:
        descriptor = os.open(self.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(token)

    def authorization(self) -> dict[str, str]:
        """Returns the header that requests must have; empty where the endpoint asks for no token."""
        try:
            return {"Authorization": f"Bearer {self.token.read_text(encoding='ascii')}"}
        except FileNotFoundError:
            return {}
