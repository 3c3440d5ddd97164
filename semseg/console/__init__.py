"""The console: pages in the browser over the jobs and endpoints of this machine. `semseg console` starts it.

- ``app.py``: the application; ``server.py`` runs it; ``settings.py`` says what it is started with.
- ``gate.py``: who may ask: Host, token, Origin, the largest body; ``token_file.py`` keeps the token.
- ``roots.py``: the folders below which files may be read and written.
- ``rendering.py``: templates become pages; ``words.py``: values as they show them;
  ``request_body.py`` reads forms and pictures; ``refusals.py`` answers errors.
- ``data_pages.py``, ``training_pages.py``, ``job_pages.py``, ``endpoint_pages.py``, ``disk_pages.py``: the pages.
- ``endpoint_wish.py``: what the form of an endpoint asks for; ``preparations.py``: endpoints to come;
  ``endpoint_page.py``: the page of one; ``answered_picture.py``, ``answered_pictures.py``: what it was asked about.
"""
