"""Files on disk or in a stream become images and masks, and what is wrong with them is found before training.

What a pixel stands for is in ``labels``, how a file is read in ``pictures``, what all files say together in ``look``.

- ``samples.py``: pairs images and masks; ``dataset.py``: reads the samples of one split; ``kept_samples.py``: keeps
  decoded ones in memory; ``checks.py``: reads and checks one, in the midst of a job.
- ``fifo.py``, ``stream.py``: the samples of a channel in Pipe mode; ``stream_names.py``: what they are called;
  ``bad_stream.py``: those that cannot be used.
- ``dataset_check.py``: checks all files of one half in one run; ``dataset_report.py``: the report of it.
- ``file_check.py``: reads each file once; ``kept_facts.py``: what earlier jobs saw of files that did not change.
- ``file_faults.py``: what is wrong with single files; ``skipped.py``: bad samples that are left out.
- ``augmentation.py``: cuts samples to the crops that the network is trained and scored on; ``scaling.py``: scales them;
  ``crop_window.py``, ``rotation.py``, ``rare_classes.py``: what a crop shows, rotated, and must show;
  ``appearance.py``: changes how it looks; ``chance.py``: how often and how much.
- ``video.py``: reads the frames of videos, and writes videos.
- ``listed_label_map.py``: label maps of the lists that tools write; ``mask_conversion.py``: writes masks of class ids.

For users, ``semseg.data`` holds the calls that prepare a data set, too, such as ``semseg.data.from_coco``: the ground
floor's ``datasets.py`` gathers them.
"""

from importlib import import_module

# The ground floor's, which stands above this room: it is opened when somebody asks for one of its names, not before.
_PUBLIC_CALLS = "semseg.datasets"


def __getattr__(name: str) -> object:
    """Gives the public calls; their types are in ``__init__.pyi``."""
    if name.startswith("_") or name not in import_module(_PUBLIC_CALLS).__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_PUBLIC_CALLS), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *import_module(_PUBLIC_CALLS).__all__})
