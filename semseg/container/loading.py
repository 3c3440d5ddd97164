"""Loads the model that is to be served."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from semseg.archive import model_artifact
from semseg.container.configuration import instance_type
from semseg.container.engines import check_serving_engine, serving_network
from semseg.contract.environment import CACHE_DIR, NATIVE, PLAIN, SCALE, TILE_PIXELS, TTA
from semseg.contract.job_directory import JobDirectory
from semseg.data.pictures.picture_reading import PictureReading
from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from semseg.prediction.views import VIEWS

logger = logging.getLogger(__name__)


def check(directory: JobDirectory, environment: Mapping[str, str]) -> None:
    """Refuses what cannot be loaded, before an engine is imported.

    Raises:
        UserError: a variable of the environment has no usable value, or the model has not what it asks for.
        PlatformError: an engine is not installed, or cannot run here.
    """
    for variable in (SCALE, TILE_PIXELS, TTA):
        variable.read(environment)
    check_serving_engine(directory.model, instance_type(directory), environment)


def picture_reading(model: Path) -> PictureReading:
    """Returns how the pictures are read that the model in a folder answers: as those that it was trained on.

    Of a model that does not say so, pixels are read as they are stored.

    Raises:
        ModelError: the folder holds no description of a model, or one that cannot be used.
    """
    description = model_artifact.read_description(model)
    return PictureReading.of(description.exif_orientation, description.sample_bits)


def load_segmenter(directory: JobDirectory, environment: Mapping[str, str]) -> Segmenter:
    """Returns the network of the model in ``directory``, with its best parameters where it has more than one set.

    Raises:
        ModelError: the directory holds no model that can be served.
        UserError: a variable of the environment has no usable value, or the model has not what it asks for.
        PlatformError: an engine is not installed, or cannot run here.
    """
    native, most_pixels = SCALE.read(environment) == NATIVE, TILE_PIXELS.read(environment)
    description = model_artifact.read_description(directory.model)
    cache = cache_folder(environment)
    network = serving_network(directory.model, description, instance_type(directory), environment, cache)
    way = TTA.read(environment) or description.test_time_augmentation
    if way != PLAIN:
        logger.info("each picture is answered by the mean of %d views: test-time augmentation %s", len(VIEWS[way]), way)
    scale = ScaleRule(None if native else description.base_size, description.aligned_sizes)
    return Segmenter(network, scale, most_pixels, test_time_augmentation=way)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Returns where compiled networks are kept: SEMSEG_CACHE_DIR, or the folder "semseg" of the user's cache."""
    folder = CACHE_DIR.read(environment)
    if folder is not None:
        return Path(folder)
    return Path(environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "semseg")
