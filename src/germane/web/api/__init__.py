"""The same addresses for programs: exports, feeds, JSON."""
