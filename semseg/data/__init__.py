"""Files on disk or in a stream become images and masks, and what is wrong with them is found before training.

- ``image_files.py``: one picture file becomes an array; ``picture_reading.py``: how; ``facts.py``: what else it tells.
- ``picture_files.py``: opens and decodes one; ``picture_formats.py``: by Pillow; ``picture_limits.py``: what is not
  decoded; ``picture_pixels.py``: colours and bits; ``picture_orientation.py``: turning.
- ``samples.py``: pairs images and masks; ``dataset.py``: reads the samples of one split.
- ``fifo.py``, ``stream.py``: the samples of a channel in Pipe mode; ``stream_names.py``: what they are called;
  ``bad_stream.py``: those that cannot be used.
- ``label_map.py``: turns pixel values into classes; ``label_map_json.py``: its text; ``colour_entries.py``: its
  colours; ``class_names.py``: its names; ``proposed_map.py``, ``proposed_colours.py``: propose one.
- ``colour.py``: one colour; ``colour_table.py``: the class of each; ``colour_mask.py``: reads masks by their colours.
- ``colours_seen.py``: counts colours; ``mixed_colours.py``: knows those of interpolation; ``colour_errors.py``: those
  without a class, of one mask; ``channel_colours.py``: of a channel.
- ``colour_lists.py``: reads the lists of labels and colours that tools write; ``listed_label_map.py``: label maps of
  those; ``mask_conversion.py``: writes masks of class ids.
- ``channel_look.py``: sums up what all files of one half tell; ``judgment.py``: says what is to be known of it.
- ``mask_values.py``, ``value_findings.py``, ``smoothed_masks.py``, ``smoothing.py``: what pixel values say;
  ``one_class.py``, ``class_presence.py``, ``ignored.py``: what classes say; ``orientation.py``, ``sample_bits.py``,
  ``index_colours.py``, ``same_pictures.py``, ``batch_norm.py``: what else is judged; ``counted_files.py``,
  ``folding.py``: so that each thing is said once.
- ``dataset_check.py``: checks all files of one half in one run; ``dataset_report.py``: the report of it.
- ``file_check.py``: reads each file once; ``kept_facts.py``: what earlier jobs saw of files that did not change.
- ``file_faults.py``: what is wrong with single files; ``skipped.py``: bad samples that are left out.
- ``checks.py``: reads and checks one sample, in the midst of a job.
- ``augmentation.py``: cuts samples to the crops that the network is trained and scored on; ``scaling.py``: scales them.
- ``kept_samples.py``: keeps decoded samples in memory.

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
