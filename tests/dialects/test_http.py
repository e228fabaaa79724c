"""Requests as gateways deliver them: paths, prefixes, addresses (design 6)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app import app
from chalicelib.dialects.http import Incoming
from chalicelib.domain.errors import InvalidError
from ops.local.context import LambdaContext
from tests.factories import Person, World, signed_query

ROUTE = "/api/v1/eportfolios/{id}"


def event(**changes: Any) -> dict[str, Any]:
    context = {
        "httpMethod": "GET",
        "resourcePath": ROUTE,
        "path": "/api/v1/eportfolios/7",
        "identity": {"sourceIp": "192.0.2.7"},
        "requestId": "r-1",
    }
    made = {
        "requestContext": context | changes.pop("context", {}),
        "headers": {"Host": "api.example.org"},
        "pathParameters": {"id": "7"},
        "multiValueQueryStringParameters": None,
        "body": None,
        "isBase64Encoded": False,
        "stageVariables": None,
    }
    return made | changes


@pytest.mark.parametrize(
    ("path", "headers", "domain", "public_url", "base"),
    [
        ("/api/v1/eportfolios/7", {"Host": "h.example.org"}, "", "", "http://h.example.org"),
        ("/prod/api/v1/eportfolios/7", {"Host": "h", "X-Forwarded-Proto": "https"}, "", "", "https://h/prod"),
        ("/prod/api/v1/eportfolios/7/", {"Host": "h"}, "", "", "http://h/prod"),
        ("/a/b/api/v1/eportfolios/7", {"Host": "h"}, "", "", "http://h/a/b"),
        ("/api/v1/eportfolios/7", {}, "x.execute-api.example", "", "https://x.execute-api.example"),
        ("/api/v1/eportfolios/7", {}, "", "", "http://localhost"),
        ("/api/v1/eportfolios/7", {"Host": "h", "X-Forwarded-Port": "8443"}, "", "", "http://h:8443"),
        ("/api/v1/eportfolios/7", {"Host": "h", "X-Forwarded-Port": "80"}, "", "", "http://h"),
        ("/api/v1/eportfolios/7", {"Host": "h:81", "X-Forwarded-Port": "8443"}, "", "", "http://h:81"),
        (
            "/api/v1/eportfolios/7",
            {"Host": "h", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
            "",
            "",
            "https://h",
        ),
        ("/prod/api/v1/eportfolios/7", {"Host": "h"}, "", "https://e.example.org/base/", "https://e.example.org/base"),
    ],
)
def test_the_address_a_client_sees(path: str, headers: dict[str, str], domain: str, public_url: str, base: str) -> None:
    incoming = Incoming.of(event(headers=headers, context={"path": path, "domainName": domain}))
    assert incoming.base_url(public_url) == base
    assert incoming.inner == "/api/v1/eportfolios/7"


def test_an_event_without_anything_optional() -> None:
    incoming = Incoming.of({"requestContext": {"httpMethod": "get", "resourcePath": "/profile/portfolio"}})
    assert (incoming.method, incoming.path, incoming.body(), incoming.size_bytes()) == (
        "GET",
        "/profile/portfolio",
        b"",
        0,
    )


@pytest.mark.parametrize(
    ("body", "encoded", "size"),
    [(None, False, 0), ("", False, 0), ("ü", False, 2), (b"\xff\x00", False, 2), ("AAECAw==", True, 6)],
)
def test_sizes_are_known_without_decoding(body: Any, encoded: bool, size: int) -> None:  # noqa: FBT001
    assert Incoming.of(event(body=body, isBase64Encoded=encoded)).size_bytes() == size


def test_a_damaged_body() -> None:
    with pytest.raises(InvalidError):
        Incoming.of(event(body="@@@", isBase64Encoded=True)).body()
    whole = base64.b64encode(b"\x00\xff").decode()
    assert Incoming.of(event(body=whole, isBase64Encoded=True)).body() == b"\x00\xff"


def call(world: World, **changes: Any) -> Any:
    return app(event(**changes), LambdaContext("api_handler", 29))


def test_path_values_are_decoded_once(world: World, admin: Person, ada: Person) -> None:
    user = world.person("d%41ve/x y")
    answer = admin.client.get("/api/v1/users/sis_login_id:d%2541ve%2Fx%20y")
    assert answer.json["id"] == user.id


@pytest.mark.parametrize("prefix", ["", "/prod", "/base/v2"])
@pytest.mark.parametrize("signed", ["outer", "inner"])
def test_a_signature_holds_behind_a_stage_prefix(world: World, ada: Person, prefix: str, signed: str) -> None:
    inner = "/d2l/api/lp/1.0/users/whoami"
    path = prefix + inner if signed == "outer" else inner
    query = dict(pair.split("=") for pair in signed_query(world.id_key(ada), "GET", path, world.clock.now()).split("&"))
    answer = call(
        world,
        context={"resourcePath": "/d2l/api/{component}/{version}/users/whoami", "path": prefix + inner},
        pathParameters={"component": "lp", "version": "1.0"},
        multiValueQueryStringParameters={name: [value] for name, value in query.items()},
    )
    assert answer["statusCode"] == 200


def test_links_behind_a_stage_prefix(world: World, ada: Person) -> None:
    answer = call(
        world,
        context={"resourcePath": "/api/v1/users/{user_id}/eportfolios", "path": "/prod/api/v1/users/self/eportfolios"},
        pathParameters={"user_id": "self"},
        headers={"Host": "h.example.org", "X-Forwarded-Proto": "https", "Authorization": f"Bearer {ada.token}"},
    )
    first = "https://h.example.org/prod/api/v1/users/self/eportfolios?page=1&per_page=10"
    assert f'<{first}>; rel="first"' in answer["headers"]["Link"]


@pytest.mark.parametrize(("said", "kept"), [("abc-1", True), ("x" * 200, False), ("a b", False), ("", False)])
def test_a_request_is_named(world: World, said: str, *, kept: bool) -> None:
    answer = call(world, headers={"X-Request-Id": said})
    assert answer["headers"]["X-Request-Id"] == (said if kept else "r-1")


def test_chalices_own_errors_are_dressed(world: World) -> None:
    for route, status, word in (
        ("/api/v1/eportfolios/{id}", 404, "errors"),
        ("/d2l/api/versions", 405, "detail"),
        ("/profile/portfolio", 405, "message"),
    ):
        answer = call(world, context={"httpMethod": "TRACE", "resourcePath": route, "path": route})
        assert answer["statusCode"] == status
        assert f'"{word}"' in answer["body"]
        assert '"Code"' not in answer["body"]


def test_what_is_logged_of_a_request(world: World, ada: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    ada.client.post(
        f"/api/v1/users/self/eportfolios?access_token={ada.token}&x_c=sig-secret",
        form=[("eportfolio[name]", "body-secret")],
    )
    (record,) = [record for record in caplog.records if record.message == "request"]
    facts = vars(record)
    assert facts["route"] == "/api/v1/users/{user_id}/eportfolios"
    assert (facts["method"], facts["status"], facts["dialect"]) == ("POST", 200, "canvas")
    assert facts["user_id"] == ada.id
    for secret in (ada.token, "sig-secret", "body-secret"):
        assert secret not in str(facts)
