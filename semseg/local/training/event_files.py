"""The events that TensorBoard shows of a job, brought where its TensorBoardOutputConfig says.

In a folder of this machine the training process writes them itself, so that they can be looked at while it trains; to
S3 the files are brought again and again, as they grow.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.contract.echoed import echoed
from semseg.contract.job_directory import JobDirectory
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.contract.tensorboard import CONFIG, LOCATION, USUAL_LOCAL_PATH, events_location, events_path
from semseg.errors import SemsegError, UserError
from semseg.local.files.locations import absolute
from semseg.plumbing.json_file import write_json
from semseg.plumbing.teller import Teller

EVENTS_LOCATION = "s3_output_path of tensorboard_output_config"  # as messages name it
SYNC_SECONDS = 30.0


def events_root(request: Mapping[str, Any]) -> str | None:
    """Returns the folder that a request wants the events of its job in, a path made absolute; None where it wants none.

    Raises:
        UserError: it names no such place, or another folder than the algorithm's own for the container.
    """
    config = request.get(CONFIG)
    if not config:
        return None
    if events_path(config) != USUAL_LOCAL_PATH:
        raise UserError(
            f"container_local_output_path must be {USUAL_LOCAL_PATH} on this machine, got {echoed(events_path(config))}"
        )
    return absolute(EVENTS_LOCATION, config[LOCATION])


def lay_events(job: JobDirectory, request: Mapping[str, Any]) -> None:
    """Tells a job where to write its events; a folder of this machine is made, and stands in the job's as a link."""
    location = events_location(request)
    if location is None:
        return
    write_json(job.tensorboard_config, {name: value for name, value in request[CONFIG].items() if name != LOCATION})
    inside = job.at(USUAL_LOCAL_PATH)
    inside.parent.mkdir(parents=True, exist_ok=True)
    if is_s3(location):
        inside.mkdir(exist_ok=True)
        return
    folder = Path(absolute(EVENTS_LOCATION, location))
    folder.mkdir(parents=True, exist_ok=True)
    inside.unlink(missing_ok=True)
    inside.symlink_to(folder)


class EventSync:
    """Brings the event files of a job to S3 as they grow.

    What fails is said once in the log, and tried again at the next look: a job does not end for want of events.

    Args:
        folder: that the training process writes to.
        location: the folder in S3.
        teller: told of what cannot be brought.
        sync_seconds: from one look to the next.
    """

    def __init__(
        self, folder: Path, location: S3Uri, account: Account, teller: Teller, sync_seconds: float = SYNC_SECONDS
    ) -> None:
        self._folder = folder
        self._location = location
        self._account = account
        self._teller = teller
        self._sync_seconds = sync_seconds
        self._brought: dict[Path, int] = {}  # each file with the bytes that it had
        self._has_warned = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sync_often, name="brings events", daemon=True)

    @classmethod
    def of(
        cls, job: JobDirectory, request: Mapping[str, Any], account: Account, teller: Teller, sync_seconds: float
    ) -> EventSync | None:
        """Returns what brings a job's events to S3; None where they do not go there."""
        location = events_location(request)
        if location is None or not is_s3(location):
            return None
        uri = S3Uri.parse(EVENTS_LOCATION, location)
        return cls(job.at(USUAL_LOCAL_PATH), uri, account, teller, sync_seconds)

    def start(self) -> None:
        """Brings what is new every ``sync_seconds``, from a thread of its own."""
        self._thread.start()

    def finish(self) -> None:
        """Brings what is new for the last time."""
        self._ended.set()
        self._thread.join()
        self.sync()

    def sync(self) -> None:
        """Brings the files that have grown since they were brought."""
        sizes = {path: path.stat().st_size for path in sorted(self._folder.glob("*")) if path.is_file()}
        grown = [path for path, size in sizes.items() if self._brought.get(path) != size]
        if not grown:
            return
        try:
            self._account.objects.upload([(path, self._location.join(path.name)) for path in grown])
            self._brought = sizes
        except SemsegError as error:
            if not self._has_warned:
                self._has_warned = True
                self._teller.line(f"Events for TensorBoard are kept in {self._folder} alone for now: {error}")

    def _sync_often(self) -> None:
        while not self._ended.wait(self._sync_seconds):
            self.sync()
