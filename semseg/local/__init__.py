"""Jobs and endpoints on this machine, each in a process of its own."""

from semseg.local.session import LocalSession

__all__ = ["LocalSession"]
