"""Requests in Accredit.ly's dialect."""

from __future__ import annotations

from bench.cases.case import JSON, Budget, Case
from chalicelib.domain.verification import PNG
from tests.factories import multipart

ACCREDITATION = "/accreditation"
VERIFY = "/profile/verify"
HELD = "the accreditations it holds"
PORTFOLIO = "/profile/portfolio"

CASES = (
    Case(route=f"GET {PORTFOLIO}", budget=Budget.LIST, target=PORTFOLIO, who="the user"),
    Case(route=f"GET {PORTFOLIO}/{{id}}", budget=Budget.OWN, target=f"{PORTFOLIO}/%(guid)s"),
    Case(
        route=f"GET {PORTFOLIO}/{{id}}",
        budget=Budget.OTHERS,
        target=f"{PORTFOLIO}/%(guid)s?key=%(share_key)s",
        by="bo",
        who="another, with a share key",
    ),
    Case(
        route=f"GET {PORTFOLIO}/{{id}}",
        budget=Budget.OTHERS,
        target=f"{PORTFOLIO}/%(guid)s?key=%(share_key)s",
        by="nobody",
        who="nobody signed in, with a share key",
    ),
    Case(
        route=f"POST {PORTFOLIO}",
        budget=Budget.WRITE,
        target=PORTFOLIO,
        who="the user",
        body='{"title": "Notes"}',
        media_type=JSON,
    ),
    Case(
        route=f"POST {PORTFOLIO}",
        budget=Budget.WRITE,
        target=PORTFOLIO,
        who="owner, changing one",
        body='{"id": "%(guid)s", "title": "Notes"}',
        media_type=JSON,
    ),
    Case(
        route=f"GET {PORTFOLIO}/{{id}}",
        budget=Budget.OWN,
        target=f"{PORTFOLIO}/%(held)s",
        who="owner, of one with accreditations",
        extra=1,
        why=HELD,
    ),
    Case(
        route=f"GET {PORTFOLIO}/{{id}}",
        budget=Budget.OTHERS,
        target=f"{PORTFOLIO}/%(held)s?key=%(held_key)s",
        by="nobody",
        who="nobody signed in, of one with accreditations",
    ),
    Case(route=f"DELETE {PORTFOLIO}/{{id}}", budget=Budget.WRITE, target=f"{PORTFOLIO}/%(guid)s"),
    Case(
        route=f"POST {PORTFOLIO}/{{id}}/security",
        budget=Budget.WRITE,
        target=f"{PORTFOLIO}/%(guid)s/security",
        who="owner, a new key",
        body='{"keys": [{}]}',
        media_type=JSON,
    ),
    Case(
        route=f"PUT {PORTFOLIO}/{{id}}/{{accreditationId}}",
        budget=Budget.WRITE,
        target=f"{PORTFOLIO}/%(guid)s/%(accreditation)s",
        extra=1,
        why=HELD,
    ),
    Case(
        route=f"DELETE {PORTFOLIO}/{{id}}/{{accreditationId}}",
        budget=Budget.WRITE,
        target=f"{PORTFOLIO}/%(held)s/%(evidence)s",
    ),
    Case(
        route=f"POST {ACCREDITATION}",
        budget=Budget.WRITE,
        target=ACCREDITATION,
        who="the user",
        body='{"recipientId": "mina@example.org", "title": "Lab safety", "classification": "practical"}',
        media_type=JSON,
    ),
    Case(
        route=f"GET {ACCREDITATION}/{{id}}",
        budget=Budget.OWN,
        target=f"{ACCREDITATION}/%(accreditation)s",
        who="recipient",
    ),
    Case(
        route=f"GET {ACCREDITATION}",
        budget=Budget.LIST,
        target=ACCREDITATION,
        who="recipient",
        extra=1,
        why="imported ones are among the owner's objects",
    ),
    Case(route=f"GET {ACCREDITATION}", budget=Budget.LIST, target=f"{ACCREDITATION}?role=issuer", who="issuer"),
    Case(
        route=f"POST {ACCREDITATION}/{{id}}/revoke",
        budget=Budget.WRITE,
        target=f"{ACCREDITATION}/%(accreditation)s/revoke",
        by="bo",
        who="issuer",
    ),
    Case(route=f"GET {VERIFY}", budget=Budget.OWN, target=VERIFY, who="the user"),
    Case(
        route=f"POST {VERIFY}/images",
        budget=Budget.WRITE,
        target=f"{VERIFY}/images",
        who="the user",
        options=multipart(("file", PNG, "id.png")),
        extra=1,
        why="images are marked before they are stored, so that none is forgotten",
    ),
    Case(route=f"GET {VERIFY}/images", budget=Budget.OWN, target=f"{VERIFY}/images?%(image)s", who="the user"),
    Case(route=f"POST {VERIFY}", budget=Budget.WRITE, target=f"{VERIFY}?%(image)s", who="the user"),
    Case(
        route=f"GET {VERIFY}/queue",
        budget=Budget.LIST,
        target=f"{VERIFY}/queue?%(waiting)s",
        by="admin",
        who="reviewer",
    ),
    Case(
        route=f"GET {VERIFY}/{{userId}}/images",
        budget=Budget.OTHERS,
        target=f"{VERIFY}/%(waiting)s/images",
        by="admin",
        who="reviewer",
    ),
    Case(
        route=f"POST {VERIFY}/{{userId}}/decision",
        budget=Budget.WRITE,
        target=f"{VERIFY}/%(waiting)s/decision",
        by="admin",
        who="reviewer",
        body='{"verificationStatus": "rejected"}',
        media_type=JSON,
        extra=1,
        why="whose the address is",
    ),
)
