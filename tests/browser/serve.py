"""Serve the invented corpus: `python -m tests.browser.serve PORT`, with GERMANE_HOME set."""

import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "germane.web.settings")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def main(port: int) -> None:
    from django.conf import settings

    from germane.evaluate.results import FILE, write_result
    from germane.web.jobs.preparing import prepare_home
    from germane.web.wsgi import application

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes a second each
    prepare_home()
    from germane.web.jobs.stages import index_articles
    from tests.web.pages.corpus import make_corpus
    from tests.web.pages.evaluated import RESULT

    write_result(RESULT, settings.ENVIRONMENT.home / FILE)
    make_corpus()
    index_articles(lambda *_: None)
    make_server("127.0.0.1", port, application, _Server, _Quiet).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
