"""Fetches what a prefix holds, in a process of its own: python -m tests.local.fetching <folder> <bucket>."""

from __future__ import annotations

import sys
from pathlib import Path

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.local.files.downloads import Downloads

if __name__ == "__main__":
    store = Account().objects
    found = store.list_prefix(S3Uri(sys.argv[2], ""))
    for path in Downloads(Path(sys.argv[1]), store).fetch(found):
        print(path.name)
