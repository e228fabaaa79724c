"""Whatever is sent, no answer is a 500, and every refusal has its dialect's shape (design 6)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st

from app import app
from tests.factories import Person, Response, World

TEXT = st.one_of(
    st.text(max_size=12),
    st.text("0123456789", max_size=30) | st.sampled_from(["0" * 19 + "1" + "0" * 5000, "9" * 5000]),
    st.sampled_from(["self", "sis_user_id:", "sis_login_id:x", "hex:sis_user_id:zz", "\x00", "a" * 3000, "..", "%2F"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
VARIABLE = re.compile(r"\{\w+\}")
NAMES = st.sampled_from(
    [
        "eportfolio",
        "page",
        "name",
        "public",
        "content",
        "position",
        "id",
        "title",
        "details",
        "Name",
        "Tags",
        "ObjectIds",
        "page[content][]",
        "cursor",
        "key",
        "page[content][][section_type]",
        "eportfolio[name]",
        "as_user_id",
        "include[]",
        "per_page",
        "x_a",
        "x_b",
        "x_c",
        "x_d",
        "x_t",
        "description",
        "includeFormsItems",
        "before",
        "bookmark",
        "pageSize",
        "role",
    ]
)
TYPES = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=" + "b" * 300,
        "application/zip",
        "text/plain",
        "ü/ü",
        "x",
        "",
    ]
)
SHAPED = st.dictionaries(NAMES, st.dictionaries(NAMES, JSON, max_size=3) | JSON, max_size=3)


def shaped(answer: Response, path: str) -> None:
    """Not a fault, and in the dialect's shape when refused."""
    assert answer.status < 500, (path, answer.text)
    if answer.status < 400:
        return
    kind = answer.headers["content-type"]
    if path.startswith(("/api/v1", "/accounts/")):
        assert "errors" in answer.json
    elif path.startswith(("/profile", "/accreditation")):
        assert "message" in answer.json
    elif kind.startswith("application/problem+json"):
        assert answer.json["status"] == answer.status
    else:
        assert answer.text.startswith(("Not authenticated", "invalid token", "Timestamp out of range"))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, str], bytes]:
    """A method, target, headers and body at one of the routes."""
    path = draw(st.sampled_from(sorted(app.routes)))
    filled = path.replace("{component}", "eP").replace("{version}", "2.5")
    for part in VARIABLE.findall(filled):
        filled = filled.replace(part, quote(draw(TEXT), safe="") or "x")
    query = urlencode(draw(st.lists(st.tuples(NAMES, TEXT), max_size=3)))
    kind = draw(TYPES)
    content: bytes = draw(st.binary(max_size=60) | SHAPED.map(_json) | SHAPED.map(_form) | JSON.map(_json))
    headers = {"Content-Type": kind, "Idempotency-Key": draw(st.text("ab\x7f ", max_size=5))}
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]))
    return method, f"{filled}?{query}", headers, content


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode("utf-8", "surrogatepass")


def _form(value: dict[str, Any]) -> bytes:
    return urlencode([(f"{name}[name]", str(one)) for name, one in value.items()], errors="replace").encode()


@given(request_=requests(), signed_in=st.booleans())
def test_anything_at_any_route(world: World, ada: Person, request_: Any, *, signed_in: bool) -> None:
    method, target, headers, content = request_
    client = ada.client if signed_in else world.anonymous
    answer = client.request(method, target, headers=headers, body=content)
    if method != "HEAD":
        shaped(answer, target)
    assert answer.status < 500


@given(path=st.text(max_size=30), prefix=st.sampled_from(["/api/v1/", "/d2l/", "/profile/", "/accreditation/", "/"]))
def test_anything_as_a_path(world: World, path: str, prefix: str) -> None:
    answer = world.anonymous.get(prefix + quote(path))
    assert answer.status < 500
    assert answer.text


@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_anything_as_a_credential(world: World, header: str) -> None:
    for path in ("/api/v1/users/self", "/d2l/api/lp/1.0/users/whoami", "/profile/portfolio"):
        answer = world.anonymous.get(path, headers={"Authorization": f"Bearer {header}"})
        assert answer.status in (401, 403)
        shaped(answer, path)
