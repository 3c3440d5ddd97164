"""Endpoints of this machine: servers that outlive the process that starts them.

- ``endpoints.py``: started, described, asked, deleted.
- ``folder.py``: what is kept of one.
- ``client.py``: HTTP requests to one.
- ``timed_socket.py``: the socket below them.
- ``invocation.py``: what comes back from one.
- ``port.py``: which port it takes.
- ``retries.py``: when a request is sent again.
"""
