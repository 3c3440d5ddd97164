"""evaluate: how good a model is on a data set, whether it is an archive, a job's, or behind an endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from semseg.api.shapes import Answer
from semseg.channel_folders import channels_in
from semseg.contract.channels import LABEL_MAP, VALIDATION
from semseg.contract.resource_config import LOCAL
from semseg.errors import UserError
from semseg.given_model import AnyModel, FoundModel, find_model
from semseg.inputs import FileSystemInput, Inputs, TrainingInput, input_data_config
from semseg.local import LocalSession
from semseg.local.evaluation.evaluations import EvaluationRequest, publish, scored_pair
from semseg.local.evaluation.opened_model import ModelToOpen
from semseg.local.files.locations import local_path
from semseg.plumbing.teller import SILENT, Bar
from semseg.session import AnySession, local_side, session_or_new

if TYPE_CHECKING:
    from semseg.results.evaluation import Evaluation

__all__ = ["Evaluated", "evaluate"]


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The scores of a model on a data set. Printed, they are a table of the classes; a notebook shows them as HTML.

    Attributes:
        path: the folder with ``evaluation.json``, ``per_picture.csv``, ``confusion_matrix.png``, ``worst.png`` and
            ``report.html``, as a training job's ``output/data`` has them.
        evaluation: the scores.
    """

    path: Path
    evaluation: Evaluation

    @property
    def report(self) -> Path:
        """The path of ``report.html``."""
        return self.path / "report.html"

    def __str__(self) -> str:
        return str(self.evaluation)

    def _repr_html_(self) -> str:
        return self.evaluation._repr_html_()


def evaluate(
    model: AnyModel,
    data: Inputs,
    path: str | os.PathLike[str] | None = None,
    channel: str = VALIDATION,
    engine: str | None = None,
    precision: str | None = None,
    instance_type: str = LOCAL,
    sagemaker_session: AnySession | None = None,
    progress: bool = True,
    test_time_augmentation: str | None = None,
) -> Evaluated:
    """Scores a model on whole pictures of a data set, as an endpoint would answer them, and writes a report.

    Args:
        model: a path, file:// or s3:// URI of a ``model.tar.gz``, or a folder with its files; a training job or an
            endpoint, or the name of one; an Estimator or a Predictor. An endpoint is asked as it runs; any other model
            is opened in a process of its own, without a server.
        data: the channels "validation" and "validation_annotation" and, if need be, "label_map", as ``fit`` takes
            them; or one folder with folders of these names in it. Other channels are not read.
        path: the folder that gets the files; None means one in SEMSEG_HOME.
        channel: "validation", or "train" to score the training pictures.
        engine: "openvino", "pytorch" or "mxnet"; None takes the one that an endpoint would take.
        precision: "fp32" or "int8"; None takes what an endpoint would take. Of a job's model int8 is made if need be.
        instance_type: "local" or "local_gpu".
        sagemaker_session: None means a Session.
        progress: whether a bar counts the pictures, on terminals and in notebooks.
        test_time_augmentation: "none", "flip" or "multiscale"; None takes what the model was trained with.

    Raises:
        UserError: there is no such model, or an argument has no meaning for an endpoint.
        ChannelError: a channel is missing, or its files cannot be used.
        ModelError: the archive cannot be used.
        PlatformError: an engine is missing, or the process that scores failed.
    """
    session: AnySession = session_or_new(sagemaker_session)
    local = this_machine(session)
    folder = None if path is None else local_path("path", path)
    channels = _channels(data, channel, session)
    found = find_model(model, session)
    to_open = model_to_open(found, session, engine, precision, instance_type, test_time_augmentation)
    title = f"{found.title} on {_shown_place(channels, channel)}"
    with closing((session.teller if progress else SILENT).bar("picture")) as bar:
        if to_open is not None:
            written = local.evaluate_model(EvaluationRequest(to_open, title, channels, channel, folder), bar)
        else:
            written = _scored_endpoint(found, title, local, channels, channel, folder, bar)
    return _evaluated(written)


def _evaluated(folder: Path) -> Evaluated:
    from semseg.results.evaluation import EVALUATION, Evaluation  # not at the top: `import semseg` is to be fast

    return Evaluated(folder, Evaluation.from_file(folder / EVALUATION))


def this_machine(session: AnySession) -> LocalSession:
    """Returns this machine's side of a session.

    Raises:
        UserError: it has none.
    """
    local = local_side(session)
    if local is None:
        raise UserError("pictures are scored and predicted on this machine: give a Session() or a LocalSession()")
    return local


def model_to_open(
    found: FoundModel,
    session: AnySession,
    engine: str | None,
    precision: str | None,
    instance_type: str,
    test_time_augmentation: str | None,
) -> ModelToOpen | None:
    """Returns how a model is opened here; None for one behind an endpoint.

    Raises:
        UserError: an argument has no meaning for an endpoint, or a value cannot be.
    """
    if found.predictor is None:
        session.for_instance(instance_type)
        asked = ModelToOpen(found.archive, engine, precision, instance_type, test_time_augmentation)
        return replace(asked, model_data=found.archive_for(session, asked.environment, instance_type))
    given = {"engine": engine, "precision": precision, "test_time_augmentation": test_time_augmentation}
    for name, value in given.items():
        if value is not None:
            raise UserError(f"{name} must be left out for an endpoint, which runs already, got {value!r}")
    return None


def _channels(data: Inputs, channel: str, session: AnySession) -> list[Answer]:
    pair = scored_pair(channel)
    if isinstance(data, (TrainingInput, FileSystemInput)):
        raise UserError(f"data must be a folder, or a dictionary of the channels {' and '.join(pair)}, got one channel")
    if data is not None and not isinstance(data, Mapping):
        found = channels_in(data, session, required=pair, call="evaluate(model, ")
        data = {name: place for name, place in found.items() if name in (*pair, LABEL_MAP)}
    return input_data_config(data)


def _shown_place(channels: list[Answer], channel: str) -> str:
    """Returns the last two parts of the place of the scored pictures, such as "town/validation"."""
    places = [
        each["DataSource"].get("S3DataSource", {}).get("S3Uri", "")
        for each in channels
        if each["ChannelName"] == channel
    ]
    return "/".join([part for part in "".join(places[:1]).split("/") if part][-2:])


def _scored_endpoint(
    found: FoundModel,
    title: str,
    local: LocalSession,
    channels: list[Answer],
    channel: str,
    folder: Path | None,
    bar: Bar,
) -> Path:
    from semseg.bulk.labelled import checked_samples
    from semseg.bulk.scoring import Scoring
    from semseg.data.labels.label_map import LabelMap
    from semseg.endpoint_answers import EndpointAnswers

    answers = EndpointAnswers(found.endpoint())
    target = local.evaluations.target(folder)
    with local.evaluations.data(channels, channel) as data:
        label_map = LabelMap.read_in(data.channel(LABEL_MAP), channel) or LabelMap.identity()
        images, masks = map(data.channel, scored_pair(channel))
        classes = answers.num_classes()
        dataset = checked_samples((images, masks), channel, label_map, classes, answers.reading)
        scoring = Scoring(dataset, answers, answers.class_names())
        scoring.run(data.output_data, title, bar.move)
        return publish(data, target)
