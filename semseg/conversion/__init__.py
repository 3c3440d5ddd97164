"""Annotations as other tools write them become the folders of a training job: pictures, and masks of class ids.

- ``coco.py``, ``labelme.py``, ``cvat.py``, ``voc.py``, ``ground_truth.py``, ``pairs.py``: one format each, and the
  public call for it.
- ``annotated.py``: a picture with what was drawn on it, as all formats give it; ``classes.py``: which label is which
  class; ``canvas.py``: the mask in the making.
- ``shapes.py``: the pixels of polygons, boxes and ellipses; ``run_lengths.py``: of run lengths; ``mask_files.py``:
  class ids from masks by index or by colour.
- ``untrusted.py``: what is read from annotation files, checked; ``places.py``: files that they name;
  ``conversion_problems.py``: what is wrong with them, told at once.
- ``stratified_split.py``: which pictures are for validation; ``picture_file.py``: their files.
- ``conversion.py``, ``dataset_folder.py``: write the new folder; ``converted.py``: tells what is in it.
"""
