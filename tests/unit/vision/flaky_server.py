"""A local server that cuts off, lies and stalls, play after play."""

import hashlib
import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

from sightline.vision.download import Patience

BODY = Random(5).randbytes(300_000)
LENGTH = len(BODY)
SHA = hashlib.sha256(BODY).hexdigest()


class Server:
    """Answers each request by the next of its plays, the last one for ever; notes what was asked."""

    def __init__(self) -> None:
        self.plays: list[Callable[[BaseHTTPRequestHandler], None]] = [whole]
        self.asked: list[str | None] = []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            body = BODY
            server_of_tests = outer

            def do_GET(self) -> None:
                outer.asked.append(self.headers.get("Range"))
                play = outer.plays.pop(0) if len(outer.plays) > 1 else outer.plays[0]
                play(self)
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/model.onnx"

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def start_of(request) -> int:
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    return int(asked[1]) if asked else 0


def send(request, body, *, code=200, length=None, **headers):
    request.send_response(code)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def whole(request):
    start = start_of(request)
    if start >= len(BODY):
        send(request, b"", code=416)
    elif start:
        span = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
        send(request, BODY[start:], code=206, Content_Range=span)
    else:
        send(request, BODY)


def cut_off(request):
    rest = BODY[start_of(request) :]
    code = 206 if start_of(request) else 200
    span = f"bytes {start_of(request)}-{len(BODY) - 1}/{len(BODY)}"
    send(request, rest[: len(rest) // 2], code=code, length=len(rest), Content_Range=span)


def ignores_range(request):
    send(request, BODY)


def wrong_range(request):
    send(request, BODY[5:], code=206, Content_Range=f"bytes 5-{len(BODY) - 1}/{len(BODY)}")


def lies(request):
    send(request, BODY[:-1] + b"?")


def other_length(request):
    send(request, BODY[:1000])


def no_length_and_no_end(request):
    request.send_response(200)
    request.end_headers()
    request.wfile.write(BODY + BODY)


def stalls(request):
    request.send_response(200)
    request.send_header("Content-Length", str(len(BODY)))
    request.end_headers()
    request.wfile.write(BODY[:1000])
    request.wfile.flush()
    request.server_of_tests.released.wait(5)


def hangs_up(request):
    request.connection.shutdown(socket.SHUT_RDWR)


def answers(code):
    return lambda request: send(request, b"", code=code)


def moves_to(address):
    return lambda request: send(request, b"", code=302, Location=address)


PATIENCE = Patience(attempts=4, read_timeout_s=0.05)
