"""Who calls (brightspace 1.2, 1.3): every row of the contract's tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.idkey import IdKey, SignedCall, sign
from tests.factories import Person, World, signed_query

WHOAMI = "/d2l/api/lp/1.0/users/whoami"
HTML = "text/html; charset=utf-8"
PROBLEM = "application/problem+json"


@pytest.fixture
def key(world: World, ada: Person) -> IdKey:
    return world.id_key(ada)


@pytest.mark.parametrize(
    ("method", "path", "key", "signature"),
    [
        (
            "GET",
            "/d2l/api/eP/2.5/export/501/status",
            "app-key-01",
            "HErIPX6hJzmN_CLgPHIPwNFU0aZxigGA-6aoF6sMC3E",
        ),
        (
            "GET",
            "/d2l/api/eP/2.5/export/501/status",
            "user-key-77",
            "A8pXMDBpGBc9vX2YH0YruP8AREEcaXwi8e7cQt336x4",
        ),
        (
            "POST",
            "/d2l/api/eP/2.5/import/newwithdetails",
            "app-key-01",
            "MvQitTpl3zvuR8arKpTGvFPr33QEStKjOLEaNCMgQ5s",
        ),
        (
            "POST",
            "/d2l/api/eP/2.5/import/newwithdetails",
            "user-key-77",
            "hP4Xlr6sD3q4NVSbvagsu77sGmXUpHj772aCDjRLeAA",
        ),
    ],
)
def test_the_contracts_check_vectors(method: str, path: str, key: str, signature: str) -> None:
    assert sign(key, SignedCall(method=method, path=path, x_t="1700000000")) == signature


def test_a_signed_call_is_its_users(world: World, ada: Person, key: IdKey) -> None:
    query = signed_query(key, "GET", WHOAMI, world.clock.now())
    answer = world.anonymous.get(f"{WHOAMI}?{query}")
    assert (answer.status, answer.json["Identifier"]) == (200, str(ada.id))
    assert world.anonymous.get(f"{WHOAMI}?{query}").status == 200, "the same URL may be used again"


def test_own_parameters_mix_freely_with_the_signature(world: World, key: IdKey) -> None:
    query = signed_query(key, "GET", WHOAMI, world.clock.now())
    assert world.anonymous.get(f"{WHOAMI}?b=2&{query}&a=%20").status == 200


@pytest.mark.parametrize(
    "path", [WHOAMI, f"{WHOAMI}/", "/d2l/api/LP/1.0/users/whoami", "/d2l/api/lp/1.47/users/whoami"]
)
def test_the_signed_path_is_the_one_sent(world: World, key: IdKey, path: str) -> None:
    query = signed_query(key, "GET", path, world.clock.now())
    assert world.anonymous.get(f"{path}?{query}").status == 200


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("x_a", "nobody"),
        ("x_a", ""),
        ("x_c", "wrong"),
        ("x_c", ""),
        ("x_d", "wrong"),
        ("x_b", "unknown"),
        ("x_b", ""),
        ("x_d", ""),
        ("x_t", ""),
        ("x_t", "soon"),
        ("x_t", "-5"),
        ("x_a", "a" * 5000),
        ("x_b", "b" * 5000),
        ("x_c", "ü"),
    ],
)
def test_a_wrong_part_is_an_invalid_token(world: World, key: IdKey, wrong: str, value: str) -> None:
    query = signed_query(key, "GET", WHOAMI, world.clock.now(), **{wrong: value})
    answer = world.anonymous.get(f"{WHOAMI}?{query}")
    assert (answer.status, answer.headers["content-type"], answer.text) == (403, HTML, "invalid token")


def test_a_signature_for_another_method_is_an_invalid_token(world: World, key: IdKey) -> None:
    query = signed_query(key, "POST", WHOAMI, world.clock.now())
    assert world.anonymous.get(f"{WHOAMI}?{query}").text == "invalid token"


@pytest.mark.parametrize(("skew_s", "status"), [(-301, 403), (-299, 200), (299, 200), (302, 403), (600, 403)])
def test_the_time_window(world: World, key: IdKey, skew_s: int, status: int) -> None:
    at = world.clock.now() + timedelta(seconds=skew_s)
    assert world.anonymous.get(f"{WHOAMI}?{signed_query(key, 'GET', WHOAMI, at)}").status == status


@pytest.mark.parametrize("changes", [{}, {"x_c": "wrong"}, {"x_a": "nobody"}, {"x_d": "wrong"}])
def test_a_slow_clock_is_told_the_time_first(world: World, key: IdKey, changes: dict[str, str]) -> None:
    world.clock.to_second(10)
    query = signed_query(key, "GET", WHOAMI, datetime(2020, 1, 1, tzinfo=UTC), **changes)
    answer = world.anonymous.get(f"{WHOAMI}?{query}")
    now = int(world.clock.moment.timestamp())
    assert (answer.status, answer.headers["content-type"]) == (403, HTML)
    assert answer.text == f"Timestamp out of range\n{now}"
    assert len(answer.text) == 33


def test_no_credentials_on_a_protected_route(world: World) -> None:
    answer = world.anonymous.get(WHOAMI)
    assert (answer.status, answer.headers["content-type"], answer.text) == (403, HTML, "Not authenticated")


@pytest.mark.parametrize("empty", [True, False])
def test_an_anonymous_signature_opens_the_version_routes_only(world: World, key: IdKey, *, empty: bool) -> None:
    def anonymous(path: str) -> str:
        query = signed_query(key, "GET", path, world.clock.now(), x_b="", x_d="")
        return f"{path}?{query}" + ("&x_b=&x_d=" if empty else "")

    assert world.anonymous.get(anonymous("/d2l/api/versions/")).status == 200
    answer = world.anonymous.get(anonymous(WHOAMI))
    assert (answer.status, answer.text) == (403, "Not authenticated")


def test_a_bad_signature_is_refused_even_where_none_is_needed(world: World, key: IdKey) -> None:
    query = signed_query(key, "GET", "/d2l/api/versions/", world.clock.now(), x_c="wrong")
    assert world.anonymous.get(f"/d2l/api/versions/?{query}").text == "invalid token"


def test_a_bearer_token_is_its_users(ada: Person) -> None:
    assert ada.client.get(WHOAMI).json["Identifier"] == str(ada.id)


def test_the_bearer_header_wins_over_a_signature(world: World, ada: Person, bo: Person) -> None:
    query = signed_query(world.id_key(bo), "GET", WHOAMI, world.clock.now(), x_c="wrong")
    assert ada.client.get(f"{WHOAMI}?{query}").json["Identifier"] == str(ada.id)


def _unknown(world: World, ada: Person) -> str:
    return "Bearer nobody"


def _empty(world: World, ada: Person) -> str:
    return "Bearer"


def _malformed(world: World, ada: Person) -> str:
    return "bearer a b c"


def _expired(world: World, ada: Person) -> str:
    return "Bearer " + world.token(ada.user, expires_at=world.clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize("header", [_unknown, _empty, _malformed, _expired])
def test_a_bearer_token_that_proves_nothing(world: World, ada: Person, header: Callable[[World, Person], str]) -> None:
    answer = world.anonymous.get(WHOAMI, headers={"Authorization": header(world, ada)})
    assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json) == {"type", "status", "title", "detail", "instance"}


@pytest.mark.parametrize(
    ("scopes", "whoami", "export"),
    [
        ((), 200, 200),
        (("core:*:*",), 200, 200),
        (("*:*:*",), 200, 200),
        (("users:own_profile:read",), 200, 403),
        (("users:*:*",), 200, 403),
        (("core:ep:read",), 403, 403),
        (("core:*",), 403, 403),
        (("url:GET|/api/v1/eportfolios/:id",), 403, 403),
        (("data:a:b", "core:*:*"), 200, 200),
    ],
)
def test_scopes(world: World, ada: Person, scopes: tuple[str, ...], whoami: int, export: int) -> None:
    world.portfolio(ada)
    client = world.client(world.token(ada.user, *scopes))
    answer = client.get(WHOAMI)
    assert answer.status == whoami
    if whoami == 403:
        assert answer.headers["content-type"] == PROBLEM
        assert "www-authenticate" not in answer.headers
    assert client.post("/d2l/api/eP/2.5/export/new/all").status == export
    assert client.get("/d2l/api/versions/").status == 200


def test_any_other_authorization_is_none(world: World, ada: Person) -> None:
    answer = world.anonymous.get(WHOAMI, headers={"Authorization": "Basic YTpi"})
    assert (answer.status, answer.text) == (403, "Not authenticated")


def test_whoami(world: World) -> None:
    someone = world.person("Zoë", first_name="Zoë", last_name="Ünal", pronouns="they/them")
    answer = someone.client.get(WHOAMI)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert list(answer.json) == [
        "Identifier",
        "FirstName",
        "LastName",
        "UniqueName",
        "ProfileIdentifier",
        "Pronouns",
    ]
    assert answer.json["Identifier"] == str(someone.id)
    assert answer.json["FirstName"] == "Zoë"
    assert answer.json["Pronouns"] == "they/them"
    assert world.person().client.get(WHOAMI).json["Pronouns"] is None
