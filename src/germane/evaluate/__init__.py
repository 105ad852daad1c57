"""The public test collections, the metrics and the report."""
