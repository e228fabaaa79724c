"""What stands between the template and what exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


class ProvisionError(RuntimeError):
    """A resource cannot be brought to what the template says; the message says what a person can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference between the template and a resource."""

    resource: str
    """The name the resource has, or should have."""
    fact: str
    """What is wrong, as a predicate: `does not exist`."""
    deed: str
    """What `mend` does, in the past tense: `created`."""
    mend: Callable[[], object] | None
    """None where only a person can decide; `deed` then says what."""
    uncovers: bool = False
    """Whether further differences can be seen only once this one is mended."""

    def __str__(self) -> str:
        return f"{self.resource}: {self.deed}"


class Clients:
    """The AWS clients of the process's environment (region, credentials, endpoint), made on first use."""

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return boto3.client("dynamodb")

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return boto3.client("s3")

    @cached_property
    def sqs(self) -> SQSClient:
        """SQS."""
        return boto3.client("sqs")

    @cached_property
    def sns(self) -> SNSClient:
        """SNS."""
        return boto3.client("sns")


def code_of(error: ClientError) -> str:
    """The service's own code of an error, such as `404` or `NoSuchBucket`."""
    return str(error.response.get("Error", {}).get("Code", ""))
