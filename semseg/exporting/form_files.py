"""Makes the files of an exported form and opens them as networks, with the packages of the extra ``export``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semseg.archive.model_artifact import ModelDescription
from semseg.archive.mxnet_parameters import read_parameters
from semseg.contract.exported_forms import ONNX, OPENVINO, Form
from semseg.engines.network import Network
from semseg.engines.onnx.light_graph import LightGraphs
from semseg.engines.onnx.network import build_graph
from semseg.engines.openvino.opening import open_network
from semseg.engines.openvino.quantization import convert, quantize_onnx, quantize_openvino, save
from semseg.machine.facts import usable_cores

GRAPH = "graph.onnx"


class FormFiles:
    """Makes the files of one form of a model, each attempt in a folder of its own.

    Args:
        parameters: the file that holds them.
        description: says which network they belong to.
        folder: an empty one.
        seen: called for each picture that ranges are measured on; what it raises ends the work.

    Attributes:
        graph: the network in float32, an ``onnx.ModelProto``; the whole one until :meth:`make_light` made a light one.

    Raises:
        ModelError: the parameters are not those of the network.
    """

    def __init__(
        self, parameters: Path, description: ModelDescription, form: Form, folder: Path, seen: Callable[[], None]
    ) -> None:
        self.form = form
        self.folder = folder
        self.seen = seen
        self.num_classes = description.num_classes
        self.graph: Any = build_graph(
            read_parameters(parameters), description.algorithm, description.backbone, self.num_classes
        )
        self._plain = folder / GRAPH
        self._plain.write_bytes(self.graph.SerializeToString())
        self._made = folder
        self._light_graphs: LightGraphs | None = None

    @property
    def paths(self) -> list[Path]:
        """Returns the form's files, as the last call of :meth:`make_plain` or :meth:`quantize` left them."""
        return [self._made / name for name in self.form.files]

    def plain_network(self) -> Network:
        """Returns the network of :attr:`graph`, in float32, whatever the precision of the form."""
        return self._open(self._plain)

    def read_elsewhere(self) -> Network:
        """Returns the form as programs other than an endpoint read it: an .onnx by ONNX Runtime, an .xml by
        OpenVINO.
        """
        first = self.paths[0]
        if self.form.format == OPENVINO:
            return self._open(first)
        from semseg.engines.onnx.onnx_network import OnnxNetwork

        return OnnxNetwork(first, self.num_classes, usable_cores())

    def make_plain(self) -> None:
        """Makes the form in float32."""
        first = self._next_folder("plain") / self.form.files[0]
        if self.form.format == ONNX:
            first.write_bytes(self._plain.read_bytes())
        else:
            convert(self._plain, first)

    def measure_layers(self, images: Sequence[np.ndarray]) -> None:
        """Measures what the layers see, for :meth:`make_light`; the images are as of :meth:`quantize`."""
        from semseg.engines.onnx.channel_moments import factorings  # not at the top: it needs ONNX Runtime

        self._light_graphs = LightGraphs(self.graph, factorings(self.graph, images, usable_cores(), self.seen))

    def make_light(self, share: float) -> tuple[Network, float]:
        """Makes the network with at most this share of the operations, which the form is then made of, and returns it,
        in float32, with the share that it takes. The layers must have been measured.
        """
        assert self._light_graphs is not None
        light = self._light_graphs.at(share)
        self.graph, self._plain = light.graph, self.folder / f"{share:g}-{GRAPH}"
        self._plain.write_bytes(self.graph.SerializeToString())
        return self.plain_network(), light.operations

    def quantize(self, images: Sequence[np.ndarray], spared: Sequence[str]) -> Network:
        """Makes the form in INT8, and returns the network as the endpoint reads it.

        Args:
            images: (H, W, 3) uint8, RGB, which the ranges are measured on.
            spared: the beginnings of the names of the layers that stay in float32.
        """
        first = self._next_folder("-".join(["int8", *spared])) / self.form.files[0]
        if self.form.format == ONNX:
            first.write_bytes(quantize_onnx(self.graph, images, spared, self.seen).SerializeToString())
        else:
            save(quantize_openvino(self._plain, images, spared, self.seen), first)
        return self._open(first)

    def _next_folder(self, name: str) -> Path:
        """Makes and returns a new folder, because the network of an earlier attempt may still read that attempt's
        files.
        """
        self._made = self.folder / name
        self._made.mkdir()
        return self._made

    def _open(self, path: Path) -> Network:
        return open_network(path, self.num_classes, usable_cores())
