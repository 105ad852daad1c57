"""How often each host was and may be asked, kept on disk, so that all processes of a site share one budget."""

import sqlite3
from dataclasses import dataclass

from germane.fetch.learning import Left, Told
from germane.fetch.policy import LONGEST_SLIDING_S, Budget, HostPolicy, share, window
from germane.fetch.retrying import Circuit
from germane.fetch.storing import Store

_POLL_S = 0.1  # how soon a place that another request holds is looked for again
_SAME_RESET_S = 2.0  # what two answers tell of one reset differs by the time they took
_CLOCK_S = 1.0  # a clock that went back by more was set


@dataclass(frozen=True, slots=True)
class Claim:
    """Leave to make one request, to be given back by `finish`."""

    id: int
    key: str


@dataclass(frozen=True, slots=True)
class Wait:
    """No request now; ask again at `until`, in seconds since 1970."""

    until: float
    why: str
    is_refusal: bool = False  # the host is in trouble: nobody should wait for it


@dataclass(frozen=True, slots=True)
class HostReport:
    """What is known of a host. Moments are seconds since 1970, None before the first."""

    key: str
    used: tuple[tuple[str, int], ...]  # ("day", 17): since the provider's midnight
    left: tuple[Left, ...]  # what the host itself said is left
    rate: Budget | None  # what the host itself said may be taken
    concurrency: int | None
    is_open: bool  # the circuit breaker's: it is not asked at all
    retry_at: float | None  # before when it is not asked
    why: str
    last_success: float | None
    last_failure: float | None
    last_error: str


class QuotaLedger:
    """The budgets of all hosts. Every method is one transaction; time is an argument."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(
        self, key: str, policy: HostPolicy, now: float, *, is_background: bool = True, lease_s: float = 60.0
    ) -> Claim | Wait:
        """Return leave for one request now, which counts at once, or until when to wait. Raises StoreError.

        The leave's place among those that ask at once is lost `lease_s` seconds later, in case its process is killed.
        """
        with self._store.transaction() as db:
            host = _host(db, key, now)
            budgets = _budgets(policy, host)
            waits = [wait for wait in _waits(db, host, policy, budgets, now, is_background) if wait.until > now]
            if waits:
                return max(waits, key=lambda wait: wait.until)
            circuit = _circuit(host).asked(now)
            db.execute("INSERT INTO start(key, at) VALUES (?, ?)", (key, now))
            db.execute("DELETE FROM start WHERE key = ? AND at < ?", (key, now - LONGEST_SLIDING_S))
            db.execute(
                "UPDATE host SET next_at = ?, probing_until = ? WHERE key = ?",
                (now + policy.pace_s, circuit.probing_until, key),
            )
            db.execute("UPDATE told SET remaining = remaining - cost WHERE key = ?", (key,))
            for per, zone in {(budget.per, budget.zone) for budget in budgets if isinstance(budget.per, str)}:
                _count(db, key, per, zone, now)
            lease = db.execute("INSERT INTO lease(key, until) VALUES (?, ?)", (key, now + lease_s)).lastrowid
        assert lease is not None
        return Claim(lease, key)

    def renew(self, claim: Claim, now: float, lease_s: float = 60.0) -> None:
        """Keep a long request's place. Raises StoreError."""
        with self._store.transaction() as db:
            db.execute("UPDATE lease SET until = ? WHERE id = ?", (now + lease_s, claim.id))

    def finish(self, claim: Claim, told: Told, now: float, *, error: str | None = "") -> None:
        """Give leave back, with what the answer told. Raises StoreError.

        `error` is the host's failure, "" if it did well, None if the request says nothing about it.
        """
        with self._store.transaction() as db:
            host = _host(db, claim.key, now)
            db.execute("DELETE FROM lease WHERE id = ?", (claim.id,))
            _learn(db, claim.key, told, now)
            _judge(db, host, error, now)

    def hold(self, key: str, until: float, why: str, now: float) -> None:
        """Let nobody ask a host before `until`. Raises StoreError."""
        with self._store.transaction() as db:
            _host(db, key, now)
            db.execute(
                "UPDATE host SET held_until = ?, held_why = ? WHERE key = ? AND held_until < ?",
                (until, why, key, until),
            )

    def blame(self, key: str, error: str, now: float) -> None:
        """Count a failure of the host's that looked like a success. Raises StoreError."""
        with self._store.transaction() as db:
            _judge(db, _host(db, key, now), error, now)

    def report(self, key: str, now: float) -> HostReport:
        """Return what is known of a host. Raises StoreError."""
        with self._store.transaction() as db:
            host = _host(db, key, now)
            used = db.execute(
                "SELECT per, zone, began, n FROM used WHERE key = ? ORDER BY per, zone", (key,)
            ).fetchall()
            told = _told(db, key, now)
        circuit = _circuit(host)
        until, why = max((host["held_until"], host["held_why"]), (circuit.wait_until(now), host["last_error"]))
        return HostReport(
            key=key,
            used=tuple(
                (row["per"], row["n"] if row["began"] >= window(row["per"], row["zone"], now)[0] else 0) for row in used
            ),
            left=tuple(
                Left(row["unit"], max(row["remaining"], 0), row["resets_at"], row["top"], row["cost"]) for row in told
            ),
            rate=Budget(host["told_limit"], host["told_per_s"]) if host["told_limit"] else None,
            concurrency=host["told_concurrency"],
            is_open=circuit.is_open(now),
            retry_at=until if until > now else None,
            why=why if until > now else "",
            last_success=host["last_success"],
            last_failure=host["last_failure"],
            last_error=host["last_error"],
        )

    def close(self) -> None:
        """Close this thread's connection."""
        self._store.close()


