"""Fireworks' on-demand deployments, the adapters loaded onto them, and chat:
a tuned model answers only from a deployment, which costs money while its
replicas stand and sleeps when nobody asks."""

from dialect import route
from fireworks_objects import (MODELS, PREFIX, Adapter, Deployment,
                               InferenceError, RpcError)
from training_file import count_message, prompt_of

DEPLOYMENTS = "/v1/accounts/{account}/deployments"
ADAPTERS = "/v1/accounts/{account}/deployedModels"
ADAPTERS_MAX = 100
BUSY_SECONDS = 3600


class FireworksServing:
    """Deployments, adapters, chat."""

    # --------------------------------------------------------- deployments

    @route("POST", DEPLOYMENTS, "deploy")
    async def create_deployment(self, request, account):
        wish = await self.json_body(request)
        owner = request.account
        ident = request.query.get("deploymentId") or self.world.ident(
            "d", 10).lower()
        self.check_payment(owner)
        self.claim_id(owner, owner.endpoints, ident, "deployment")
        self._check_deployment(request, wish)
        made = Deployment(owner, ident, wish,
                          self.world.settings.deploy_seconds, self.now())
        if request.query.get("validateOnly") == "true":
            return made.as_json(self.now())
        owner.endpoints[ident] = made
        self.world.ledger.add(request, "deploy", ident, token=ident,
                              model=wish["baseModel"])
        return made.as_json(self.now())

    def _check_deployment(self, request, wish):
        if len(wish.get("displayName", "")) >= 64:
            raise RpcError(400, "displayName is too long")
        if not wish.get("acceleratorType") and \
                not wish.get("deploymentShape"):
            raise RpcError(400, "acceleratorType or deploymentShape is "
                           "required")
        least, most = (wish.get("minReplicaCount", 0),
                       wish.get("maxReplicaCount", 1))
        if least > max(most, 1):
            raise RpcError(400, "minReplicaCount exceeds maxReplicaCount")
        if wish.get("enableAddons") and \
                "fp8" in wish.get("deploymentShape", "").lower():
            raise RpcError(400, "addons need a BF16 shape", 9)
        name = str(wish.get("baseModel"))
        if name.startswith(PREFIX) and name[len(PREFIX):] in MODELS:
            return
        self.tuned(request, name.split("/")[-1])
        if wish.get("enableAddons"):
            raise RpcError(400, "an addon takes no addons")

    def _standing(self, request, ident):
        found = request.account.endpoints.get(ident)
        if found is None or found.state(self.now()) == "DELETED":
            raise RpcError(404, "deployment %s not found" % ident)
        return found

    @route("GET", DEPLOYMENTS + "/{ident}", "deployment.get")
    async def get_deployment(self, request, account, ident):
        return self._standing(request, ident).as_json(self.now())

    @route("GET", DEPLOYMENTS, "deployment.list")
    async def list_deployments(self, request, account):
        now = self.now()
        return self.page(request, "deployments", [
            one.as_json(now) for one in request.account.endpoints.values()
            if one.state(now) != "DELETED"])

    @route("PATCH", DEPLOYMENTS + "/{ident}/:scale", "deployment.scale")
    async def scale_deployment(self, request, account, ident):
        found = self._standing(request, ident)
        wish = await self.json_body(request)
        self._bill_hours(found)
        found.wish["minReplicaCount"] = wish.get("replicaCount", 0)
        self.world.ledger.add(request, "deploy.scale", ident)
        return {}

    @route("DELETE", DEPLOYMENTS + "/{ident}", "deployment.delete")
    async def delete_deployment(self, request, account, ident):
        """Refused for an hour after traffic, unless told to ignore it."""
        found = self._standing(request, ident)
        ignored = request.query.get("ignoreChecks") == "true"
        if found.deleted_at is not None:
            return {}
        if not ignored and self.now() - found.used_at < BUSY_SECONDS:
            raise RpcError(400, "the deployment had traffic lately", 9)
        self._bill_hours(found)
        found.deleted_at = self.now()
        for loaded in [one for one in request.account.adapters.values()
                       if one.wish["deployment"] == found.name]:
            del request.account.adapters[loaded.id]
        request.account.deleted.add(("deployment", ident))
        self.world.ledger.add(request, "deploy.delete", ident,
                              amount=round(found.amount, 6))
        return {}

    def _bill_hours(self, found):
        """Charge the replicas that have stood since the last bill."""
        now = self.now()
        total = found.cost_until(now)
        amount, found.amount = total - found.amount, total
        found.billed_until = now
        if amount:
            self.world.ledger.add(None, "bill", found.id, self.name,
                                  amount=round(amount, 9), reason="hosting",
                                  token=found.id)

    # ------------------------------------------------------------ adapters

    @route("POST", ADAPTERS, "adapter.load")
    async def load_adapter(self, request, account):
        wish = await self.json_body(request)
        owner = request.account
        host = self._standing(request, str(wish.get("deployment"))
                              .split("/")[-1])
        job = self.tuned(request, str(wish.get("model")).split("/")[-1])
        loaded = [one for one in owner.adapters.values()
                  if one.wish["deployment"] == host.name]
        if not host.wish.get("enableAddons"):
            raise RpcError(400, "addons are not enabled", 9)
        if host.wish["baseModel"] != PREFIX + job.model:
            raise RpcError(400, "the addon is of another base model")
        if host.state(self.now()) != "READY":
            raise RpcError(400, "the deployment is not READY", 9)
        if len(loaded) >= ADAPTERS_MAX:
            raise RpcError(429, "at most %d addons" % ADAPTERS_MAX)
        if any(one.wish["model"] == wish["model"] for one in loaded):
            raise RpcError(409, "the model is deployed there already")
        adapter = Adapter(owner, "dm-" + self.world.ident("", 8).lower(),
                          wish, self.now(), self.world.settings.deploy_seconds)
        owner.adapters[adapter.id] = adapter
        self.world.ledger.add(request, "adapter.load", adapter.id,
                              token=wish["model"])
        return adapter.as_json(self.now())

    def _adapter(self, request, ident):
        found = request.account.adapters.get(ident)
        if found is None:
            raise RpcError(404, "deployed model %s not found" % ident)
        return found

    @route("GET", ADAPTERS, "adapter.list")
    async def list_adapters(self, request, account):
        return self.page(request, "deployedModels", [
            one.as_json(self.now())
            for one in request.account.adapters.values()])

    @route("GET", ADAPTERS + "/{ident}", "adapter.get")
    async def get_adapter(self, request, account, ident):
        return self._adapter(request, ident).as_json(self.now())

    @route("DELETE", ADAPTERS + "/{ident}", "adapter.unload")
    async def unload_adapter(self, request, account, ident):
        self._adapter(request, ident)
        del request.account.adapters[ident]
        self.world.ledger.add(request, "adapter.unload", ident)
        return {}

    # ---------------------------------------------------------------- chat

    @route("POST", "/inference/v1/chat/completions", "chat")
    async def chat(self, request):
        wish = await self.json_body(request)
        name, messages = wish.get("model"), wish.get("messages")
        if not isinstance(name, str) or not isinstance(messages, list) \
                or not messages:
            raise InferenceError(400, "model and messages are required")
        job = self._answering(request, name)
        answer = prompt_of(messages)[1][:400]
        if job is not None:
            model = await self.world.learner.model(job.trace.recipe,
                                                   job.total_steps)
            answer = model.answer(prompt_of(messages))
        count = self.world.count_tokens
        prompt = 3 + sum(count_message(message, count)
                         for message in messages)
        completion = max(1, count(answer))
        ident = self.world.ident("chatcmpl-")
        self.world.ledger.add(request, "chat", ident, model=name,
                              tokens=prompt + completion, amount=0)
        return {"id": ident, "object": "chat.completion",
                "created": int(self.now()), "model": name,
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant",
                                         "content": answer}}],
                "usage": {"prompt_tokens": prompt,
                          "completion_tokens": completion,
                          "total_tokens": prompt + completion}}

    def _answering(self, request, name):
        """The job whose model answers for a name; None for a base model."""
        if name.startswith(PREFIX) and name[len(PREFIX):] in MODELS:
            return None
        model, _, place = name.partition("#")
        if "/deployments/" in model:
            model, place = None, model
        found = request.account.endpoints.get(place.split("/")[-1])
        if found is None or found.state(self.now()) in ("DELETING",
                                                        "DELETED"):
            raise InferenceError(404, "Model not found, inaccessible, and/or "
                                 "not deployed", "NOT_FOUND")
        if found.state(self.now()) != "READY" or \
                not found.is_awake(self.now()):
            raise InferenceError(503, "The deployment is scaling up",
                                 "DEPLOYMENT_SCALING_UP")
        return self._loaded(request, found, model)

    def _loaded(self, request, found, model):
        """The job behind a deployment, or behind an adapter on it."""
        base = found.wish["baseModel"]
        if not found.wish.get("enableAddons"):
            if base.startswith(PREFIX):
                return None
            return self.tuned(request, base.split("/")[-1])
        for one in request.account.adapters.values():
            if one.wish["deployment"] == found.name and \
                    one.wish["model"] == model and \
                    one.state(self.now()) == "DEPLOYED":
                return self.tuned(request, model.split("/")[-1])
        raise InferenceError(404, "the model is not loaded there",
                             "NOT_FOUND")
