"""Files on disk or in a stream become images and masks, and what is wrong with them is found before training.

- ``image_files.py``: one picture file becomes an array; ``picture_reading.py``: how; ``facts.py``: what else it tells.
- ``picture_files.py``: opens and decodes one; ``picture_formats.py``: which formats; ``picture_limits.py``: what is not
  decoded; ``picture_pixels.py``: colours and bits; ``picture_orientation.py``: turning; ``foreign_files.py``: what a
  file is that is none.
- ``samples.py``: pairs images and masks; ``dataset.py``: reads the samples of one split.
- ``fifo.py``, ``stream.py``: the samples of a channel in Pipe mode.
- ``label_map.py``: turns pixel values into classes; ``label_map_json.py``: its text; ``colour_entries.py``: its
  colours; ``class_names.py``: its names; ``proposed_map.py``: proposes one, ``proposed_colours.py`` one of colours.
- ``colour.py``: one colour; ``colour_table.py``: the class of each; ``colour_mask.py``: reads masks by their colours.
- ``colours_seen.py``: counts colours; ``mixed_colours.py``: knows those of interpolation; ``colour_errors.py``: those
  without a class, of one mask; ``channel_colours.py``: of a channel.
- ``colour_lists.py``: reads the lists of labels and colours that tools write; ``listed_label_map.py``: label maps of
  those; ``mask_conversion.py``: writes masks of class ids.
- ``channel_look.py``: sums up what all files of one half tell; ``judgment.py``: says what is to be known of it, from
  ``mask_values.py``, ``value_findings.py``, ``smoothing.py`` (pixel values), ``class_presence.py``, ``ignored.py``
  (classes), ``orientation.py``, ``sample_bits.py``, ``index_colours.py``, ``same_pictures.py`` and ``batch_norm.py``;
  ``counted_files.py``, ``folding.py``: so that each thing is said once.
- ``checks.py``: checks all samples of a channel.
- ``augmentation.py``: cuts samples to the crops that the network is trained and scored on.
"""
