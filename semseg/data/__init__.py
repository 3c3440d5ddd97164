"""Files on disk or in a stream become images and masks, and what is wrong with them is found before training.

- ``image_files.py``: one picture file becomes an array; ``picture_reading.py``: how; ``facts.py``: what else it tells.
- ``picture_files.py``: opens and decodes one; ``picture_formats.py``: by Pillow; ``picture_limits.py``: what is not
  decoded; ``picture_pixels.py``: colours and bits; ``picture_orientation.py``: turning.
- ``samples.py``: pairs images and masks; ``dataset.py``: reads the samples of one split.
- ``fifo.py``, ``stream.py``: the samples of a channel in Pipe mode.
- ``label_map.py``: turns pixel values into classes; ``proposed_map.py``: proposes a label map.
- ``channel_look.py``: sums up what all files of one half tell; ``judgment.py``: says what is to be known of it.
- ``mask_values.py``, ``value_findings.py``, ``smoothed_masks.py``, ``smoothing.py``: what pixel values say;
  ``class_presence.py``, ``ignored.py``: what classes say; ``orientation.py``, ``sample_bits.py``,
  ``index_colours.py``, ``same_pictures.py``, ``batch_norm.py``: what else is judged; ``counted_files.py``,
  ``folding.py``: so that each thing is said once.
- ``dataset_check.py``: checks all files of one half in one run; ``dataset_report.py``: the report of it.
- ``file_check.py``: reads each file once; ``kept_facts.py``: what earlier jobs saw of files that did not change.
- ``file_faults.py``: what is wrong with single files; ``skipped.py``: bad samples that are left out.
- ``checks.py``: reads and checks one sample, in the midst of a job.
- ``augmentation.py``: cuts samples to the crops that the network is trained and scored on; ``scaling.py``: scales them.
- ``kept_samples.py``: keeps decoded samples in memory.
"""
