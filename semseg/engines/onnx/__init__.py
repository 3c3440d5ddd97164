"""The networks as ONNX graphs, built from their parameters without MXNet.

- ``network.py``: a whole network; ``encoder.py``, ``decoders.py``, ``adaptive_pooling.py``: its parts.
- ``builder.py``: collects the nodes and constants of a graph.
- ``light_graph.py``: a graph with fewer operations; ``factors.py``: the mathematics of it; ``channel_moments.py``:
  what the layers see.
- ``onnx_network.py``: runs a graph by ONNX Runtime.
- ``ports.py``: the names of a graph's input and output; ``version.py``: the version of these graphs.
"""
