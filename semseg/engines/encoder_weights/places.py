"""Where the ImageNet weights of an encoder are published: GluonCV's model store, and the Hugging Face hub.

They are GluonCV's resnet50_v1s and resnet101_v1s, on the hub as timm's resnet50s.gluon_in1k and resnet101s.gluon_in1k.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub
import requests

from semseg.errors import PlatformError
from semseg.plumbing.whole_file import IDLE_SECONDS, beside, sweep

STORE = "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/"
HUB_FILE = "model.safetensors"
SECONDS_TO_ANSWER = 10
SECONDS_IN_ALL = 600
LARGEST_DOWNLOAD = 2**29  # bytes; the larger of the two is a third of it
# What a place raises that gives no file: errors of requests and of the hub are OSErrors, the rest is of damaged zips.
UNUSABLE = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Published:
    """The place where the weights of one encoder are published: GluonCV's name and SHA-1, and the repository on the
    hub.
    """

    name: str
    sha1: str
    repository: str

    @property
    def file_name(self) -> str:
        """Returns the file's name in GluonCV, without the suffix."""
        return f"{self.name}-{self.sha1[:8]}"


PUBLISHED = {
    "resnet-50": Published("resnet50_v1s", "25a187fa281ddc98afbcd0cc0f0646885b874b80", "timm/resnet50s.gluon_in1k"),
    "resnet-101": Published("resnet101_v1s", "bd93a83c05f709a803b1221aeff0b028e6eebb03", "timm/resnet101s.gluon_in1k"),
}


def published_file(backbone: str) -> Path:
    """Returns the file of published weights, from GluonCV's store or the hub; it is downloaded if it is not here yet.

    Raises:
        PlatformError: neither place could give the file.
    """
    published = PUBLISHED[backbone]
    reasons = []
    for place, fetch in (("GluonCV's store", file_in_store), ("the Hugging Face hub", file_on_hub)):
        try:
            return fetch(published)
        except UNUSABLE as error:
            reasons.append(f"{place}: {in_short(error)}")
    raise PlatformError(
        f"The ImageNet weights of {backbone} were not named by the hyperparameter pretrained_weights and could not be "
        f"fetched ({'; '.join(reasons)}); set use_pretrained_model to False, or pretrained_weights to a .params or "
        ".safetensors file"
    )


def in_short(error: Exception) -> str:
    """Returns what went wrong in one line; of a failed connection only the address, because the rest fills a page."""
    if isinstance(error, (requests.ConnectionError, requests.Timeout)) and error.request is not None:
        return f"{urlsplit(str(error.request.url)).netloc} cannot be reached"
    return " ".join(str(error).split())[:200]


def file_in_store(published: Published) -> Path:
    """Returns the file in GluonCV's own folder. It is downloaded from GluonCV's store if need be, and must have the
    SHA-1 that GluonCV gives.
    """
    folder = Path(os.environ.get("MXNET_HOME", "~/.mxnet")).expanduser() / "models"
    file = folder / f"{published.file_name}.params"
    if file.exists() and _sha1(file) == published.sha1:
        return file
    store = os.environ.get("MXNET_GLUON_REPO", STORE).rstrip("/")
    archive = download(f"{store}/gluon/models/{published.file_name}.zip")
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder, IDLE_SECONDS)
    with beside(file) as part:
        with zipfile.ZipFile(archive) as members:
            part.write_bytes(member_of(members, file.name))
        if _sha1(part) != published.sha1:
            raise ValueError(f"{file.name} there does not have the SHA-1 {published.sha1[:8]}...")
    return file


def download(address: str) -> io.BytesIO:
    """Returns the body at an address. GluonCV's own downloader would wait for ever for a server that does not
    answer.
    """
    deadline = time.monotonic() + SECONDS_IN_ALL
    body = io.BytesIO()
    with requests.get(address, stream=True, timeout=SECONDS_TO_ANSWER) as response:
        response.raise_for_status()
        for chunk in response.iter_content(2**20):
            body.write(chunk)
            if body.tell() > LARGEST_DOWNLOAD or time.monotonic() > deadline:
                raise OSError(f"{address} was given up: more than {LARGEST_DOWNLOAD} bytes or {SECONDS_IN_ALL} seconds")
    return body


def member_of(members: zipfile.ZipFile, name: str) -> bytes:
    """Returns one file of a zip archive; refuses it before it is unpacked if it is absent or too large."""
    sizes = {member.filename: member.file_size for member in members.infolist()}
    if sizes.get(name, LARGEST_DOWNLOAD) >= LARGEST_DOWNLOAD:
        raise ValueError(f"the archive there holds no {name} of a sensible size")
    return members.read(name)


def file_on_hub(published: Published) -> Path:
    """Returns the file in the hub's own cache; it is downloaded from the hub if need be."""
    cached = huggingface_hub.try_to_load_from_cache(published.repository, HUB_FILE)
    if isinstance(cached, str):
        return Path(cached)
    address = huggingface_hub.hf_hub_url(published.repository, HUB_FILE)
    # asked first, because the hub's own client tries for half a minute to reach the hub
    requests.head(address, timeout=SECONDS_TO_ANSWER, allow_redirects=True).raise_for_status()
    return Path(huggingface_hub.hf_hub_download(published.repository, HUB_FILE, etag_timeout=SECONDS_TO_ANSWER))


def _sha1(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()
