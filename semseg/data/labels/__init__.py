"""What a pixel of a mask stands for: label maps, colours, and the names of classes.

- ``label_map.py``: turns pixel values into classes; ``label_map_json.py``: its text; ``colour_entries.py``: its
  colours; ``class_names.py``: its names; ``proposed_map.py``, ``proposed_colours.py``: propose one.
- ``colour.py``: one colour; ``colour_table.py``: the class of each; ``colour_lists.py``: the lists of labels and
  colours that tools write.
- ``colours_seen.py``: counts colours; ``mixed_colours.py``: knows those of interpolation; ``colour_errors.py``: those
  without a class, of one mask; ``channel_colours.py``: of a channel.
"""
