"""Secrets kept in SSM Parameter Store."""

from __future__ import annotations

import boto3


def read_parameter(name: str) -> str:
    """The value of a SecureString parameter."""
    answer = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)
    return answer["Parameter"]["Value"]
