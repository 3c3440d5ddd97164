"""LocalSession: jobs, endpoints and models on this machine, each job and each endpoint in a process of its own.

- ``session.py``: what an Estimator, a Model and a Predictor ask a LocalSession for.
- ``inventory.py``: what is kept: listed as the API lists it, measured, removed.
- ``disk.py``: how much of the disk is taken, and what of it may go.
- ``commands.py``: the commands that a session starts for its work.
"""

from semseg.local.session import LocalSession

__all__ = ["LocalSession"]
