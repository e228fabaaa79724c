"""HTTP in, Lambda proxy events out: as API Gateway does it."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from chalice import Chalice, CORSConfig, Response

from ops.local.gateway import Gateway, HttpRequest, RouteTable
from ops.local.server import Server, for_threads

LIMIT = 1000
PNG = b"\x89PNG\r\n\x1a\n\xff"


def unknown(path: str, method: str) -> tuple[int, dict[str, str], str]:
    return 403, {"Content-Type": "application/json", "X-Shaped": f"{method} {path}"}, '{"message":"none"}'


def too_large(path: str) -> tuple[int, dict[str, str], str]:
    return 413, {"Content-Type": "text/plain"}, f"too large for {path}"


def current(app: Chalice) -> Any:
    return app.current_request


def make_app() -> Chalice:
    app = Chalice("probe")
    app.api.binary_types += ["multipart/form-data"]
    texts = ["application/json", "application/x-www-form-urlencoded", "text/plain"]

    def echo(**_: str) -> Any:
        return current(app).to_original_event()

    app.route("/")(echo)
    app.route("/echo/{one}", methods=["GET", "POST", "DELETE"], content_types=texts)(echo)
    app.route("/echo/fixed")(lambda: {"fixed": True})
    app.route("/upload", methods=["POST"], content_types=["multipart/form-data", "application/octet-stream"])(echo)

    @app.route("/open", cors=CORSConfig(allow_origin="https://example.edu"))
    def shared() -> dict[str, str]:
        return {}

    @app.route("/picture")
    def picture() -> Response:
        return Response(PNG, headers={"Content-Type": "image/png"})

    @app.route("/cookies")
    def cookies() -> Response:
        return Response("", headers={"Set-Cookie": ["a=1", "b=2"], "Connection": "close"}, status_code=200)

    @app.route("/empty", methods=["DELETE"])
    def empty() -> Response:
        return Response("", status_code=204)

    @app.route("/huge")
    def huge() -> str:
        return "x" * (6 * 1024 * 1024 + 1)

    @app.route("/slow/{name}")
    def slow(name: str) -> dict[str, Any]:
        barrier.wait(5)
        return {"name": name, "seen": current(app).uri_params["name"]}

    return app


barrier = threading.Barrier(4)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    app = for_threads(make_app())
    running = Server(Gateway(app, unknown_route=unknown, too_large=too_large, body_limit_bytes=LIMIT), 0, quiet=True)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    yield connection
    connection.close()


def ask(
    client: http.client.HTTPConnection, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    client.request(method, path, body, headers or {})
    response = client.getresponse()
    return response, response.read()


def event_of(client: http.client.HTTPConnection, *args: Any) -> dict[str, Any]:
    response, body = ask(client, *args)
    assert response.status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def test_event_of_a_get(client: http.client.HTTPConnection, server: Server) -> None:
    event = event_of(client, "GET", "/echo/x%20y%2Fz?a=1&include[]=b&include[]=c%26&empty=", None, {"X-One": "1"})
    assert event["path"] == event["requestContext"]["path"] == "/echo/x%20y%2Fz"
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/echo/{one}"
    assert event["pathParameters"] == {"one": "x%20y%2Fz"}, "decoding is the app's, once"
    assert event["multiValueQueryStringParameters"] == {"a": ["1"], "include[]": ["b", "c&"], "empty": [""]}
    assert event["queryStringParameters"]["include[]"] == "c&"
    assert event["body"] is None
    assert event["isBase64Encoded"] is False
    assert event["headers"]["X-One"] == "1"
    assert event["headers"]["Host"] == event["requestContext"]["domainName"] == f"127.0.0.1:{server.server_port}"
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_absent_parameters_are_none(client: http.client.HTTPConnection) -> None:
    event = event_of(client, "GET", "/")
    assert event["multiValueQueryStringParameters"] is None
    assert event["queryStringParameters"] is None
    assert event["pathParameters"] is None


@pytest.mark.parametrize("path", ["/echo/fixed", "/echo/fixed/"])
def test_a_fixed_segment_wins_and_a_final_slash_is_ignored(client: http.client.HTTPConnection, path: str) -> None:
    assert ask(client, "GET", path)[1] == b'{"fixed":true}'


def test_text_bodies_are_text(client: http.client.HTTPConnection) -> None:
    event = event_of(
        client, "POST", "/echo/1", "name=Zoë".encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert event["body"] == "name=Zoë"


def test_binary_bodies_are_encoded_whatever_the_boundary(client: http.client.HTTPConnection) -> None:
    event = event_of(client, "POST", "/upload", PNG, {"Content-Type": "Multipart/Form-Data; boundary=x"})
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == PNG


def test_no_body_with_a_length_of_zero(client: http.client.HTTPConnection) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "0"}
    assert event_of(client, "POST", "/echo/1", None, headers)["body"] is None


def test_chunked_bodies_are_read(client: http.client.HTTPConnection) -> None:
    headers = {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"}
    client.request("POST", "/echo/1", iter([b"one ", b"two"]), headers, encode_chunked=True)
    assert json.loads(client.getresponse().read())["body"] == "one two"
    assert event_of(client, "GET", "/echo/after")["pathParameters"] == {"one": "after"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("PUT", "/echo/1"), ("GET", "/echo//"), ("HEAD", "/"), ("OPTIONS", "/"), ("GET", "/echo")],
)
def test_what_the_app_does_not_define_never_reaches_it(
    client: http.client.HTTPConnection, method: str, path: str
) -> None:
    response, body = ask(client, method, path)
    assert response.status == 403
    assert response.headers["X-Shaped"] == f"{method} {path}"
    assert body == (b"" if method == "HEAD" else b'{"message":"none"}')


def test_a_body_over_the_limit_is_refused_and_the_refusal_readable(client: http.client.HTTPConnection) -> None:
    response, body = ask(client, "POST", "/upload", b"x" * 3_000_000, {"Content-Type": "application/octet-stream"})
    assert response.status == 413
    assert body == b"too large for /upload"


def test_a_body_at_the_limit_passes(client: http.client.HTTPConnection) -> None:
    body = b"x" * LIMIT
    assert event_of(client, "POST", "/upload", body, {"Content-Type": "application/octet-stream"})["body"]


def test_preflight_of_a_route_that_declares_cors(client: http.client.HTTPConnection) -> None:
    response, _ = ask(client, "OPTIONS", "/open")
    assert response.status == 200
    assert response.headers["Access-Control-Allow-Origin"] == "https://example.edu"
    assert response.headers["Access-Control-Allow-Methods"] == "GET,OPTIONS"


def test_binary_answers_are_decoded_for_who_accepts_them(client: http.client.HTTPConnection) -> None:
    response, body = ask(client, "GET", "/picture", None, {"Accept": "image/png"})
    assert (response.status, body) == (200, PNG)


def test_several_cookies_and_no_hop_headers(client: http.client.HTTPConnection) -> None:
    response, _ = ask(client, "GET", "/cookies")
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.headers["Connection"] is None


def test_no_content_has_no_length(client: http.client.HTTPConnection) -> None:
    response, body = ask(client, "DELETE", "/empty")
    assert (response.status, body, response.headers["Content-Length"]) == (204, b"", None)
    assert ask(client, "GET", "/echo/fixed")[0].status == 200, "the connection goes on"


def test_an_answer_over_the_limit_of_lambda(client: http.client.HTTPConnection) -> None:
    assert ask(client, "GET", "/huge")[0].status == 502


def test_an_app_that_fails_outside_its_handlers() -> None:
    class Broken:
        routes = {"/": {"GET": None}}  # noqa: RUF012 - what Chalice has
        api = Chalice("x").api

        def __call__(self, event: Any, context: Any) -> Any:
            raise RuntimeError

    gateway = Gateway(Broken(), unknown_route=unknown, too_large=too_large, body_limit_bytes=LIMIT)
    response = gateway.handle(HttpRequest("GET", "/", ()))
    assert (response.status, json.loads(response.body)) == (502, {"message": "Internal server error"})


def test_threads_keep_their_requests_apart(server: Server) -> None:
    answers: dict[str, Any] = {}

    def call(name: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        answers[name] = event_of(connection, "GET", f"/slow/{name}")
        connection.close()

    threads = [threading.Thread(target=call, args=(f"n{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == {f"n{number}": {"name": f"n{number}", "seen": f"n{number}"} for number in range(4)}


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_framing_nobody_can_read(server: Server, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(raw)
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_variables_of_other_branches_do_not_leak() -> None:
    table = RouteTable(["/a/{x}/b", "/a/{x}/c/{y}"])
    match = table.match("/a/1/c/2")
    assert match is not None
    assert (match.route, match.values) == ("/a/{x}/c/{y}", {"x": "1", "y": "2"})
    assert table.match("/a/1/d") is None
