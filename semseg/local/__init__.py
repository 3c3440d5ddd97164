"""Jobs and endpoints on this machine, each in a process of its own.

- ``session.py``: LocalSession; ``commands.py``: the commands that it starts.
"""

from semseg.local.session import LocalSession

__all__ = ["LocalSession"]
