"""The engine on MXNet Gluon and GluonCV: trains and serves. Nothing else imports either of them.

- ``runtime.py``: makes MXNet importable and fast here: libraries, threads, devices; ``hidden_package.py``: keeps
  PyTorch out of GluonCV's sight.
- ``networks.py``: the six networks; ``start.py``: what they take of other weights.
- ``engine.py``: a network on its devices, and the update of its parameters; ``losses.py``: what it makes smaller.
- ``optimizers.py``: the update rules, as MXNet has them and AdamW; ``optimizer_state.py``: what they remember, saved
  without pickle; ``as_numpy.py``: arrays for its file.
- ``held_encoder.py``: the encoder held still for a while; ``moving_average.py``: an average of the parameters.
- ``running_statistics.py``: those of batch norm over the parts of a step; ``gpu_memory.py``: the memory of GPUs.
- ``probe.py``: imports MXNet in a process of its own, for the doctor.

Importing this room raises PlatformError where MXNet cannot run.
"""

from semseg.engines.gluon.runtime import prepare

prepare()
