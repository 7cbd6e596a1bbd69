"""The control endpoint, `/_control/…`: how a test tells the emulator what to
do and asks what was done. JSON in, JSON out, no authentication: the emulator
listens on loopback only. docs/emulator.md lists it for users."""

import base64
import hashlib
import hmac
import json

from wire import Response


class Refused(Exception):
    """The control request makes no sense; the text says why."""


class Control:
    """Routes by method and first segment after /_control/."""

    def __init__(self, world):
        self.world = world
        self._routes = {
            ("GET", "ping"): self.ping,
            ("POST", "faults"): self.add_fault,
            ("GET", "faults"): self.list_faults,
            ("DELETE", "faults"): self.clear_faults,
            ("GET", "ledger"): self.ledger,
            ("GET", "requests"): self.requests,
            ("GET", "jobs"): self.list_jobs,
            ("POST", "jobs"): self.force_job,
            ("GET", "deployments"): self.list_deployments,
            ("POST", "files"): self.force_file,
            ("POST", "clock"): self.set_clock,
            ("GET", "clock"): self.get_clock,
            ("POST", "settings"): self.set_settings,
            ("GET", "settings"): self.get_settings,
            ("POST", "keys"): self.change_keys,
            ("POST", "webhook"): self.webhook,
            ("POST", "reset"): self.reset,
        }

    async def handle(self, request):
        parts = [part for part in request.segments if part][1:]
        handler = self._routes.get((request.method, parts[0]
                                    if parts else ""))
        if handler is None:
            return Response.json({"error": "no such control: %s %s" % (
                request.method, request.path)}, 404)
        try:
            body = await request.body()
            wish = json.loads(body) if body else {}
            answer = handler(request, parts[1:], wish)
        except (Refused, ValueError, KeyError, TypeError) as error:
            return Response.json({"error": "%s: %s" % (
                type(error).__name__, error)}, 400)
        return Response.json(answer)

    # -------------------------------------------------------------- faults

    def ping(self, request, parts, wish):
        return {"ok": True, "now": self.world.clock.now()}

    def add_fault(self, request, parts, wish):
        unknown = set(wish) - {"match", "action", "seed"}
        if unknown:
            raise Refused("unknown words: " + ", ".join(sorted(unknown)))
        return self.world.faults.add(wish.get("match"), wish.get("action"),
                                     wish.get("seed")).describe()

    def list_faults(self, request, parts, wish):
        return {"faults": [rule.describe()
                           for rule in self.world.faults.rules]}

    def clear_faults(self, request, parts, wish):
        self.world.faults.clear(int(parts[0]) if parts else None)
        return self.list_faults(request, parts, wish)

    # -------------------------------------------------------------- memory

    def ledger(self, request, parts, wish):
        query = request.query
        report = self.world.ledger.report(
            query.get("dialect"), query.get("kind"),
            int(query.get("since", 0)))
        if query.get("effects") == "no":
            del report["effects"]
        return report

    def requests(self, request, parts, wish):
        query = request.query
        return self.world.ledger.recent(int(query.get("limit", 200)),
                                        query.get("listener"),
                                        query.get("operation"))

    def list_jobs(self, request, parts, wish):
        now = self.world.clock.now()
        jobs = [job for job in self.world.jobs()
                if not parts or job.id == parts[0]]
        for job in jobs:
            job.advance(now)
        return {"jobs": [self._describe(job) for job in jobs]}

    def _describe(self, job):
        return {"id": job.id, "dialect": job.dialect.name,
                "account": job.account.name, "token": job.token,
                "state": job.state, "steps": job.steps_done,
                "total_steps": job.total_steps, "tokens": job.tokens,
                "amount": job.amount, "tuned_model": job.tuned_model,
                "error": job.error}

    def list_deployments(self, request, parts, wish):
        """What stands, and what it has cost until now."""
        now = self.world.clock.now()
        return {"deployments": [
            one.standing(now, self.world.settings)
            for account in self.world.accounts.values()
            for endpoint in account.endpoints.values()
            for one in endpoint.deployments.values()]}

    # -------------------------------------------------------------- wishes

    def force_job(self, request, parts, wish):
        job = self.world.find_job(parts[0]) if parts else None
        if job is None:
            raise Refused("no such job")
        job.advance(self.world.clock.now())
        job.dialect.force(job, wish)
        return self._describe(job)

    def force_file(self, request, parts, wish):
        """{"status": …} shows a file in that state; {"expire": true} makes
        it one that is past its expiry."""
        for account in self.world.accounts.values():
            stored = account.files.get(parts[0])
            if stored is not None:
                if wish.get("expire"):
                    del account.files[parts[0]]
                else:
                    stored.forced = wish["status"]
                return {"id": parts[0], "status": wish.get("status")}
        raise Refused("no such file")

    def set_clock(self, request, parts, wish):
        unknown = set(wish) - {"advance", "rate"}
        if unknown:
            raise Refused("unknown words: " + ", ".join(sorted(unknown)))
        if "rate" in wish:
            self.world.clock.set_rate(wish["rate"])
        if "advance" in wish:
            self.world.clock.advance(wish["advance"])
        return self.get_clock(request, parts, wish)

    def get_clock(self, request, parts, wish):
        return {"now": self.world.clock.now(), "rate": self.world.clock.rate}

    def set_settings(self, request, parts, wish):
        self.world.settings.change(wish)
        return self.world.settings.as_dict()

    def get_settings(self, request, parts, wish):
        return self.world.settings.as_dict()

    def change_keys(self, request, parts, wish):
        """{"revoke": key} and {"restore": key}."""
        if "revoke" in wish:
            self.world.revoked.add(wish["revoke"])
        self.world.revoked.discard(wish.get("restore"))
        return {"revoked": len(self.world.revoked)}

    def reset(self, request, parts, wish):
        self.world.reset()
        return {"ok": True}

    def webhook(self, request, parts, wish):
        """The delivery of a job's event as OpenAI would sign it: headers and
        body for the test to hand over. `manner`: valid, wrong_signature,
        two_signatures; `id` repeats a delivery; `age` makes it old."""
        ident = wish.get("id") or self.world.ident("wh_")
        at = int(self.world.clock.now() - wish.get("age", 0))
        body = json.dumps({
            "object": "event", "id": self.world.ident("evt_"),
            "type": wish.get("type", "fine_tuning.job.succeeded"),
            "created_at": at, "data": {"id": wish["job"]}})
        good = signature(wish["secret"], ident, at, body)
        wrong = signature("whsec_d3Jvbmc=", ident, at, body)
        signatures = {"valid": good, "wrong_signature": wrong,
                      "two_signatures": wrong + " v2,x " + good}
        return {"body": body, "headers": {
            "webhook-id": ident, "webhook-timestamp": str(at),
            "webhook-signature": signatures[wish.get("manner", "valid")],
            "user-agent": "OpenAI/1.0 (+https://platform.openai.com)",
            "content-type": "application/json"}}


def signature(secret, ident, at, body):
    """`v1,` and the HMAC-SHA-256 of id, time and body."""
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") \
        else secret.encode()
    signed = "%s.%d.%s" % (ident, at, body)
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
