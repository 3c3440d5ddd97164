"""Training jobs of this machine.

- ``jobs.py``: starts, describes and stops them; ``supervisor.py``: the process that looks after one.
- ``checkpoints.py``: brings checkpoints to and from their location; ``checkpoint_places.py``: those locations.
- ``results.py``: brings the model to ``output_path``; ``metrics.py``: reads metrics from a log.
"""
