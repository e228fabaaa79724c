"""Bodies and bracketed fields (canvas-a 1.1, brightspace 5.1)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.dialects import body
from chalicelib.dialects.http import Incoming
from chalicelib.dialects.nesting import COUNT_LIMIT, nest
from chalicelib.domain.errors import InvalidError


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("a[b]", "v")], {"a": {"b": "v"}}),
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[b][]", "1"), ("a[b][]", "2"), ("a[c]", "3")], {"a": {"b": ["1", "2"], "c": "3"}}),
        (
            [("a[][b]", "1"), ("a[][c]", "2"), ("a[][b]", "3"), ("a[][c]", "4")],
            {"a": [{"b": "1", "c": "2"}, {"b": "3", "c": "4"}]},
        ),
        ([("a[][b][c]", "1"), ("a[][b][c]", "2")], {"a": [{"b": {"c": "1"}}, {"b": {"c": "2"}}]}),
        ([("a[][b][]", "1"), ("a[][b][]", "2")], {"a": [{"b": ["1", "2"]}]}),
        ([("a[0][b]", "1"), ("a[1][b]", "2")], {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        ([("a[", "1")], {"a[": "1"}),
        ([("a[b", "1")], {"a": {"[b": "1"}}),
        ([("a]", "1")], {"a]": "1"}),
        ([("[a]", "1")], {"[a]": "1"}),
        ([("", "1")], {}),
        ([], {}),
    ],
)
def test_names_nest_as_in_rails(pairs: list[tuple[str, str]], found: dict[str, Any]) -> None:
    assert nest(pairs) == found


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "1"), ("a[b]", "2")],
        [("a[]", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a[]", "2")],
        [("a[b]", "1"), ("a[][c]", "2")],
        [("a" + "[b]" * 50, "1")],
        [("a" + "[]" * 50, "1")],
        [("a", "1")] * (COUNT_LIMIT + 1),
    ],
)
def test_what_does_not_nest_is_invalid(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidError):
        nest(pairs)


@given(st.lists(st.tuples(st.text("ab[]", max_size=12), st.just("v")), max_size=8))
def test_any_names_nest_or_are_invalid(pairs: list[tuple[str, str]]) -> None:
    with contextlib.suppress(InvalidError):
        assert isinstance(nest(pairs), dict)


def incoming(content: bytes, kind: str) -> Incoming:
    return Incoming(
        method="POST",
        route="/x",
        path="/x",
        inner="/x",
        values={},
        query={},
        headers={"content-type": kind},
        raw_body=content,
    )


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=300))
def test_a_file_comes_through_byte_by_byte(before: bytes, content: bytes) -> None:
    raw = (
        b'--b0undary\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + before + b"\r\n--b0undary\r\n"
        b'Content-Disposition: form-data; name="file"; filename="\xc3\xbc.bin"\r\nContent-Type: X/Y; z=1\r\n\r\n'
        + content
        + b"\r\n--b0undary--"
    )
    first, second = body.read_multipart(incoming(raw, 'multipart/form-data; boundary="b0undary"'))
    assert (first.name, first.content, first.file_name) == ("a", before, None)
    assert (second.name, second.content, second.file_name) == ("file", content, "ü.bin")
    assert second.media_type == "x/y"


@given(st.binary(max_size=400), st.sampled_from(["multipart/form-data; boundary=b", "multipart/mixed;boundary=-"]))
def test_any_bytes_are_parts_or_invalid(content: bytes, kind: str) -> None:
    for raw in (content, b"--b\r\n" + content, b"--b\r\nContent-Disposition: form-data" + content + b"\r\n--b--"):
        with contextlib.suppress(InvalidError):
            body.read_multipart(incoming(raw, kind))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_json_or_invalid(content: bytes, charset: str) -> None:
    with contextlib.suppress(InvalidError):
        body.read_json(incoming(content, f"application/json; charset={charset}"))


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        (b"a=%C3%BC+b&a=", "", [("a", "ü b"), ("a", "")]),
        (b"a=%FC", "; charset=ISO-8859-1", [("a", "ü")]),
        (b"a=%FF", "; charset=no-such", [("a", "\ufffd")]),
        (b"a=%FF", "; charset=base64", [("a", "\ufffd")]),
        (b"a;b=1", "", [("a;b", "1")]),
    ],
)
def test_forms(content: bytes, kind: str, found: list[tuple[str, str]]) -> None:
    assert body.read_form(incoming(content, body.FORM + kind)) == found


def test_too_many_parts() -> None:
    raw = b"".join(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(body.PART_LIMIT + 1))
    with pytest.raises(InvalidError):
        body.read_multipart(incoming(raw + b"--b--", "multipart/form-data; boundary=b"))
