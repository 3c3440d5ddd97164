"""Opens a network from a file, or from plain parameters, with the help of a cache."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openvino as ov

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.openvino.compiled_cache import CompiledCache
from semseg.engines.openvino.network import DEVICE, OpenVinoNetwork, compile_network, settings
from semseg.errors import ModelError

log = logging.getLogger(__name__)


def open_network(path: Path, num_classes: int, threads: int) -> OpenVinoNetwork:
    """Returns the network of a file: the .xml of an OpenVINO model, with its .bin beside it, or an .onnx.

    Raises:
        ModelError: the file cannot be read, or is no network of ``num_classes`` classes.
    """
    return OpenVinoNetwork(compile_network(read_file(path), num_classes, threads), num_classes, threads)


def open_cached(
    make: Callable[[], ov.Model], digest: str, num_classes: int, threads: int, cache: CompiledCache
) -> OpenVinoNetwork:
    """Returns the network that ``make`` gives, compiled now or at an earlier time.

    Args:
        make: called if the cache does not have the network.
        digest: the digest of everything that ``make`` reads.

    Raises:
        ModelError: by ``make``, or because it gives no network of ``num_classes`` classes.
    """
    key = _key(digest, num_classes)
    compiled = _compiled_before(cache, key, threads)
    if compiled is None:
        compiled = compile_network(make(), num_classes, threads)
        cache.write(key, compiled.export_model().getbuffer())
    return OpenVinoNetwork(compiled, num_classes, threads)


def read_file(path: Path) -> ov.Model:
    """Returns the graph of a file.

    Raises:
        ModelError: OpenVINO cannot read it.
    """
    try:
        return ov.Core().read_model(path)
    except RuntimeError as error:
        raise ModelError(f"{path.name} must be a model that OpenVINO reads, but: {_reason(error)}") from error


def build(parameters: Path, algorithm: str, backbone: str, num_classes: int) -> ov.Model:
    """Returns the graph of a network with the parameters of a file in MXNet's format.

    Raises:
        ModelError: the file is broken, or holds the parameters of another network.
    """
    from semseg.engines.onnx.network import build_graph  # not at the top: a cached network needs no onnx

    graph = build_graph(read_parameters(parameters), algorithm, backbone, num_classes)
    try:
        return ov.Core().read_model(graph.SerializeToString())
    except RuntimeError as error:  # such as channels that do not fit to those of the layer before
        raise ModelError(f"{parameters.name} must hold the parameters of one network, but: {_reason(error)}") from error


def version() -> str:
    """Returns OpenVINO's version, such as "2026.4.1"."""
    return str(ov.__version__).split("-")[0]


def _key(digest: str, num_classes: int) -> str:
    """Returns the key of a compiled network, which changes with everything that it depends on; the number of threads
    does not count.
    """
    core = ov.Core()
    machine = (
        core.get_property(DEVICE, "FULL_DEVICE_NAME"),
        sorted(core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES")),
    )
    parts = (digest, num_classes, ov.__version__, machine, settings(threads=0))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _compiled_before(cache: CompiledCache, key: str, threads: int) -> Any:
    content = cache.read(key)
    if content is None:
        return None
    try:
        return _imported(content, settings(threads))
    except RuntimeError as error:
        log.warning("a cached network cannot be used, and is made anew: %s", _reason(error))
        return None


def _imported(content: ov.Tensor, config: dict[str, Any]) -> Any:
    try:
        return ov.Core().import_model(content, DEVICE, config)
    except TypeError:  # OpenVINO 2025.3, the last for Python 3.9, reads no tensor
        return ov.Core().import_model(content.data.tobytes(), DEVICE, config)


def _reason(error: RuntimeError) -> str:
    """Returns the last line of OpenVINO's message; the lines before it are places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