def _host(db: sqlite3.Connection, key: str, now: float) -> sqlite3.Row:
    """Return a host's row, made when it is new, put right when the clock was set back."""
    db.execute("INSERT OR IGNORE INTO host(key, seen_at) VALUES (?, ?)", (key, now))
    ahead = db.execute("SELECT seen_at FROM host WHERE key = ?", (key,)).fetchone()["seen_at"] - now
    if ahead > _CLOCK_S:
        _set_back(db, key, ahead, now)
    if abs(ahead) > _CLOCK_S:
        db.execute("UPDATE host SET seen_at = ? WHERE key = ?", (now, key))
    row: sqlite3.Row = db.execute("SELECT * FROM host WHERE key = ?", (key,)).fetchone()
    return row


def _set_back(db: sqlite3.Connection, key: str, seconds: float, now: float) -> None:
    """Move all moments back with the clock: what was to last a minute still lasts one, and what was used stays used."""
    db.execute(
        "UPDATE host SET next_at = next_at - ?1, held_until = held_until - ?1, open_until = open_until - ?1,"
        " probing_until = probing_until - ?1 WHERE key = ?2",
        (seconds, key),
    )
    db.execute("UPDATE start SET at = at - ? WHERE key = ?", (seconds, key))
    db.execute("UPDATE lease SET until = until - ? WHERE key = ?", (seconds, key))
    db.execute("UPDATE told SET resets_at = resets_at - ? WHERE key = ?", (seconds, key))
    for per, zone, began in db.execute("SELECT per, zone, began FROM used WHERE key = ?", (key,)).fetchall():
        current, _ = window(per, zone, now)
        if began > current:
            db.execute("UPDATE used SET began = ? WHERE key = ? AND per = ? AND zone = ?", (current, key, per, zone))


def _budgets(policy: HostPolicy, host: sqlite3.Row) -> tuple[Budget, ...]:
    told = (Budget(host["told_limit"], host["told_per_s"]),) if host["told_limit"] else ()
    return (*policy.budgets, *told)


