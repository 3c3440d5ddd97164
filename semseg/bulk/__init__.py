"""Many pictures at once become masks, overlays and scores, whoever answers: an engine in this process or an endpoint.

- ``answers.py``: what somebody is who turns one picture into a mask.
- ``pictures.py``: the pictures and videos that are given, and what is read of them.
- ``mask_files.py``: what is written of each picture.
- ``prediction.py``: pictures become files.
- ``labelled.py``: labelled pictures, checked before one is used.
- ``scoring.py``: labelled pictures become scores, and a report of them.
"""
