"""Turn article metadata into dashboard pages: a library that has never heard of a web framework (the site is `germane.web`)."""

__version__ = "0.1.0"