def _waits(
    db: sqlite3.Connection,
    host: sqlite3.Row,
    policy: HostPolicy,
    budgets: tuple[Budget, ...],
    now: float,
    is_background: bool,
) -> list[Wait]:
    """Return all that speaks against a request now."""
    key, reserve = host["key"], policy.reserve if is_background else 0.0
    waits = [
        Wait(host["held_until"], host["held_why"]),
        Wait(_circuit(host).wait_until(now), host["last_error"], is_refusal=True),
        Wait(host["next_at"], "its pace"),
    ]
    for budget in budgets:
        most = share(budget.limit, reserve)
        if isinstance(budget.per, str):
            began, ends = window(budget.per, budget.zone, now)
            if _used(db, key, budget.per, budget.zone, began) >= most:
                waits.append(Wait(ends, f"its budget of {budget.limit:,} requests a {budget.per}"))
            continue
        earlier = db.execute(
            "SELECT at FROM start WHERE key = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?",
            (key, now - budget.per, most - 1),
        ).fetchone()
        if earlier:
            waits.append(Wait(earlier[0] + budget.per, f"its budget of {budget.limit:,} requests in {budget.per:g} s"))
    for row in _told(db, key, now):
        is_counted = row["unit"] == "requests"
        top = row["top"] or 0
        kept = (top - share(int(top), reserve) if is_counted and top >= 1 else top * reserve) if reserve else 0
        if row["remaining"] <= 0 or row["remaining"] - row["cost"] < kept - 1e-9:
            waits.append(Wait(row["resets_at"], f"it said that {row['remaining']:g} {row['unit']} were left"))
    at_once = min(policy.concurrency, host["told_concurrency"] or policy.concurrency)
    (n_asking,) = db.execute("SELECT count(*) FROM lease WHERE key = ? AND until > ?", (key, now)).fetchone()
    if n_asking >= at_once:
        waits.append(Wait(now + _POLL_S, f"{n_asking} requests at once"))
    return waits


def _told(db: sqlite3.Connection, key: str, now: float) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM told WHERE key = ? AND resets_at > ?", (key, now)).fetchall()


def _used(db: sqlite3.Connection, key: str, per: str, zone: str, began: float) -> int:
    row = db.execute(
        "SELECT n FROM used WHERE key = ? AND per = ? AND zone = ? AND began >= ?", (key, per, zone, began)
    ).fetchone()
    return int(row[0]) if row else 0


def _count(db: sqlite3.Connection, key: str, per: str, zone: str, now: float) -> None:
    began, _ = window("day" if per == "day" else "month", zone, now)
    n = _used(db, key, per, zone, began) + 1
    db.execute(
        "INSERT INTO used(key, per, zone, began, n) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT DO UPDATE SET began = max(?4, CASE WHEN ?5 = 1 THEN ?4 ELSE began END), n = ?5",
        (key, per, zone, began, n),
    )


def _circuit(host: sqlite3.Row) -> Circuit:
    return Circuit(host["n_failures"], host["open_until"], host["probing_until"])


def _judge(db: sqlite3.Connection, host: sqlite3.Row, error: str | None, now: float) -> None:
    if error is None:
        db.execute("UPDATE host SET probing_until = 0 WHERE key = ?", (host["key"],))
        return
    if not error:
        db.execute(
            "UPDATE host SET n_failures = 0, open_until = 0, probing_until = 0, last_success = ? WHERE key = ?",
            (now, host["key"]),
        )
        return
    circuit = _circuit(host).failed(now)
    db.execute(
        "UPDATE host SET n_failures = ?, open_until = ?, probing_until = ?, last_failure = ?, last_error = ?"
        " WHERE key = ?",
        (circuit.n_failures, circuit.open_until, circuit.probing_until, now, error, host["key"]),
    )


def _learn(db: sqlite3.Connection, key: str, told: Told, now: float) -> None:
    if told.rate:
        db.execute(
            "UPDATE host SET told_limit = ?, told_per_s = ? WHERE key = ?", (told.rate.limit, told.rate.per, key)
        )
    if told.concurrency:
        db.execute("UPDATE host SET told_concurrency = ? WHERE key = ?", (told.concurrency, key))
    for left in told.left:
        row = db.execute(
            "SELECT remaining, resets_at, cost FROM told WHERE key = ? AND unit = ?", (key, left.unit)
        ).fetchone()
        remaining = left.remaining
        if row and abs(row[1] - left.resets_at) <= _SAME_RESET_S:
            remaining = min(remaining, row[0])  # answers may come in another order than they were counted in
        cost = 1.0 if left.unit == "requests" else left.cost or (row[2] if row else 0.0)
        db.execute(
            "INSERT OR REPLACE INTO told(key, unit, remaining, top, cost, resets_at) VALUES (?, ?, ?, ?, ?, ?)",
            (key, left.unit, remaining, left.limit, cost, left.resets_at),
        )
