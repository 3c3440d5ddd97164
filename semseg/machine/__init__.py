"""Facts about this machine, and what must be put right before an engine can run on it. Imports no engine.

- ``facts.py``: processors, packages, libraries; ``memory.py``: what is free; ``graphics.py``: the NVIDIA GPUs.
- ``process_age.py``: how long this process has been running.
- ``problem.py``: what keeps an engine from running here, with a way out.
- ``posix.py``: what jobs of this machine need of its system.
- ``mxnet_problems.py``, ``pytorch_problems.py``: those of each engine; ``resource_problems.py``: those of all.
- ``mxnet_names.py``: gives numpy and SciPy back the names that MXNet asks for.
- ``python_command.py``: commands that run a module of semseg in a process of its own.
"""
