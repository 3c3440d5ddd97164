"""Objects of a moto server, listed and read."""

from __future__ import annotations

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri


def test_a_written_object_is_listed_with_its_size_and_read_back(aws: str) -> None:
    account = Account()
    account.connection.client("s3").create_bucket(
        Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": account.boto_region_name}
    )
    account.objects.write(S3Uri("pictures", "train/a.jpg"), b"12345")
    (found,) = account.objects.list_prefix(S3Uri("pictures", "train"))
    assert (str(found.uri), found.size) == ("s3://pictures/train/a.jpg", 5)
    assert account.objects.read(found.uri) == b"12345"
