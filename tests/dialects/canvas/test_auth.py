"""Who calls, and the error bodies (canvas-a 1.2, 1.3, 1.5): every row of the contract's tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain.token import Token
from chalicelib.storage.tokens import secret_key
from chalicelib.wiring import Services
from tests.factories import Person, Response, World

SELF = "/api/v1/users/self"
JSON = "application/json; charset=utf-8"
CHALLENGE = 'Bearer realm="canvas-lms"'
NOWHERE = {"errors": [{"message": "The specified resource does not exist."}]}
UNAUTHENTICATED = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
DENIED = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
INVALID = {"errors": [{"message": "Invalid access token."}]}
NO_SCOPE = {"errors": [{"message": "Insufficient scopes on access token."}]}
NOT_THEM = {"errors": "Invalid as_user_id"}


def refused(answer: Response, status: int, body: Any, *, challenge: bool = False) -> None:
    assert (answer.status, answer.json) == (status, body)
    assert answer.headers["content-type"] == JSON
    assert answer.headers.get("www-authenticate") == (CHALLENGE if challenge else None)


@pytest.mark.parametrize("header", ["", "bearer TOKEN", "BEARER TOKEN", "Basic TOKEN", "Bearer", "TOKEN"])
def test_no_credentials(world: World, ada: Person, header: str) -> None:
    answer = world.anonymous.get(SELF, headers={"Authorization": header.replace("TOKEN", ada.token)})
    refused(answer, 401, UNAUTHENTICATED, challenge=True)


def test_no_credentials_even_for_a_public_one(world: World, ada: Person) -> None:
    portfolio = world.portfolio(ada, public=True)
    refused(world.anonymous.get(f"/api/v1/eportfolios/{portfolio.id}"), 401, UNAUTHENTICATED, challenge=True)


def test_a_token_as_parameter(world: World, ada: Person) -> None:
    assert world.anonymous.get(f"{SELF}?access_token={ada.token}").json["id"] == ada.id
    made = world.anonymous.post(
        "/api/v1/users/self/eportfolios", form=[("access_token", ada.token), ("eportfolio[name]", "x")]
    )
    assert made.status == 200
    fields = {"access_token": ada.token, "eportfolio": {"name": "x"}}
    assert world.anonymous.post("/api/v1/users/self/eportfolios", json_body=fields).status == 200


def test_the_header_wins(world: World, ada: Person, bo: Person) -> None:
    assert ada.client.get(f"{SELF}?access_token={bo.token}").json["id"] == ada.id
    refused(world.client("nobody").get(f"{SELF}?access_token={bo.token}"), 401, INVALID, challenge=True)


def stored(world: World, secret: str, **changes: Any) -> None:
    """Change a stored token, as routes to come will."""
    key = secret_key(world.services.tokens.hash(secret))
    record = world.services.tables.people.get(key["pk"], key["sk"])
    from chalicelib.storage import documents

    record.document = documents.encode(replace(documents.decode(record.document or "", Token), **changes))
    record.save()


def test_tokens_that_do_not_authenticate(world: World, ada: Person) -> None:
    refused(world.client("nobody").get(SELF), 401, INVALID, challenge=True)
    stored(world, ada.token, workflow_state="pending")
    refused(ada.client.get(SELF), 401, INVALID, challenge=True)
    stored(world, ada.token, workflow_state="deleted")
    refused(ada.client.get(SELF), 401, {"errors": [{"message": "Revoked access token."}]}, challenge=True)


def test_an_expired_token(world: World, ada: Person) -> None:
    expires_at = world.clock.now().replace(microsecond=0) + timedelta(seconds=30)
    client = world.client(world.token(ada.user, expires_at=expires_at))
    assert client.get(SELF).status == 200
    world.clock.advance(31)
    entry = {"message": "Expired access token.", "expired_at": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"}
    refused(client.get(SELF), 401, {"errors": [entry]}, challenge=True)


def test_a_token_of_another_root_account(world: World) -> None:
    other = world.services.directory.create_root_account("Other College", domains=["other.example.org"])
    someone = world.person(root=other)
    refused(someone.client.get(SELF), 401, INVALID, challenge=True)
    assert someone.client.get(SELF, headers={"Host": "other.example.org:8443"}).json["id"] == someone.id
    assert someone.client.get(SELF, headers={"Host": "x", "X-Forwarded-Host": "OTHER.example.org"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", SELF, "url:GET|/api/v1/users/:id"),
        ("GET", "/api/v1/users/self/eportfolios", "url:GET|/api/v1/users/:user_id/eportfolios"),
        ("GET", "/api/v1/eportfolios/{id}", "url:GET|/api/v1/eportfolios/:id"),
        ("GET", "/api/v1/eportfolios/{id}/pages.json", "url:GET|/api/v1/eportfolios/:eportfolio_id/pages"),
        ("HEAD", "/api/v1/eportfolios/{id}", "url:GET|/api/v1/eportfolios/:id"),
        ("POST", "/api/v1/eportfolios/{id}/pages", "url:POST|/api/v1/eportfolios/:eportfolio_id/pages"),
    ],
)
def test_scopes(world: World, ada: Person, method: str, path: str, scope: str) -> None:
    target = path.format(id=world.portfolio(ada).id)
    form = [("page[name]", "x")] if method == "POST" else None
    assert world.client(world.token(ada.user, "other", scope)).request(method, target, form=form).status == 200
    answer = world.client(world.token(ada.user, f"{scope}/x")).request(method, target, form=form)
    assert answer.status == 401
    if method != "HEAD":
        refused(answer, 401, NO_SCOPE)


@pytest.mark.parametrize("form", ["{id}", "sis_user_id:{sis}", "sis_login_id:{login}", "hex:sis_user_id:{hex}"])
def test_acting_as_another_user(world: World, admin: Person, ada: Person, form: str) -> None:
    reference = form.format(
        id=ada.id, sis=ada.user.sis_id, login=ada.user.login_id.upper(), hex=ada.user.sis_id.encode().hex()
    )
    assert admin.client.get(f"{SELF}?as_user_id={reference}").json["id"] == ada.id
    made = admin.client.post(
        "/api/v1/users/self/eportfolios?as_user_id=77", form=[("as_user_id", reference), ("eportfolio[name]", "x")]
    )
    assert made.json["user_id"] == ada.id


@pytest.mark.parametrize("reference", ["77", "nobody", "sis_user_id:nobody", "9" * 400, "sis_user_id:" + "x" * 4000])
def test_acting_as_nobody(admin: Person, reference: str) -> None:
    refused(admin.client.get(f"{SELF}?as_user_id={reference}"), 401, NOT_THEM)


def test_acting_as_who_one_may_not(world: World, ada: Person, bo: Person) -> None:
    refused(ada.client.get(f"{SELF}?as_user_id={bo.id}"), 401, NOT_THEM)
    assert ada.client.get(f"{SELF}?as_user_id={ada.id}").json["id"] == ada.id
    world.account("science")
    of_science = world.admin("science")
    refused(of_science.client.get(f"{SELF}?as_user_id={ada.id}"), 401, NOT_THEM)
    other = world.services.directory.create_root_account("Third College", domains=["third.example.org"])
    refused(world.admin().client.get(f"{SELF}?as_user_id={world.person(root=other).id}"), 401, NOT_THEM)


def test_what_is_left_is_said(world: World, ada: Person) -> None:
    answers = [ada.client.get(SELF), ada.client.get("/api/v1/eportfolios/77"), ada.client.get(SELF)]
    for answer in answers:
        cost, remaining = (float(answer.headers[f"x-{name}"]) for name in ("request-cost", "rate-limit-remaining"))
        assert 0 < cost < 10
        assert 570 < remaining < 600 - cost / 2, "what calls before held was given back"
    assert "x-rate-limit-remaining" not in world.anonymous.get(SELF).headers
    assert "x-rate-limit-remaining" not in world.client("nobody").get(SELF).headers


def test_a_full_bucket(world: World, ada: Person) -> None:
    wiring.use(Services(replace(world.services.settings, canvas_rate_hold=350), clock=world.clock))

    def elsewhere() -> Response:
        """A call in a container that has not met the token, so that nothing held before is given back."""
        world.clock.moment += timedelta(milliseconds=1)
        wiring.use(Services(replace(world.services.settings, canvas_rate_hold=350), clock=world.clock))
        return ada.client.get(SELF)

    assert [elsewhere().status for _ in range(3)] == [200, 200, 403]
    answer = ada.client.post("/api/v1/users/self/eportfolios", form=[("eportfolio[name]", "x")])
    assert (answer.status, answer.text) == (403, "403 Forbidden (Rate Limit Exceeded)\n")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-rate-limit-remaining"] == "0.0"
    assert "x-request-cost" not in answer.headers
    world.clock.advance(12)
    assert elsewhere().status == 403, "800 at most, and 10 a second"
    world.clock.advance(81)
    assert ada.client.get("/api/v1/users/self/eportfolios").json == []


def test_throttling_off(world: World, ada: Person) -> None:
    wiring.use(Services(replace(world.services.settings, canvas_rate_limit=0), clock=world.clock))
    answer = ada.client.get(SELF)
    assert answer.status == 200
    assert not [name for name in answer.headers if name in ("x-request-cost", "x-rate-limit-remaining")]


def test_a_tokens_use_is_written_down_every_ten_minutes(world: World, ada: Person) -> None:
    path = f"{SELF}/user_generated_tokens"
    first = ada.client.get(path).json[0]["last_used_at"]
    assert first is not None
    world.clock.advance(590)
    ada.client.get("/profile/portfolio")
    assert ada.client.get(path).json[0]["last_used_at"] == first
    world.clock.advance(15)
    ada.client.get("/d2l/api/lp/1.0/users/whoami")
    second = ada.client.get(path).json[0]["last_used_at"]
    assert second > first
    world.clock.advance(300)
    assert ada.client.get(path).json[0]["last_used_at"] == second


def test_a_fault_of_our_own(world: World, ada: Person, caplog: pytest.LogCaptureFixture) -> None:
    services = Services(world.services.settings, clock=world.clock)
    services.portfolios = None  # type: ignore[assignment]
    wiring.use(services)
    answer = ada.client.get("/api/v1/eportfolios/77?access_token=topsecret&as_user_id=")
    assert answer.status == 500
    (entry,) = answer.json["errors"]
    assert entry == {"message": "An error occurred.", "error_code": "internal_server_error"}
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "AttributeError" in logged
    assert "topsecret" not in logged
    assert ada.token not in logged


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.delete("/api/v1/users/self"),
        lambda client: client.request("PATCH", "/api/v1/eportfolios/7"),
        lambda client: client.get("/api/v1/nothing"),
        lambda client: client.get("/api/v1"),
        lambda client: client.post("/api/v1/eportfolios/7/pages/8/9"),
    ],
)
def test_unknown_routes_and_wrong_methods(world: World, call: Callable[..., Response]) -> None:
    answer = call(world.anonymous)
    assert (answer.status, answer.json) == (404, NOWHERE)


def test_a_body_over_the_limit(world: World, ada: Person) -> None:
    wiring.use(Services(replace(world.services.settings, max_body_bytes=100), clock=world.clock))
    answer = ada.client.post("/api/v1/users/self/eportfolios", form=[("eportfolio[name]", "x" * 100)])
    assert answer.status == 413
    assert list(answer.json["errors"][0]) == ["message"]


@pytest.mark.parametrize(
    "place", [("/api/v1/users/self/eportfolios", "eportfolio"), ("/api/v1/eportfolios/{id}/pages", "page")]
)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ""),
        (b"x[y]=z", "application/x-www-form-urlencoded"),
        (b"NAME=z", "application/x-www-form-urlencoded"),
        (b"NAME[]=z", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"[]", "application/json"),
        (b"7", "application/json"),
        (b'{"NAME":{}}', "application/json"),
        (b'{"NAME":"x"}', "application/json"),
        (b'{"NAME":{"name":"x"}}', "text/plain"),
        (b"\xff\x00", "application/zip"),
    ],
)
def test_a_required_object_that_is_missing(
    world: World, ada: Person, place: tuple[str, str], body: bytes, kind: str
) -> None:
    path, name = place
    target = path.format(id=world.portfolio(ada).id)
    answer = ada.client.post(target, body=body.replace(b"NAME", name.encode()), headers={"Content-Type": kind})
    refused(answer, 400, {"errors": [{"message": f"{name} is missing"}]})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"\xff", "application/json"),
        (b"a[b]=1&a[]=2", "application/x-www-form-urlencoded"),
        (b"a=1&" * 9000, "application/x-www-form-urlencoded"),
        (b"a" + b"[b]" * 40 + b"=1", "application/x-www-form-urlencoded"),
        (b"broken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
    ],
)
def test_bodies_that_cannot_be_read(ada: Person, body: bytes, kind: str) -> None:
    answer = ada.client.post("/api/v1/users/self/eportfolios", body=body, headers={"Content-Type": kind})
    assert answer.status == 400
    assert list(answer.json["errors"][0]) == ["message"]


@pytest.mark.parametrize("said", ["as_user_id[]=7", "as_user_id[x]=7"])
def test_a_structure_names_nobody_to_act_as(world: World, said: str) -> None:
    refused(world.admin().client.get(f"{SELF}?{said}"), 401, NOT_THEM)


def test_a_structure_in_a_body_names_nobody_to_act_as(world: World) -> None:
    fields = {"as_user_id": [7], "eportfolio": {"name": "x"}}
    refused(world.admin().client.post("/api/v1/users/self/eportfolios", json_body=fields), 401, NOT_THEM)


def test_refused_calls_give_back_what_they_held(world: World, ada: Person) -> None:
    stored(world, ada.token, workflow_state="pending")
    for _ in range(30):
        answer = ada.client.get(SELF)
        refused(answer, 401, INVALID, challenge=True)
        assert float(answer.headers["x-rate-limit-remaining"]) > 0
    stored(world, ada.token, workflow_state="active")
    assert ada.client.get(SELF).status == 200
