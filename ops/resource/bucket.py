"""S3 buckets: encryption, no public access, lifecycle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ops.resource.drift import Clients, Drift, ProvisionError, code_of

HOME_REGION = "us-east-1"
"""The region whose buckets are made without naming it."""
_ABSENT = {
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def plan(clients: Clients, properties: Mapping[str, Any]) -> Iterator[Drift]:
    """The differences of one bucket; nothing is changed."""
    name = properties["BucketName"]
    if not _exists(clients, name):
        create = partial(_create, clients, name)
        yield Drift(resource=name, fact="does not exist", deed="created", mend=create, uncovers=True)
        return
    wanted: Any = properties["PublicAccessBlockConfiguration"]
    if _public_access_block(clients, name) != wanted:
        yield Drift(
            resource=name,
            fact="may be opened to the public",
            deed="public access blocked",
            mend=lambda: clients.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=wanted),
        )
    rules = _encryption_rules(properties)
    if not _encrypted(clients, name, rules):
        yield Drift(
            resource=name,
            fact="is not encrypted as the template says",
            deed="encryption turned on",
            mend=lambda: clients.s3.put_bucket_encryption(
                Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules}
            ),
        )
    if clients.s3.get_bucket_versioning(Bucket=name).get("Status") != properties["VersioningConfiguration"]["Status"]:
        yield Drift(
            resource=name,
            fact="does not keep what is removed for a restore",
            deed="versioning turned on",
            mend=lambda: clients.s3.put_bucket_versioning(
                Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"]
            ),
        )
    lifecycle = [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
    if {_gist(rule) for rule in _lifecycle(clients, name)} != {_gist(rule) for rule in lifecycle}:
        yield Drift(
            resource=name,
            fact="does not expire packages, uploads and working files as the template says",
            deed="lifecycle set",
            mend=lambda: clients.s3.put_bucket_lifecycle_configuration(
                Bucket=name, LifecycleConfiguration={"Rules": lifecycle}
            ),
        )


def _exists(clients: Clients, name: str) -> bool:
    try:
        clients.s3.head_bucket(Bucket=name)
    except ClientError as error:
        if code_of(error) in {"404", "NoSuchBucket"}:
            return False
        if code_of(error) in {"403", "AccessDenied"}:
            raise ProvisionError(f"The bucket {name} belongs to somebody else: set FOLIO_BUCKET to another.") from None
        raise
    return True


def _create(clients: Clients, name: str) -> None:
    region = clients.s3.meta.region_name
    arguments: dict[str, Any] = {"Bucket": name}
    if region != HOME_REGION:
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": region}
    clients.s3.create_bucket(**arguments)


def _or_nothing(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ClientError as error:
        if code_of(error) in _ABSENT:
            return {}
        raise


def _public_access_block(clients: Clients, name: str) -> dict[str, bool]:
    answer = _or_nothing(lambda: clients.s3.get_public_access_block(Bucket=name))
    return dict(answer.get("PublicAccessBlockConfiguration", {}))


def _encryption_rules(properties: Mapping[str, Any]) -> list[Any]:
    rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return [{"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]} for rule in rules]


def _encrypted(clients: Clients, name: str, rules: list[Any]) -> bool:
    answer = _or_nothing(lambda: clients.s3.get_bucket_encryption(Bucket=name))
    present = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    algorithms = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in present]
    return algorithms == [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules]


def _lifecycle_rule(rule: Mapping[str, Any]) -> Any:
    """A rule of the template in the words of the S3 API."""
    answer: dict[str, Any] = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule["Prefix"]}}
    if "ExpirationInDays" in rule:
        answer["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "NoncurrentVersionExpiration" in rule:
        answer["NoncurrentVersionExpiration"] = dict(rule["NoncurrentVersionExpiration"])
    if "AbortIncompleteMultipartUpload" in rule:
        answer["AbortIncompleteMultipartUpload"] = dict(rule["AbortIncompleteMultipartUpload"])
    return answer


def _lifecycle(clients: Clients, name: str) -> list[Any]:
    answer = _or_nothing(lambda: clients.s3.get_bucket_lifecycle_configuration(Bucket=name))
    return list(answer.get("Rules", ()))


def _gist(rule: Mapping[str, Any]) -> tuple[str, str, int, int, int]:
    """What a rule does: S3 tells the same rule in more than one form."""
    prefix = (rule.get("Filter") or {}).get("Prefix", "") or rule.get("Prefix", "")
    abort = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation", 0)
    removed = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0)
    return rule["Status"], prefix, rule.get("Expiration", {}).get("Days", 0), removed, abort


def holding(clients: Clients, properties: Mapping[str, Any]) -> str:
    """The bucket's name if there is an object in it."""
    name: str = properties["BucketName"]
    if not _exists(clients, name):
        return ""
    return name if clients.s3.list_objects_v2(Bucket=name, MaxKeys=1).get("Contents") else ""


def remove(clients: Clients, properties: Mapping[str, Any]) -> list[str]:
    """Delete the bucket and every object in it; the list is empty when there was none."""
    name = properties["BucketName"]
    if not _exists(clients, name):
        return []
    for page in clients.s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", ()):
            clients.s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for listing in clients.s3.get_paginator("list_object_versions").paginate(Bucket=name):
        kept = [*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())]
        found: Any = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in kept]
        if found:
            clients.s3.delete_objects(Bucket=name, Delete={"Objects": found, "Quiet": True})
    clients.s3.delete_bucket(Bucket=name)
    return [f"{name}: deleted with its objects"]
