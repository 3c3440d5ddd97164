"""The engine on OpenVINO: serves on the processor. Nothing else imports OpenVINO or NNCF.

- ``runtime.py``: makes OpenVINO importable without its telemetry.
- ``network.py``: a network and its answers; ``opening.py``: opens one from a file or from parameters.
- ``compiled_cache.py``: compiled networks, kept in a folder.
- ``quantization.py``: makes an INT8 form of a network, by NNCF.

Importing this room raises PlatformError where OpenVINO is not installed.
"""

from semseg.engines.openvino.runtime import prepare

prepare()
