"""The verbs of the command line. Each has its module, which is imported when the verb is asked for, and not before."""

from __future__ import annotations

from dataclasses import dataclass

DATA, TRAINING, MODELS, MACHINE = "Data", "Training jobs", "Models and endpoints", "This machine"
SECTIONS = (DATA, TRAINING, MODELS, MACHINE)


@dataclass(frozen=True)
class Entry:
    """A verb as ``semseg --help`` lists it.

    Attributes:
        section: the heading that it stands under.
        module: of ``semseg.command_line``, with a function of the verb's name.
        what: what it does, one line.
    """

    section: str
    module: str
    what: str


VERBS = {
    "check": Entry(DATA, "check", "say what a job would say of a data set"),
    "split": Entry(DATA, "split", "make the folders of a job from pictures and masks"),
    "convert": Entry(DATA, "convert", "make the folders of a job from annotations of other tools"),
    "show": Entry(DATA, "show", "show pictures of a data set, or all that is known of a job"),
    "rates": Entry(TRAINING, "rates", "try learning rates, and suggest one"),
    "train": Entry(TRAINING, "train", "train a model"),
    "jobs": Entry(TRAINING, "jobs", "list training jobs"),
    "logs": Entry(TRAINING, "logs", "print the log of a job"),
    "stop": Entry(TRAINING, "job_ends", "stop a job; its best model is kept"),
    "resume": Entry(TRAINING, "job_ends", "let a job go on from its newest checkpoint"),
    "report": Entry(TRAINING, "report", "write the report of a job, and open it"),
    "compare": Entry(TRAINING, "report", "show several jobs beside each other"),
    "evaluate": Entry(MODELS, "evaluate", "score a model on a data set"),
    "predict": Entry(MODELS, "predict", "write the masks of pictures or of a video"),
    "export": Entry(MODELS, "export", "add a form of a model that other engines serve"),
    "deploy": Entry(MODELS, "deploy", "start an endpoint"),
    "endpoints": Entry(MODELS, "endpoints", "list endpoints"),
    "undeploy": Entry(MODELS, "endpoints", "delete endpoints"),
    "console": Entry(MACHINE, "console", "open the console in the browser"),
    "doctor": Entry(MACHINE, "doctor", "say what this machine has, and what stands in an engine's way"),
    "bench": Entry(MACHINE, "bench", "measure how fast this machine trains, serves and reads"),
    "df": Entry(MACHINE, "disk", "say what takes room on the disk"),
    "clean": Entry(MACHINE, "disk", "remove old jobs and files"),
}
