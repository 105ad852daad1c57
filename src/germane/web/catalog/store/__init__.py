"""All writes of the catalog.

`articles` and `items` keep what was read (`incoming` is what can be known of a record before), `derived` what was made
of it (`keyphrases` the keyphrases, `references` who cites whom), `ledger` how an import goes.

Every function runs inside the caller's transaction, and takes the time as an argument. Only `references.list_citations`
has transactions of its own.
"""
