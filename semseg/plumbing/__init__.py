"""Tools that know nothing of semseg: files written whole, digests, a map over threads, what people are shown.

- ``whole_file.py``: writes files and folders beside their place and renames them; ``json_file.py``: JSON files.
- ``second_name.py``: a second name for a file; ``digest.py``: the SHA-256 of one.
- ``disk_space.py``: a full disk as a sentence; ``disk_need.py``: what will be written, compared with what is free.
- ``held_signals.py``: signals that wait until a started process can take them.
- ``rotating_log.py``: a log that takes a bounded part of the disk.
- ``regular_file.py``: opens regular files alone, and reads no more of one than there is room for.
- ``kept_arrays.py``: arrays in memory that several processes share.
- ``ordered_map.py``: a map over threads that keeps the order.
- ``object_socket.py``: Python objects between a process and its child; ``socket_child.py``: starts such a child.
- ``teller.py``: lines and progress bars, shown in a terminal or a notebook; ``notebook.py``: what is in a notebook.
- ``counted.py``: numbers of things and times in sentences.
"""
