"""The engine on PyTorch: trains and serves, one device a process. Nothing else imports PyTorch.

- ``network.py``: the six networks, layer by layer as GluonCV's; ``batch_norm.py``: MXNet's rule of batch norm.
- ``parameters.py``: parameters in and out by GluonCV's names; ``initial_values.py``: those of an untrained network.
- ``devices.py``: the device of a job, and the precision that it computes in; ``settings.py``: PyTorch's settings;
  ``compiler.py``: what compiling the training step needs; ``gpu_memory.py``: the memory of a GPU.
- ``engine.py``: a network on its device, and the update of its parameters; ``losses.py``: what it makes smaller.
- ``optimizers.py``: what moves the parameters, and how it is saved; ``update_rules.py``: its rules, MXNet's and AdamW;
  ``gradients.py``: gradients in the form that kernels need; ``loss_scale.py``: keeps those of float16 from vanishing.
- ``held_encoder.py``: the encoder held still for a while; ``moving_average.py``: an average of the parameters.
- ``process_group.py``: the processes of a job; ``heartbeat.py``: their signs of life; ``tensor_sums.py``: their sums;
  ``gradient_sum.py``: the sum of their gradients.
- ``probe.py``: says what PyTorch can do here in a process of its own, for the doctor.
"""
