"""All writes of the readers' tables. Every function is told whose row it is, and touches nobody else's.

Each is one short transaction, says what happened, and may be called twice with the same end.
"""
