"""nginx as a peer: the same bytes as static, precompressed files. One worker, no log."""

import gzip
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.client import fetch
from benchmarks.serving import free_port

_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ }}
http {{
  access_log off; gzip_static on; types {{ text/html html; }} keepalive_requests 1000000;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


def nginx_of() -> str | None:
    """Return the program, or None where it is not installed."""
    return shutil.which("nginx") or next((p for p in ("/usr/sbin/nginx",) if Path(p).exists()), None)


@contextmanager
def serve_static(program: str, folder: Path, bodies: Sequence[bytes]) -> Iterator[tuple[int, int, list[str]]]:
    """Serve some pages; give the port, the process and the paths. Bodies may be compressed already."""
    root, port = folder / "www", free_port()
    root.mkdir(parents=True)
    for i, body in enumerate(bodies):
        is_packed = body[:2] == b"\x1f\x8b"
        (root / f"{i}.html").write_bytes(gzip.decompress(body) if is_packed else body)
        (root / f"{i}.html.gz").write_bytes(body if is_packed else gzip.compress(body))
    folder.chmod(0o755)
    user = "user root;" if folder.stat().st_uid == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, user=user))
    process = subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port, process.pid, [f"/{i}.html" for i in range(len(bodies))]
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            fetch(port, "/0.html")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nginx does not answer on port {port}")
