"""The ImageNet weights of the encoder for use_pretrained_model=True: found, read, and put into the network.

The weights are GluonCV's resnet50_v1s and resnet101_v1s. They are kept in two places, under two sets of names: in
GluonCV's model store, and on the Hugging Face hub as timm's resnet50s.gluon_in1k and resnet101s.gluon_in1k.
"""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub
import mxnet as mx
import numpy as np
import requests
import safetensors
import safetensors.numpy
from gluoncv.utils import check_sha1

from semseg.archive.mxnet_parameters import START, read_parameters
from semseg.errors import ModelError, PlatformError
from semseg.plumbing.whole_file import beside

PARTS = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")
CLASSIFIER = "fc."  # in every file, and of no use here
BATCH_NORM = re.compile(r"(^|\.)(bn\d|downsample\.1)$|^conv1\.[14]$")
BATCH_NORM_NAMES = {"weight": "gamma", "bias": "beta", "running_mean": "running_mean", "running_var": "running_var"}

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


def load_backbone(network: mx.gluon.HybridBlock, backbone: str, weights_file: str | None) -> None:
    """Fills the encoder of a segmentation network with ImageNet weights: all of it, or nothing.

    Args:
        network: holds the encoder as conv1, bn1 and layer1 to layer4, as GluonCV's segmentation networks do;
            initialized, and run once, so that every shape is known.
        backbone: "resnet-50" or "resnet-101".
        weights_file: a .params file with GluonCV's names or a .safetensors file with timm's; None looks in GluonCV's
            store and then on the Hugging Face hub.

    Raises:
        ModelError: the file cannot be read, or holds another network.
        PlatformError: no file was named, and neither place could be reached.
    """
    file = Path(weights_file) if weights_file else published_file(backbone)
    arrays = encoder_arrays(read_arrays(file))
    parameters = encoder_parameters(network)
    check_encoder_fits(file, backbone, arrays, {name: parameter.shape for name, parameter in parameters.items()})
    for name, parameter in parameters.items():
        parameter.set_data(mx.nd.array(arrays[name], dtype=np.float32))


def encoder_parameters(network: mx.gluon.HybridBlock) -> dict[str, mx.gluon.Parameter]:
    """Returns the parameters by their place in the network, as in a .params file: "layer1.0.conv1.weight"."""
    parameters: dict[str, mx.gluon.Parameter] = {}
    for part in PARTS:
        parameters.update(getattr(network, part)._collect_params_with_prefix(part))
    return parameters


def check_encoder_fits(
    file: Path, backbone: str, arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Raises ModelError with the first difference between what a file holds and what the encoder needs."""
    for name, shape in shapes.items():
        if name not in arrays:
            raise ModelError(f"{file} cannot fill a {backbone} encoder: it holds no {name!r}")
        if arrays[name].shape != shape:
            got = arrays[name].shape
            raise ModelError(
                f"{file} cannot fill a {backbone} encoder: {name!r} must have the shape {shape}, got {got}"
            )
    for name in arrays:
        if name not in shapes:
            raise ModelError(
                f"{file} cannot fill a {backbone} encoder: it holds {name!r}, which such an encoder has not"
            )


# names


def encoder_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the encoder's arrays under GluonCV's names; the classifier is left out."""
    if "bn1.gamma" in arrays:
        return {name: array for name, array in arrays.items() if not name.startswith(CLASSIFIER)}
    named = {gluon_name(name): array for name, array in arrays.items()}
    return {name: array for name, array in named.items() if name is not None}


def gluon_name(timm_name: str) -> str | None:
    """Returns GluonCV's name for a name that timm gives in its resnet50s and resnet101s; None if it is no part of the
    encoder.

    The blocks are named alike; only what batch norm holds has other names: "bn1.weight" is "bn1.gamma".
    """
    block, _, kind = timm_name.rpartition(".")
    if timm_name.startswith(CLASSIFIER) or kind == "num_batches_tracked":
        return None
    return f"{block}.{BATCH_NORM_NAMES.get(kind, kind)}" if BATCH_NORM.search(block) else timm_name


# files


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Returns the arrays by name of a file that MXNet or safetensors wrote. The content tells which; neither format can
    run code.

    Raises:
        ModelError: the file is of neither format, or it is damaged.
    """
    try:
        with file.open("rb") as stream:
            start = stream.read(9)
    except OSError as error:
        raise ModelError(f"The weights file {file} cannot be read: {error.strerror}") from error
    if start[:8] == START:
        return read_parameters(file)
    if start[8:] == b"{":  # safetensors: the header's length in 8 bytes, then the header, in JSON
        return read_safetensors(file)
    raise ModelError(f"The weights file {file} must be a .params file of MXNet or a .safetensors file, and is neither")


def read_safetensors(file: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a safetensors file, by name."""
    try:
        return safetensors.numpy.load_file(file)
    except (
        safetensors.SafetensorError,
        TypeError,
        AttributeError,
    ) as error:  # a type that numpy does not have
        raise ModelError(f"The weights file {file} cannot be read: {error}") from error


# places


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
    if file.exists() and check_sha1(str(file), published.sha1):
        return file
    store = os.environ.get("MXNET_GLUON_REPO", STORE).rstrip("/")
    archive = download(f"{store}/gluon/models/{published.file_name}.zip")
    folder.mkdir(parents=True, exist_ok=True)
    with beside(file) as part:
        with zipfile.ZipFile(archive) as members:
            part.write_bytes(member_of(members, file.name))
        if not check_sha1(str(part), published.sha1):
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
