"""export_model: an exported form of any model archive, for engines that are faster than the one that trained it."""

from __future__ import annotations

import os

from semseg.archive.export_report import ExportReport
from semseg.contract import channels
from semseg.contract.exported_forms import FP32, Form
from semseg.inputs import Channel, input_data_config
from semseg.session import AnySession, session_or_new

__all__ = ["ExportReport", "export_model"]


def export_model(
    model_data: str | os.PathLike[str],
    path: str | os.PathLike[str],
    format: str = "openvino",
    precision: str = FP32,
    train: Channel | None = None,
    validation: Channel | None = None,
    validation_annotation: Channel | None = None,
    label_map: Channel | None = None,
    sagemaker_session: AnySession | None = None,
    logs: bool = True,
    light: bool = False,
) -> ExportReport:
    """Writes a model archive that has an exported form beside the parameters; it is served like any other.

    Args:
        model_data: a path, file:// or s3:// URI of a ``model.tar.gz``, trained here, on SageMaker or by GluonCV.
        path: a folder, which gets a model.tar.gz, or a file name that ends in .tar.gz. Forms that an archive there has
            of the same parameters are kept.
        format: "openvino" or "onnx".
        precision: "fp32", or "int8", calibrated on training pictures and refused where it loses more than half a point
            of mIOU on the validation pictures.
        train: pictures to calibrate int8 and light forms on; at most 64 of them are read. The channels are what ``fit``
            takes.
        validation: pictures; answers are compared with Gluon's on at most 16 of them, and int8 and light forms are
            scored on all.
        validation_annotation, label_map: the validation pictures' masks, and what their pixel values mean.
        sagemaker_session: None means a Session.
        logs: whether to print what is done.
        light: True makes a form with fewer operations, as few as lose no more than half a point of mIOU.

    Raises:
        UserError, ChannelError: something that is needed is missing, or is not what it should be.
        ModelError: the archive cannot be exported, or the form does not pass; the sentence has both mIOUs.
        PlatformError: a package is missing.
    """
    given = {
        channels.TRAIN: train,
        channels.VALIDATION: validation,
        channels.VALIDATION_ANNOTATION: validation_annotation,
        channels.LABEL_MAP: label_map,
    }
    config = input_data_config({name: channel for name, channel in given.items() if channel is not None})
    session: AnySession = session_or_new(sagemaker_session)
    return session.with_exports().export_model(model_data, path, Form.of(format, precision, light), config, logs)
