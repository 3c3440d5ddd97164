"""The range test of learning rates that an estimator asks for."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from semseg.errors import UserError
from semseg.inputs import Inputs
from semseg.plumbing.teller import SILENT
from semseg.session import local_side

if TYPE_CHECKING:
    from semseg.estimator import Estimator
    from semseg.results.learning_rate_curve import LearningRateCurve


def tried_learning_rates(estimator: Estimator, inputs: Inputs, progress: bool) -> LearningRateCurve:
    """Returns the curve of the job that the estimator would start; see :meth:`Estimator.find_learning_rate`."""
    from semseg.results.learning_rate_curve import LearningRateCurve  # not at the top: `import semseg` is to be fast

    local = local_side(estimator.sagemaker_session)
    if local is None:
        raise UserError("learning rates are tried on this machine: give a Session() or a LocalSession()")
    request = estimator.training_request(inputs, "range-test")
    with closing((estimator.sagemaker_session.teller if progress else SILENT).bar("step")) as bar:
        return LearningRateCurve.from_json(local.try_learning_rates(request, bar))
