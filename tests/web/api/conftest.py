"""The same corpus as the pages' tests."""

from tests.web.pages.conftest import client, corpus

__all__ = ["client", "corpus"]
