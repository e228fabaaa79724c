"""What tests are made of: a clock, a world on an in-process AWS, people with credentials, a client through the gateway.

Nothing is patched: the world's parts go in through `wiring.use`, requests go through the local gateway into the real
app, and storage is the real storage.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import boto3

import app
from chalicelib.dialects.gateway import too_large, unknown_route
from chalicelib.domain.access import Actor
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.idkey import IdKey, SignedCall, sign
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import Account, AccountRow, AdminRow, User, UserRow
from chalicelib.wiring import Services
from ops.local.context import LambdaContext
from ops.local.gateway import Gateway, HttpRequest

START = datetime(2026, 3, 2, 9, 30, 5, tzinfo=UTC)
GATEWAY_LIMIT = 64 * 1024 * 1024
Fields = Iterable[tuple[str, str]]


@dataclass
class HandClock:
    """Time that moves when told to, and a millisecond at each look, so that ids differ."""

    moment: datetime = START

    def now(self) -> datetime:
        """The present moment."""
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)

    def to_second(self, second: int) -> None:
        """Go to that second of the next minute."""
        self.moment = self.moment.replace(second=second, microsecond=0) + timedelta(minutes=1)


@dataclass(frozen=True)
class Response:
    """An answer as a client reads it; header names in any letter case."""

    status: int
    text: str
    raw_headers: tuple[tuple[str, str], ...]

    @property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name."""
        return {name.lower(): value for name, value in self.raw_headers}

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def links(self) -> dict[str, str]:
        """Addresses of the Link header by rel."""
        entries = [entry.split(">; rel=") for entry in self.headers.get("link", "").split(",<") if entry]
        return {rel.strip('"'): url.lstrip("<") for url, rel in entries}


@dataclass
class Client:
    """Sends requests through the local gateway into the real app."""

    gateway: Gateway
    token: str = ""

    def request(
        self,
        method: str,
        target: str,
        *,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Fields | None = None,
    ) -> Response:
        """Send one request; `json_body` and `form` set the content type."""
        sent = {"Host": "127.0.0.1:8000", "Accept": "*/*"}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if json_body is not None:
            body, sent["Content-Type"] = json.dumps(json_body), "application/json"
        if form is not None:
            body, sent["Content-Type"] = urlencode(list(form)), "application/x-www-form-urlencoded"
        sent |= headers or {}
        pairs = tuple((name, value) for name, value in sent.items() if value)
        found = self.gateway.handle(
            HttpRequest(method, target, pairs, body.encode() if isinstance(body, str) else body)
        )
        return Response(found.status, found.body.decode(), found.headers)

    def get(self, target: str, **options: Any) -> Response:
        """Send a GET."""
        return self.request("GET", target, **options)

    def post(self, target: str, **options: Any) -> Response:
        """Send a POST."""
        return self.request("POST", target, **options)

    def put(self, target: str, **options: Any) -> Response:
        """Send a PUT."""
        return self.request("PUT", target, **options)

    def delete(self, target: str, **options: Any) -> Response:
        """Send a DELETE."""
        return self.request("DELETE", target, **options)


@dataclass(frozen=True)
class Person:
    """A user with credentials."""

    user: User
    token: str
    client: Client

    @property
    def id(self) -> int:
        """The user's id."""
        return self.user.id

    @property
    def actor(self) -> Actor:
        """The user as a caller."""
        return Actor(user_id=self.user.id, root_account_id=self.user.root_account_id)


