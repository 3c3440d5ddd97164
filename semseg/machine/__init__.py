"""Facts about this machine, and what must be put right before MXNet can run on it. Imports no MXNet.

- ``facts.py``: processors, memory, packages, libraries; ``graphics.py``: the NVIDIA GPUs.
- ``mxnet_problems.py``: what keeps MXNet from running here, each problem with a way out.
- ``mxnet_names.py``: gives numpy and SciPy back the names that MXNet asks for.
- ``python_command.py``: commands that run a module of semseg in a process of its own.
"""
