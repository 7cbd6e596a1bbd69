"""Endpoints and models of the Vertex dialect, the operations that take them
down, and generateContent."""

from clock import rfc3339
from dialect import route
from training_file import Fault, Inspection, prompt_of
from vertex_checks import MODELS, VertexError, gemini_rules
from wire import encode_json

OPERATION_POLLS = 1


class Endpoint:
    """Where one model, or one checkpoint of it, answers."""

    def __init__(self, name, job, step, at):
        self.name = name
        self.job = job
        self.step = step
        self.created_at = at
        self.deployed = name.rsplit("/", 1)[-1] + "01"


class VertexServing:
    """The routes under endpoints, models and operations."""

    def add_endpoint(self, job, name, step):
        job.account.endpoints[name] = Endpoint(name, job, step, self.now())
        return name

    def _endpoint(self, account, project, place, ident):
        name = "%s/endpoints/%s" % (self.parent(account), ident)
        endpoint = account.endpoints.get(name)
        if endpoint is None:
            raise VertexError(404, "Endpoint `%s` not found." % name)
        return endpoint

    @route("GET", "/v1/projects/{project}/locations/{place}/endpoints/"
           "{ident}", "endpoint.get")
    async def get_endpoint(self, request, project, place, ident):
        endpoint = self._endpoint(request.account, project, place, ident)
        shown = {"name": endpoint.name, "displayName": endpoint.name[-8:],
                 "createTime": rfc3339(endpoint.created_at)}
        if endpoint.deployed:
            shown["deployedModels"] = [{
                "id": endpoint.deployed,
                "model": endpoint.job.extra["tuned"]["model"],
                "checkpointId": str(endpoint.step)}]
        return shown

    # ---------------------------------------------------------- operations

    def _operation(self, request, base, ident):
        """An operation that is done when it was asked for once."""
        operation = "%s/operations/%s" % (base, ident)
        request.account.models[operation] = 0
        return {"name": operation, "metadata": {
            "@type": "type.googleapis.com/google.cloud.aiplatform.v1."
            "GenericOperationMetadata"}}

    @route("GET", "/v1/projects/{project}/locations/{place}/endpoints/"
           "{ident}/operations/{operation}", "operation.get")
    async def get_operation(self, request, project, place, ident, operation):
        name = "%s/endpoints/%s/operations/%s" % (
            self.parent(request.account), ident, operation)
        looks = request.account.models.get(name)
        if looks is None:
            raise VertexError(404, "Operation not found.")
        request.account.models[name] = looks + 1
        shown = {"name": name}
        if looks >= OPERATION_POLLS:
            shown.update(done=True, response={
                "@type": "type.googleapis.com/google.protobuf.Empty"})
        return shown

    @route("POST", "/v1/projects/{project}/locations/{place}/endpoints/"
           "{ident}/:undeployModel", "endpoint.undeploy")
    async def undeploy(self, request, project, place, ident):
        endpoint = self._endpoint(request.account, project, place, ident)
        wish = await self.json_body(request)
        if not endpoint.deployed or \
                wish.get("deployedModelId") != endpoint.deployed:
            raise VertexError(400, "The deployed model is not on this "
                             "endpoint.")
        endpoint.deployed = None
        self.world.ledger.add(request, "undeploy", endpoint.name)
        return self._operation(request, endpoint.name, "1")

    @route("DELETE", "/v1/projects/{project}/locations/{place}/endpoints/"
           "{ident}", "endpoint.delete")
    async def delete_endpoint(self, request, project, place, ident):
        endpoint = self._endpoint(request.account, project, place, ident)
        if endpoint.deployed:
            raise VertexError(400, "The endpoint has a deployed model.",
                             word="FAILED_PRECONDITION")
        del request.account.endpoints[endpoint.name]
        self.world.ledger.add(request, "endpoint.delete", endpoint.name)
        return self._operation(request, endpoint.name, "2")

    # -------------------------------------------------------------- models

    def _job_of_model(self, account, ident):
        name = "%s/models/%s" % (self.parent(account), ident.split("@")[0])
        for job in account.jobs.values():
            if job.extra["tuned"].get("model", "").split("@")[0] == name:
                return name, job
        raise VertexError(404, "The Model does not exist.")

    @route("GET", "/v1/projects/{project}/locations/{place}/models/{ident}",
           "model.get")
    async def get_model(self, request, project, place, ident):
        name, job = self._job_of_model(request.account, ident)
        return {"name": name, "versionId": "1", "displayName":
                job.request.get("tunedModelDisplayName", ""),
                "createTime": rfc3339(job.finished_at)}

    @route("DELETE", "/v1/projects/{project}/locations/{place}/models/"
           "{ident}", "model.delete")
    async def delete_model(self, request, project, place, ident):
        name, job = self._job_of_model(request.account, ident)
        del job.extra["tuned"]["model"]
        self.world.ledger.add(request, "model.delete", name)
        return self._operation(request, name, "3")

    # ---------------------------------------------------------------- chat

    @route("POST", "/v1/projects/{project}/locations/{place}/publishers/"
           "google/models/{ident}/:generateContent", "chat")
    async def ask_base(self, request, project, place, ident):
        if ident not in MODELS:
            raise VertexError(404, "Publisher Model `%s` not found." % ident)
        messages, wish = await self._conversation(request)
        return self._reply(request, ident, wish, messages,
                           prompt_of(messages)[1][:400])

    @route("POST", "/v1/projects/{project}/locations/{place}/endpoints/"
           "{ident}/:generateContent", "chat")
    async def ask_endpoint(self, request, project, place, ident):
        endpoint = self._endpoint(request.account, project, place, ident)
        if not endpoint.deployed:
            raise VertexError(400, "The endpoint has no deployed model.",
                             word="FAILED_PRECONDITION")
        messages, wish = await self._conversation(request)
        model = await self.world.learner.model(endpoint.job.trace.recipe,
                                               endpoint.step)
        return self._reply(request, endpoint.name, wish, messages,
                           model.answer(prompt_of(messages)))

    async def _conversation(self, request):
        """The messages, read by the rules of training files: a model's turn
        is put behind them, since a question needs none."""
        wish = await self.json_body(request)
        known = {"contents", "systemInstruction", "tools", "toolConfig",
                 "safetySettings", "generationConfig", "labels"}
        unknown = set(wish) - known
        if unknown:
            raise VertexError(400, 'Invalid JSON payload received. Unknown '
                             'name "%s": Cannot find field.'
                             % sorted(unknown)[0])
        example = {key: wish[key] for key in ("systemInstruction", "tools")
                   if key in wish}
        example["contents"] = list(wish.get("contents") or ()) + [
            {"role": "model", "parts": [{"text": "."}]}]
        try:
            read = gemini_rules(encode_json(example).encode(), Inspection())
        except Fault as fault:
            raise VertexError(400, "Invalid request: %s" % fault) from None
        return read["messages"][:-1], wish

    def _reply(self, request, name, wish, messages, text):
        count = self.world.count_tokens
        config = wish.get("generationConfig", {})
        reason = "STOP"
        prompt = sum(count(message["content"]) for message in messages)
        most = config.get("maxOutputTokens")
        if most and count(text) > most:
            text, reason = text[:4 * most], "MAX_TOKENS"
        output = max(1, count(text))
        ident = self.world.ident("")
        self.world.ledger.add(request, "chat", ident, model=name,
                              tokens=prompt + output, amount=0)
        candidate = {"finishReason": reason, "index": 0}
        if self.world.settings.moderation == "fail":
            candidate["finishReason"] = "SAFETY"
        else:
            candidate["content"] = {"role": "model",
                                    "parts": [{"text": text}]}
        return {"candidates": [candidate],
                "usageMetadata": {"promptTokenCount": prompt,
                                  "candidatesTokenCount": output,
                                  "totalTokenCount": prompt + output},
                "modelVersion": name, "createTime": rfc3339(self.now()),
                "responseId": ident}
