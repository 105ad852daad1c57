"""Homes made by the command line, for the tests of what looks at a home from outside."""

from tests.web.jobs.homes import home, made_home

__all__ = ["home", "made_home"]
