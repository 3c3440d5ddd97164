"""``report.html``: how good a model is and where it fails, as one page for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semseg.plumbing.whole_file import write_text
from semseg.results.data_section import data_section
from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import Evaluation
from semseg.results.job_facts import JobFacts
from semseg.results.job_section import headline, job_section, next_section
from semseg.results.markup import paragraph
from semseg.results.picture_scores import PictureScore
from semseg.results.picture_section import Classes, drawn_section, pictures_section
from semseg.results.report_style import SCRIPT, STYLE, policy
from semseg.results.score_sections import (
    calibration_section,
    classes_section,
    confusions_section,
    curves_section,
    score_tiles,
)
from semseg.results.shown_pictures import ShownPicture
from semseg.results.tables import escaped

REPORT = "report.html"


@dataclass(frozen=True)
class ReportContent:
    """The parts of a report; those that are left out are not in it.

    Attributes:
        facts: about the job.
        evaluation: of the best model.
        epochs: in their order.
        scored_on: what the scores after each epoch are measured on: "crops", "whole pictures", or "" if not known.
        worst, random: pictures to show.
        worst_picture: the file ``worst.png``, shown in place of the worst pictures where these are not kept.
        worst_scores: of the pictures with the largest share of wrong pixels, the worst first.
        dataset: what ``dataset.json`` holds.
    """

    facts: JobFacts = field(default_factory=JobFacts)
    evaluation: Evaluation | None = None
    epochs: Sequence[EpochScores] = ()
    scored_on: str = ""
    worst: Sequence[ShownPicture] = ()
    random: Sequence[ShownPicture] = ()
    worst_picture: Path | None = None
    worst_scores: Sequence[PictureScore] = ()
    dataset: Mapping[str, Any] | None = None


def write_report(folder: Path, content: ReportContent) -> Path:
    """Writes ``report.html`` into a folder, whole, and returns its path. It is one file that needs no network."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / REPORT, page(content))
    return folder / REPORT


def page(content: ReportContent) -> str:
    """Returns the report as HTML."""
    name = escaped(content.facts.name or "Report")
    parts = [part for part in _sections(content) if part]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}: report</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<header><h1>{name}</h1>{_head(content)}{_links(parts)}</header>"
        f"<main>{_scores(content)}{''.join(parts)}"
        f"<footer>All scores are from 0 to 1. Written by semseg.</footer></main>"
        f"<script>{SCRIPT}</script></body></html>\n"
    )


def _head(content: ReportContent) -> str:
    lines = "".join(paragraph(line, "soft") for line in headline(content.facts))
    return lines + "".join(paragraph(note, "note") for note in content.facts.notes)


def _scores(content: ReportContent) -> str:
    tiles = score_tiles(content.evaluation, content.epochs, content.scored_on)
    missing = "" if content.evaluation is not None else "The model was not scored on whole pictures."
    return f'<div id="scores">{tiles}{paragraph(missing, "soft")}</div>'


def _sections(content: ReportContent) -> list[str]:
    evaluation, facts = content.evaluation, content.facts
    classes = Classes({}, {}) if evaluation is None else Classes(evaluation.names, evaluation.colours)
    planned = facts.progress.epochs if facts.progress is not None else 0
    return [
        curves_section(content.epochs, content.scored_on, planned),
        classes_section(evaluation, content.epochs, content.scored_on),
        confusions_section(evaluation),
        calibration_section(evaluation),
        pictures_section(content.worst, content.random, classes)
        or drawn_section(content.worst_picture, content.worst_scores),
        data_section(content.dataset, facts.label_map, classes),
        job_section(facts, content.epochs),
        next_section(facts.commands),
    ]


def _links(parts: Sequence[str]) -> str:
    """Returns links to the parts of the page."""
    found = [re.match(r'<section id="(\w+)"><h2>([^<]*)</h2>', part) for part in parts]
    links = "".join(f'<a href="#{each[1]}">{each[2]}</a>' for each in found if each is not None)
    return f'<nav aria-label="Parts of this page">{links}</nav>' if links else ""
