"""LocalSession: jobs, endpoints and models on this machine, each job and each endpoint in a process of its own.

- ``session.py``: what an Estimator, a Model and a Predictor ask a LocalSession for.
- ``inventory.py``: what is kept: listed as the API lists it, measured, removed.
- ``disk.py``: how much of the disk is taken, and what of it may go.
- ``commands.py``: the commands that a session starts for its work.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semseg.local.session import LocalSession

__all__ = ["LocalSession"]

if not TYPE_CHECKING:  # which would take every name for one that is there

    def __getattr__(name: str) -> object:
        """Gives the session; the processes that look after jobs are in rooms below and need a part of it alone."""
        if name != "LocalSession":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from semseg.local import session

        return session.LocalSession
