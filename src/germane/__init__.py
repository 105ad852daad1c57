"""Turn article metadata into dashboard pages. All but `germane.web` is a library without a web framework."""

__version__ = "0.1.0"
