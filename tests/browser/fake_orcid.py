"""A site that stands for ORCID: it signs in whoever comes, and changes the code for an iD, as ORCID's own does.

https://info.orcid.org/documentation/api-tutorials/api-tutorial-get-and-authenticated-orcid-id/
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID, SECRET = "APP-TEST", "orcid-secret"
ORCID = "0000-0002-1825-0097"
OTHER = "0000-0001-5109-3700"
_CODES = {"Q70Y3A": ORCID, "B81Z4C": OTHER}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if urlsplit(self.path).path != "/oauth/authorize" or asked.get("client_id") != CLIENT_ID:
            self.send_error(400)
            return
        assert asked["scope"] == "/authenticate"
        answers = {f"I am {orcid}": {"code": code} for code, orcid in _CODES.items()} | {
            "Deny": {"error": "access_denied"}
        }
        links = [
            f'<a href="{asked["redirect_uri"]}?{urlencode(answer | {"state": asked["state"]})}">{label}</a>'
            for label, answer in answers.items()
        ]
        self._answer("text/html", f"<title>ORCID</title>{' '.join(links)}")

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {name: values[0] for name, values in body.items()}
        orcid = _CODES.get(given.get("code", ""))
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, SECRET) or not orcid:
            self.send_error(401)
            return
        answer = {
            "access_token": "f5af9f51",
            "token_type": "bearer",
            "refresh_token": "1725f66a",
            "expires_in": 631138518,
            "scope": "/authenticate",
            "name": "Sofia Garcia",
            "orcid": orcid,
        }
        self._answer("application/json", json.dumps(answer))

    def _answer(self, content_type: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serve_orcid() -> Iterator[str]:
    """Serve it, and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
