"""The site: a thin Django shell over the library."""
