"""Endpoints of this machine.

- ``endpoints.py``: starts, describes and stops them; ``folder.py``: the folder of one; ``port.py``: its port.
- ``client.py``: sends requests; ``invocation.py``: the answers and errors of a request.
- ``retries.py``: when a request is sent again.
"""