@dataclass
class World:
    """A service with one institution; every test makes its own people."""

    services: Services
    clock: HandClock
    root: Account
    gateway: Gateway = field(init=False)
    numbers: Iterable[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Put the gateway before the app."""
        self.gateway = Gateway(
            app.app, unknown_route=unknown_route, too_large=too_large, body_limit_bytes=GATEWAY_LIMIT
        )

    @property
    def anonymous(self) -> Client:
        """A client without credentials."""
        return Client(self.gateway)

    def client(self, token: str) -> Client:
        """A client with a token."""
        return Client(self.gateway, token)

    def person(self, login: str = "", *, root: Account | None = None, **overrides: Any) -> Person:
        """A new user with an unlimited token."""
        number = next(iter(self.numbers))
        name = login or f"person{number}"
        facts = {"first_name": name.title(), "last_name": "Obi", "email": f"{name}@example.edu"} | overrides
        home = root or self.root
        row = UserRow(sis_id=f"S-{name}", login_id=name, **facts)
        assert [outcome.error for outcome in self.services.directory.upsert_users(home, [row])] == [""]
        user = self.services.directory.find_user(f"sis_user_id:S-{name}", home)
        token = self.token(user)
        return Person(user, token, self.client(token))

    def admin(self, account_sis_id: str = "", **overrides: Any) -> Person:
        """A new account admin of the root, or of an account below it."""
        made = self.person(**overrides)
        row = AdminRow(user_sis_id=made.user.sis_id, account_sis_id=account_sis_id)
        assert [outcome.error for outcome in self.services.directory.upsert_admins(self.root, [row])] == [""]
        return Person(self.services.directory.find_user(str(made.id)), made.token, made.client)

    def account(self, sis_id: str) -> Account:
        """A new account below the root."""
        row = AccountRow(sis_id=sis_id, parent_sis_id="", name=sis_id)
        assert [outcome.error for outcome in self.services.directory.upsert_accounts(self.root, [row])] == [""]
        return self.services.directory.find_account(f"sis_account_id:{sis_id}", self.root)

    def token(self, user: User, *scopes: str, expires_at: datetime | None = None) -> str:
        """A new token's secret."""
        _, secret = self.services.tokens.create(
            user.id, user.root_account_id, purpose="test", scopes=scopes, expires_at=expires_at
        )
        return secret

    def id_key(self, person: Person, app: tuple[str, str] | None = None) -> IdKey:
        """A new Brightspace key of a person."""
        return self.services.idkeys.create(person.id, person.user.root_account_id, app)

    def portfolio(self, person: Person, name: str = "Field Notes", **facts: Any) -> EpObject:
        """A new portfolio of a person."""
        return self.services.portfolios.create(person.actor, name=name, **facts)

    def page(self, person: Person, portfolio: EpObject, name: str = "Day one", **facts: Any) -> EpObject:
        """A new page of a portfolio."""
        return self.services.pages.create(person.actor, portfolio.id, PageDraft(name=name, **facts))

    def work(self) -> int:
        """Run the jobs whose messages wait in the queue; how many messages there were."""
        count = 0
        for body in self.messages():
            record = {"body": body, "receiptHandle": "r", "messageId": "m"}
            app.run_jobs({"Records": [record]}, LambdaContext("run_jobs", 900))
            count += 1
        return count

    def messages(self) -> Iterator[str]:
        """Take the messages out of the job queue, those that are sent meanwhile included."""
        client = boto3.client("sqs")
        url = client.get_queue_url(QueueName=self.services.settings.queue)["QueueUrl"]
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]


def signed_query(key: IdKey, method: str, path: str, at: datetime, **changes: str) -> str:
    """The query that signs a request; `changes` replace or, when empty, remove parameters."""
    stamp = str(int(at.timestamp()))
    call = SignedCall(method=method, path=path, x_t=changes.get("x_t", stamp))
    query = {
        "x_a": key.app_id,
        "x_b": key.user_token_id,
        "x_c": sign(key.app_key, call),
        "x_d": sign(key.user_key, call),
        "x_t": call.x_t,
    }
    return urlencode({name: value for name, value in (query | changes).items() if value})


def multipart(*parts: tuple[str, bytes | str, str | None], boundary: str = "b0undary") -> dict[str, Any]:
    """Body and headers of a multipart request; a part is its name, content, and file name if it is a file."""
    body = b""
    for name, content, file_name in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
        head += "Content-Type: application/octet-stream\r\n\r\n" if file_name is not None else "\r\n"
        body += head.encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return {"body": body, "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"}}
