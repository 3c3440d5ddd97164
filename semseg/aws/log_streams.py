"""The log streams of one job in CloudWatch, read while they are written."""

from __future__ import annotations

from typing import Any

from semseg.aws.faults import faults_as_sentences
from semseg.plumbing.teller import Teller


class LogStreams:
    """The streams of a group whose names begin with a prefix: one for each machine of a job.

    Args:
        client: boto3's of "logs".
        group: such as "/aws/sagemaker/TransformJobs".
        prefix: what the names begin with, such as "<job name>/".
        teller: shows the lines.
    """

    def __init__(self, client: Any, group: str, prefix: str, teller: Teller) -> None:
        self._client = client
        self._group = group
        self._prefix = prefix
        self._teller = teller
        self._next: dict[str, str] = {}  # stream -> where to read on

    def show_new(self) -> None:
        """Shows the lines that were not shown yet; nothing where there are no streams yet."""
        with faults_as_sentences(f"read the log {self._group}/{self._prefix}"):
            for stream in self._streams():
                self._show_stream(stream)

    def _streams(self) -> list[str]:
        pages = self._client.get_paginator("describe_log_streams")
        try:
            found = pages.paginate(logGroupName=self._group, logStreamNamePrefix=self._prefix)
            return [stream["logStreamName"] for page in found for stream in page["logStreams"]]
        except self._client.exceptions.ResourceNotFoundException:
            return []  # the first job of an account makes the group, once it has something to say

    def _show_stream(self, stream: str) -> None:
        """Shows the stream to its end, which is where CloudWatch gives the token back that it was sent."""
        while True:
            place = {"nextToken": self._next[stream]} if stream in self._next else {}
            answer = self._client.get_log_events(
                logGroupName=self._group, logStreamName=stream, startFromHead=True, **place
            )
            for event in answer["events"]:
                self._teller.line(event["message"].rstrip("\n"))
            if answer["nextForwardToken"] == self._next.get(stream):
                return
            self._next[stream] = answer["nextForwardToken"]
