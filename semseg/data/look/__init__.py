"""What all files of a channel say together, judged before training; no file is opened here.

- ``channel_look.py``: sums up what the files of one half tell; ``judgment.py``: says what is to be known of it.
- ``mask_values.py``, ``value_findings.py``, ``smoothed_masks.py``, ``smoothing.py``: what pixel values say;
  ``class_presence.py``, ``one_class.py``, ``ignored.py``: what classes say; ``class_weights.py``: what would balance
  them.
- ``orientation.py``, ``sample_bits.py``, ``index_colours.py``, ``same_pictures.py``, ``batch_norm.py``: what else is
  judged.
- ``counted_files.py``, ``folding.py``: so that each thing is said once.
"""
