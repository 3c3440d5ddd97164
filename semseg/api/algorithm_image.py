"""The image of SageMaker's built-in semantic segmentation algorithm: one registry account for each region.

Source: the SageMaker developer guide, "Docker Registry Paths and Example Code".
"""

from __future__ import annotations

import re

from semseg.contract.echoed import echoed
from semseg.errors import UserError

ALGORITHM = "semantic-segmentation"
VERSION = "1"  # the only one; "latest" in old scripts
DEFAULT_DOMAIN = "amazonaws.com"
DOMAINS = {  # what regions begin with -> the domain of their registries
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
ACCOUNTS = {
    "af-south-1": "455444449433",
    "ap-east-1": "286214385809",
    "ap-northeast-1": "501404015308",
    "ap-northeast-2": "306986355934",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "991648021394",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "475088953585",
    "ap-southeast-2": "544295431143",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "469771592824",
    "ca-west-1": "190319476487",
    "cn-north-1": "390948362332",
    "cn-northwest-1": "387376663083",
    "eu-central-1": "813361260812",
    "eu-central-2": "680994064768",
    "eu-north-1": "669576153137",
    "eu-south-1": "257386234256",
    "eu-south-2": "104374241257",
    "eu-west-1": "685385470294",
    "eu-west-2": "644912444149",
    "eu-west-3": "749696950732",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "249704162688",
    "sa-east-1": "855470959533",
    "us-east-1": "811284229777",
    "us-east-2": "825641698319",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "226302683700",
    "us-iso-east-1": "490574956308",
    "us-isob-east-1": "765400339828",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "632365934929",
    "us-west-2": "433757028032",
}
IMAGE = re.compile(rf"(\d{{12}})\.dkr\.ecr\.[^/]+/{ALGORITHM}(:(1|latest))?")


def algorithm_image(region: str) -> str:
    """Returns the URI of the image, such as ``433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1``.

    Raises:
        UserError: the algorithm is not offered in this region.
    """
    if region not in ACCOUNTS:
        raise UserError(
            f"the region of the built-in algorithm must be one of {', '.join(ACCOUNTS)}, got {echoed(region)}: give "
            f"image_uri an image of your own"
        )
    domain = next((domain for start, domain in DOMAINS.items() if region.startswith(start)), DEFAULT_DOMAIN)
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{domain}/{ALGORITHM}:{VERSION}"


def is_algorithm_image(image_uri: str) -> bool:
    """Returns whether this is the built-in algorithm's image in some region."""
    found = IMAGE.fullmatch(image_uri)
    return found is not None and found[1] in ACCOUNTS.values()
