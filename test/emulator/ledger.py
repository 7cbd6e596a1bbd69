"""What was done, in order: the memory that tests ask.

An *effect* is something the provider now owes or bills or has destroyed (a
job, a file, a chat answer, a deployment). A *request* is only what arrived:
the last few thousand are kept, their secrets replaced by whether there was
one. Bills are effects too, of kind "bill", with tokens and dollars.
"""

from collections import Counter, deque

REQUESTS_KEPT = 20000
SECRET_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key",
                  "x-amz-security-token", "cookie")


class Ledger:
    """All effects, the recent requests, and their counts."""

    def __init__(self, clock):
        self._clock = clock
        self.clear()

    def clear(self):
        self.effects = []
        self.totals = {}
        self.requests = deque(maxlen=REQUESTS_KEPT)
        self.request_totals = Counter()
        self.request_count = 0

    def add(self, request, kind, ident, dialect=None, **facts):
        """Write down one effect. `request` is None for what the provider does
        by itself."""
        if request is not None:
            dialect = request.dialect.name
            facts.update(
                key=request.key[-4:] if request.key else None,
                account=request.account.name if request.account else None,
                method=request.method, path=request.path,
                fault=request.plan.rule.number if request.plan else None)
        entry = {"seq": len(self.effects) + 1,
                 "at": round(self._clock.now(), 6), "dialect": dialect,
                 "kind": kind, "id": ident}
        entry.update(facts)
        self.effects.append(entry)
        self.totals.setdefault(dialect, Counter())[kind] += 1
        return entry

    def report(self, dialect=None, kind=None, since=0):
        """Effects and totals, all or of one dialect and kind."""
        totals = Counter()
        for name, counts in self.totals.items():
            if dialect in (None, name):
                totals.update(counts)
        effects = [entry for entry in self.effects[since:]
                   if dialect in (None, entry["dialect"])
                   and kind in (None, entry["kind"])]
        return {"totals": dict(totals), "effects": effects,
                "duplicates": repeated_tokens(effects)}

    def saw(self, request, response):
        """Remember an arrived request; called once its answer is known, with
        None when the connection was ended instead."""
        self.request_count += 1
        name = request.dialect.name if request.dialect else None
        self.request_totals[(name, request.operation)] += 1
        self.requests.append((
            self.request_count, self._clock.now(), name, request.operation,
            request.connection.listener, request.method, request.target,
            request.headers, request.received,
            response.status if response is not None else None,
            request.connection.served,
            request.plan.rule.number if request.plan else None))

    def recent(self, limit=200, listener=None, operation=None):
        """The newest requests last, secrets masked."""
        chosen = [row for row in self.requests
                  if listener in (None, row[4])
                  and operation in (None, row[3])]
        totals = {}
        for (dialect, name), count in self.request_totals.items():
            totals.setdefault(dialect or "none", {})[name or "none"] = count
        return {"count": self.request_count, "totals": totals,
                "requests": [describe(row) for row in chosen[-limit:]]}


def repeated_tokens(effects):
    """Client tokens under which more than one job was created."""
    counts = Counter(entry.get("token") for entry in effects
                     if entry["kind"] == "job.create")
    return {token: count for token, count in counts.items()
            if token and count > 1}


def describe(row):
    (seq, at, dialect, operation, listener, method, target, headers, received,
     status, served, fault) = row
    masked = {name: "(masked)" if name in SECRET_HEADERS else value
              for name, value in headers.items()}
    return {"seq": seq, "at": round(at, 6), "dialect": dialect,
            "operation": operation, "listener": listener, "method": method,
            "target": target, "headers": masked,
            "bearer": "authorization" in headers, "bytes": received,
            "status": status, "reused": served > 0, "fault": fault}
