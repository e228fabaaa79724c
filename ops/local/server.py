"""An HTTP/1.1 server on the loopback interface in front of the gateway."""

from __future__ import annotations

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chalice.local import LocalChalice

from ops.local.gateway import Gateway, HttpRequest, HttpResponse, message

DRAIN_LIMIT_BYTES = 256 * 1024 * 1024
"""How much of a refused body is read away, so that its sender reads the refusal rather than a broken connection."""
_CHUNK = 64 * 1024


class TooLongError(Exception):
    """The body is larger than the gateway takes."""


class MalformedError(Exception):
    """The request's framing cannot be read."""


def for_threads(app: Any) -> Any:
    """The same Chalice app, keeping the current request apart for each thread (`chalice local` does the same)."""
    app.__class__ = type("ThreadedApp", (LocalChalice, type(app)), {})
    return app


class Handler(BaseHTTPRequestHandler):
    """Reads one request after another off a connection."""

    protocol_version = "HTTP/1.1"
    server_version = "folioport"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: Server

    def handle_any(self) -> None:
        """Answer a request of any method."""
        started = time.perf_counter()
        try:
            body = self._read_body()
        except TooLongError:
            response = self.server.gateway.too_large(self.path)
        except MalformedError:
            self.close_connection = True
            response = message(400, "Bad Request")
        else:
            headers = tuple((str(name), str(value)) for name, value in self.headers.items())
            request = HttpRequest(self.command, self.path, headers, body, str(self.client_address[0]))
            response = self.server.gateway.handle(request)
        self._send(response)
        path = self.path.partition("?")[0]
        self.server.say(f"{self.command} {path} {response.status} {1000 * (time.perf_counter() - started):.0f} ms")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815 - http.server's

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._read_chunks()
        text = self.headers.get("content-length", "0").strip()
        if not text.isdigit():
            raise MalformedError
        size = int(text)
        if size > self.server.gateway.body_limit_bytes:
            self._drain(size)
            raise TooLongError
        body = self.rfile.read(size)
        if len(body) < size:
            raise MalformedError
        return body

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            try:
                size = int(self.rfile.readline(_CHUNK).partition(b";")[0], 16)
            except ValueError:
                raise MalformedError from None
            if size == 0:
                while self.rfile.readline(_CHUNK).strip():
                    pass
                return bytes(body)
            if len(body) + size > self.server.gateway.body_limit_bytes:
                self.close_connection = True
                raise TooLongError
            body += self.rfile.read(size)
            self.rfile.readline(_CHUNK)

    def _drain(self, size: int) -> None:
        self.close_connection = True
        left = min(size, DRAIN_LIMIT_BYTES)
        while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK))):
            left -= len(chunk)

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status not in {204, 304}:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `handle_any` says a line per request."""


class Server(ThreadingHTTPServer):
    """The server; `start` returns at once.

    Parameters
    ----------
    gateway
        Answers the requests.
    port
        0 chooses a free one.
    quiet
        Say nothing about requests.

    Raises
    ------
    OSError
        The port is taken.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, gateway: Gateway, port: int, *, quiet: bool = False) -> None:
        self.gateway = gateway
        self._quiet = quiet
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where clients find the service."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serve in a thread until `stop`."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Take no more requests; those under way may end."""
        self.shutdown()
        self.server_close()

    def say(self, line: str) -> None:
        """Tell the person at the console."""
        if not self._quiet:
            print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that went away; let the base class report the rest."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)
