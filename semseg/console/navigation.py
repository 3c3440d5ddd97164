"""The areas of the console, as its pages list them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """A part of the console.

    Attributes:
        address: of its first page.
        title: what the navigation calls it.
        icon: the id of its drawing in the template ``icons.html``.
    """

    address: str
    title: str
    icon: str


DATA = Area("/data", "Data", "data")
TRAIN = Area("/train", "Train", "train")
JOBS = Area("/jobs", "Jobs", "jobs")
ENDPOINTS = Area("/endpoints", "Endpoints", "endpoints")
DISK = Area("/disk", "Disk", "disk")
AREAS = (DATA, TRAIN, JOBS, ENDPOINTS, DISK)
