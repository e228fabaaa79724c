"""What tests of this dialect say of every answer, and what they begin with."""

from __future__ import annotations

import re
from typing import Any

from tests.factories import Person, Response

JSON = "application/json; charset=utf-8"
UNKNOWN = "7c1d0c8e-2b7b-4a53-9d2e-0f6a4e6f8b11"
PORTFOLIO = "/profile/portfolio"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
BAD_GUIDS = ("7", "x", "{" + UNKNOWN + "}", "urn:uuid:" + UNKNOWN, UNKNOWN.replace("-", ""), UNKNOWN + "0", "%00")


def refused(answer: Response, status: int) -> None:
    """The answer is an error of that status in the dialect's shape (accreditly 1.2)."""
    assert (answer.status, answer.headers["content-type"]) == (status, JSON), answer.text
    assert list(answer.json) == ["message"]
    assert answer.json["message"]


def ok(answer: Response) -> Any:
    """The body of a success."""
    assert (answer.status, answer.headers["content-type"]) == (200, JSON), answer.text
    return answer.json


def create(person: Person, **body: Any) -> Any:
    """A new portfolio, or a changed one."""
    return ok(person.client.post(PORTFOLIO, json_body={"title": "CPD 2024"} | body))


def issue(issuer: Person, recipient: Person, **body: Any) -> Any:
    """A new accreditation."""
    sent = {
        "recipientId": recipient.user.email,
        "title": "Lab safety",
        "details": "Two supervised sessions",
        "classification": "practical",
    }
    return ok(issuer.client.post("/accreditation", json_body=sent | body))


def path(*parts: Any) -> str:
    """Address of a portfolio, or below it; a portfolio or accreditation stands for its id."""
    return "/".join([PORTFOLIO, *(one["id"] if isinstance(one, dict) else one for one in parts)])
