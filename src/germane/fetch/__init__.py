"""Everything that goes out to the Internet goes through here: politely, within budgets, to public addresses only.

    client = Client(folder, contact="library@example.org")
    client.use("api.crossref.org", HostPolicy(concurrency=3, budgets=(Budget(10, 1),)))
    answer = client.get("https://api.crossref.org/works/10.5555/12345678")

What goes out, and what is refused, is told to operators in `docs/fetching.md`.
"""

from germane.fetch.answer import Answer, FetchError, Kind, Priority
from germane.fetch.client import Client
from germane.fetch.policy import Budget, HostPolicy
from germane.fetch.quota import HostReport

__all__ = [
    "Answer",
    "Budget",
    "Client",
    "FetchError",
    "HostPolicy",
    "HostReport",
    "Kind",
    "Priority",
]
