"""Whether a job needs ImageNet weights: not where it starts from a model whose encoder takes their place."""

from __future__ import annotations

from pathlib import Path

from semseg.archive.mxnet_parameters import read_parameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.start import has_own_stem
from semseg.training.job_log import JobLog


def needs_pretrained(hyperparameters: Hyperparameters, earlier: Path | None, log: JobLog) -> bool:
    """Returns ``use_pretrained_model`` as a job's engine is to have it: False where ImageNet weights would be fetched
    in vain, as the encoder of the model in channel ``model`` is taken whole. The log says so.

    A file in ``pretrained_weights`` stays: it may fill what that model has not, such as another decoder.

    Args:
        earlier: the parameters of that model; None where there is none.
    """
    is_fetched = hyperparameters.use_pretrained_model and not hyperparameters.pretrained_weights
    if earlier is None or not is_fetched:
        return hyperparameters.use_pretrained_model
    if not has_own_stem({name: array.shape for name, array in read_parameters(earlier).items()}):
        return True
    log.info("The encoder is that of the model in channel model: ImageNet weights are not fetched.")
    return False
