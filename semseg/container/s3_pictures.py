"""Pictures in S3 that are read when they are needed: FastFile mode without a mounted file system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from semseg.aws.connection import Connection
from semseg.aws.object_store import ObjectStore
from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.contract.s3_uri import S3Uri
from semseg.data.samples import Listing


@dataclass(frozen=True)
class S3Picture:
    """One picture of a channel, an object in S3."""

    store: ObjectStore
    uri: S3Uri

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.uri.key).suffix

    def read_bytes(self) -> bytes:
        """Returns the whole object. May be called from many threads at once.

        Raises:
            UserError, PlatformError: as ``ObjectStore.read``; also for more than MAX_PICTURE_BYTES bytes.
        """
        return self.store.read(self.uri, most=MAX_PICTURE_BYTES)

    def __str__(self) -> str:
        return str(self.uri)


def list_pictures(uri: str, channel: str) -> Listing:
    """Returns the objects of a channel's folder in S3; none of them is read.

    Raises:
        ChannelError: there is nothing.
        UserError: it is no S3 URI, or there is no permission.
    """
    store = ObjectStore(Connection().client("s3"))
    folder = S3Uri.parse(f"channel {channel}", uri)
    found = store.list_channel(folder, f"channel {channel}")
    start = folder.key.rstrip("/") + "/" if folder.key else ""
    return Listing(
        uri,
        {
            stored.uri.key.removeprefix(start) if start else stored.uri.key: S3Picture(store, stored.uri)
            for stored in found
        },
    )
