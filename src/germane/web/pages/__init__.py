"""What a person reads: one module a page, over `germane.web.catalog.queries`."""
