"""Files on disk or in a stream become images and masks, and what is wrong with them is found before training.

- ``image_files.py``: one JPEG or PNG file becomes an array; ``picture_reading.py``: how; ``facts.py``: what else it
  tells.
- ``samples.py``: pairs images and masks; ``dataset.py``: reads the samples of one split.
- ``fifo.py``, ``stream.py``: the samples of a channel in Pipe mode.
- ``label_map.py``: turns pixel values into classes; ``proposed_map.py``: proposes a label map.
- ``mask_values.py``: counts pixel values; ``class_presence.py``: finds classes that no mask holds.
- ``checks.py``: checks all samples of a channel.
- ``augmentation.py``: cuts samples to the crops that the network is trained and scored on; ``scaling.py``: scales them.
- ``kept_samples.py``: keeps decoded samples in memory.
"""
