"""AWS Bedrock as its fact sheet and API model have it: signatures, errors in
AWS's shape, models, deployments, provisioned throughput, Converse. Jobs are
in bedrock_jobs.py, S3 in bedrock_s3.py."""

import hashlib
import json
import time

import sigv4
from bedrock_checks import MODELS, NAME, bedrock_rules, check_text, invalid
from bedrock_jobs import BedrockJobs
from bedrock_s3 import S3, check_token, secret_of
from clock import rfc3339
from dialect import ApiError, Dialect, route
from training_file import Reader, count_message, prompt_of
from wire import Response

ACCOUNT = "123456789012"
DEPLOYMENTS = "/model-customization/custom-model-deployments"
THROUGHPUT = "/provisioned-model-throughput"


class Standing:
    """A deployment or provisioned throughput of a model."""

    def __init__(self, arn, wish, model, at):
        self.arn = arn
        self.wish = wish
        self.model = model
        self.created_at = at
        self.since = at

    def is_up(self, now, seconds):
        return now - self.since >= seconds


def standing_of(account):
    """Everything of an account that serves models, by ARN."""
    if not hasattr(account, "standing"):
        account.standing = {}
    return account.standing


class Bedrock(BedrockJobs, Dialect):
    """Control plane and runtime in one place."""

    name = provider = "bedrock"
    prefixes = ("/bedrock",)

    def __init__(self, world):
        super().__init__(world)
        self.reader = Reader(world, bedrock_rules)
        self.store = S3(world)

    def now(self):
        return self.world.clock.now()

    def arn(self, tail):
        return "arn:aws:bedrock:%s:%s:%s" % (
            self.world.settings.aws_region, ACCOUNT, tail)

    def base_arn(self, model):
        return "arn:aws:bedrock:%s::foundation-model/%s" % (
            self.world.settings.aws_region, model)

    # ------------------------------------------------------------ requests

    async def handle(self, request, found):
        """The body is read first: the signature covers it."""
        request.content = await request.body()
        return await super().handle(request, found)

    def authenticate(self, request):
        headers = request.headers
        bearer = headers.get("authorization", "")
        if bearer.startswith("Bearer "):
            request.key = bearer[7:].strip()
            request.account = self.world.account(self, request.key)
            if request.account is None:
                raise ApiError(403, "Invalid API Key format: Must start with "
                               "pre-defined prefix", "AccessDeniedException")
            return
        request.key = sigv4.access_key_of(headers)
        if request.key is None:
            raise ApiError(403, "Missing Authentication Token",
                           "MissingAuthenticationTokenException")
        request.account = self.world.account(self, request.key)
        if request.account is None:
            expired = request.key in self.world.revoked \
                and ".temp" in request.key
            raise ApiError(403, "The security token included in the request "
                           "is %s" % ("expired" if expired else "invalid."),
                           "ExpiredTokenException" if expired
                           else "UnrecognizedClientException")
        check_token(headers, request.key, "UnrecognizedClientException")
        try:
            sigv4.check(request.method, request.target, headers,
                        hashlib.sha256(request.content).hexdigest(),
                        secret_of(request.key), time.time(),
                        self.world.settings.aws_region, "bedrock")
        except sigv4.Refused as refused:
            raise ApiError(403, refused.message, refused.code) from None

    def json_of(self, request):
        try:
            value = json.loads(request.content)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ApiError(400, "Could not parse request body as JSON",
                           "SerializationException")
        return value

    def error_response(self, error):
        kind = error.code or {404: "UnknownOperationException"}.get(
            error.status, "ValidationException")
        return Response.json({"message": error.message}, error.status, dict(
            error.headers or {}, **{"x-amzn-ErrorType": kind
                                    + ":http://internal.amazon.com/coral/"}))

    def finish(self, request, response):
        response.headers["x-amzn-RequestId"] = self.world.uuid()

    def as_created(self, value, status=201):
        return Response.json(value, status)

    def paged(self, things, query):
        """(page, token of the next): tokens are opaque, and stay good when
        things are added at the end."""
        most = int(query.get("maxResults", 100))
        if not 1 <= most <= 1000:
            raise invalid("Value at 'maxResults' failed to satisfy "
                          "constraint")
        most = min(most, self.world.settings.job_page_max)
        start = 0
        if query.get("nextToken"):
            text = query["nextToken"]
            if not text.startswith("page/+") or not text[6:].isdigit():
                raise invalid("The provided nextToken is invalid.")
            start = int(text[6:])
        end = start + most
        return things[start:end], "page/+%d" % end if end < len(things) \
            else None

    # -------------------------------------------------------------- models

    @route("GET", "/foundation-models/{ident}", "model.get")
    async def foundation_model(self, request, ident):
        ident = ident.split("foundation-model/")[-1]
        name = next((name for name in MODELS
                     if name == ident or name.rsplit(":", 1)[0] == ident),
                    None)
        if name is None:
            raise ApiError(404, "The specified model was not found: " + ident,
                           "ResourceNotFoundException")
        return {"modelDetails": self._foundation_json(name)}

    @route("GET", "/foundation-models", "model.list")
    async def foundation_models(self, request):
        return {"modelSummaries": [self._foundation_json(name)
                                   for name in MODELS]}

    def _foundation_json(self, name):
        ends = MODELS[name].ends
        life = {"status": "LEGACY" if ends else "ACTIVE",
                "startOfLifeTime": "2024-12-03T00:00:00Z"}
        if ends:
            life["endOfLifeTime"] = ends
        return {"modelArn": self.base_arn(name), "modelId": name,
                "modelName": name.split(".")[1],
                "providerName": name.split(".")[0].title(),
                "inputModalities": ["TEXT"], "outputModalities": ["TEXT"],
                "responseStreamingSupported": True,
                "customizationsSupported": ["FINE_TUNING"],
                "inferenceTypesSupported": ["ON_DEMAND"],
                "modelLifecycle": life}

    def _model(self, request, ident):
        for model in request.account.models.values():
            if ident in (model["modelArn"], model["modelName"]):
                return model
        raise ApiError(404, "The specified custom model does not exist: "
                       + ident, "ResourceNotFoundException")

    @route("GET", "/custom-models/{ident}", "model.custom")
    async def get_custom_model(self, request, ident):
        model = self._model(request, ident)
        job = request.account.jobs[model["job"]]
        return {"modelArn": model["modelArn"],
                "modelName": model["modelName"],
                "jobName": job.request["jobName"],
                "jobArn": job.extra["arn"],
                "baseModelArn": self.base_arn(job.model),
                "customizationType": "FINE_TUNING",
                "hyperParameters": job.extra["hyperparameters"],
                "trainingDataConfig": job.request["trainingDataConfig"],
                "outputDataConfig": job.request["outputDataConfig"],
                "creationTime": rfc3339(model["at"]),
                "modelStatus": "Active"}

    @route("DELETE", "/custom-models/{ident}", "model.delete")
    async def delete_custom_model(self, request, ident):
        model = self._model(request, ident)
        if any(one.model is model
               for one in standing_of(request.account).values()):
            raise ApiError(400, "The model is in use by a deployment.",
                           "ConflictException")
        del request.account.models[model["modelArn"]]
        self.world.ledger.add(request, "model.delete", model["modelArn"])
        return {}

    # --------------------------------------------------------- deployments

    def _stand_up(self, request, wish, model_name, name, kind):
        """A new one, or the one that the same token made before."""
        account = request.account
        model = self._model(request, wish.get(model_name) or "")
        check_text(wish, name, NAME, 63)
        token = wish.get("clientRequestToken")
        for one in standing_of(account).values():
            if token and one.wish.get("clientRequestToken") == token:
                return one
            if one.wish.get(name) == wish[name]:
                raise invalid("The provided name is currently in use.")
        one = Standing(self.arn("%s/%s" % (
            kind, self.world.ident("", 12).lower())), wish, model,
            self.now())
        standing_of(account)[one.arn] = one
        self.world.ledger.add(request, "deployment.create", one.arn,
                              token=token, model=model["modelArn"])
        return one

    def _standing(self, request, ident, kind):
        for one in standing_of(request.account).values():
            if ":%s/" % kind in one.arn and ident in (
                    one.arn, one.wish.get("modelDeploymentName"),
                    one.wish.get("provisionedModelName")):
                return one
        raise ApiError(404, "The specified deployment does not exist: "
                       + ident, "ResourceNotFoundException")

    def _is_up(self, one):
        return one.is_up(self.now(), self.world.settings.deploy_seconds)

    @route("POST", DEPLOYMENTS, "deployment.create")
    async def create_deployment(self, request):
        wish = self.json_of(request)
        model = request.account.models.get(wish.get("modelArn") or "")
        if model and not MODELS[request.account.jobs[
                model["job"]].model].on_demand:
            raise invalid("On-demand inference is not supported for this "
                          "model")
        one = self._stand_up(request, wish, "modelArn",
                             "modelDeploymentName", "custom-model-deployment")
        return self.as_created({"customModelDeploymentArn": one.arn}, 202)

    @route("GET", DEPLOYMENTS + "/{ident}", "deployment.get")
    async def get_deployment(self, request, ident):
        one = self._standing(request, ident, "custom-model-deployment")
        shown = {"customModelDeploymentArn": one.arn,
                 "modelDeploymentName": one.wish["modelDeploymentName"],
                 "modelArn": one.model["modelArn"],
                 "createdAt": rfc3339(one.created_at),
                 "status": "Active" if self._is_up(one) else "Creating"}
        if not self.world.settings.deployable:
            shown.update(status="Failed", failureMessage="The model could "
                         "not be loaded.")
        return shown

    @route("PATCH", DEPLOYMENTS + "/{ident}", "deployment.patch")
    async def patch_deployment(self, request, ident):
        one = self._standing(request, ident, "custom-model-deployment")
        one.model = self._model(request,
                                self.json_of(request).get("modelArn") or "")
        return self.as_created({"customModelDeploymentArn": one.arn}, 202)

    @route("DELETE", DEPLOYMENTS + "/{ident}", "deployment.delete")
    async def delete_deployment(self, request, ident):
        one = self._standing(request, ident, "custom-model-deployment")
        return self._take_down(request, one)

    def _take_down(self, request, one):
        if not self._is_up(one) and self.world.settings.deployable:
            raise ApiError(400, "The deployment cannot be deleted while it "
                           "is being created.", "ConflictException")
        del standing_of(request.account)[one.arn]
        self.world.ledger.add(request, "deployment.delete", one.arn)
        return {}

    # ---------------------------------------------- provisioned throughput

    @route("POST", THROUGHPUT, "throughput.create")
    async def create_throughput(self, request):
        wish = self.json_of(request)
        units = wish.get("modelUnits")
        if not isinstance(units, int) or units < 1:
            raise invalid("Value at 'modelUnits' failed to satisfy "
                          "constraint: Member must be at least 1")
        if wish.get("commitmentDuration") not in (None, "OneMonth",
                                                  "SixMonths"):
            raise invalid("Value at 'commitmentDuration' failed to satisfy "
                          "constraint")
        one = self._stand_up(request, wish, "modelId",
                             "provisionedModelName", "provisioned-model")
        return self.as_created({"provisionedModelArn": one.arn})

    @route("GET", THROUGHPUT + "/{ident}", "throughput.get")
    async def get_throughput(self, request, ident):
        one = self._standing(request, ident, "provisioned-model")
        job = request.account.jobs[one.model["job"]]
        shown = {"modelUnits": one.wish["modelUnits"],
                 "desiredModelUnits": one.wish["modelUnits"],
                 "provisionedModelName": one.wish["provisionedModelName"],
                 "provisionedModelArn": one.arn,
                 "modelArn": one.model["modelArn"],
                 "desiredModelArn": one.model["modelArn"],
                 "foundationModelArn": self.base_arn(job.model),
                 "status": "InService" if self._is_up(one) else "Creating",
                 "creationTime": rfc3339(one.created_at),
                 "lastModifiedTime": rfc3339(self.now())}
        if one.wish.get("commitmentDuration"):
            shown["commitmentDuration"] = one.wish["commitmentDuration"]
        return shown

    @route("DELETE", THROUGHPUT + "/{ident}", "throughput.delete")
    async def delete_throughput(self, request, ident):
        one = self._standing(request, ident, "provisioned-model")
        if one.wish.get("commitmentDuration"):
            raise ApiError(400, "The commitment has not ended.",
                           "ConflictException")
        return self._take_down(request, one)

    # ------------------------------------------------------------ Converse

    @route("POST", "/model/{ident}/converse", "chat")
    async def converse(self, request, ident):
        wish = self.json_of(request)
        messages = openai_messages(wish)
        answer = await self._answer(request, ident, messages)
        most = (wish.get("inferenceConfig") or {}).get("maxTokens")
        count = self.world.count_tokens
        prompt = 3 + sum(count_message(one, count) for one in messages)
        output = max(1, count(answer))
        reason = "end_turn"
        if most is not None and output > most:
            answer, output, reason = answer[:most * 4], most, "max_tokens"
        self.world.ledger.add(request, "chat", self.world.uuid(),
                              model=ident, tokens=prompt + output, amount=0)
        return {"output": {"message": {"role": "assistant", "content": [
            {"text": answer}]}}, "stopReason": reason,
            "usage": {"inputTokens": prompt, "outputTokens": output,
                      "totalTokens": prompt + output},
            "metrics": {"latencyMs": 12}}

    async def _answer(self, request, ident, messages):
        if any(ident == name.rsplit(":", 1)[0] for name in MODELS):
            return prompt_of(messages)[1][:400]
        one = standing_of(request.account).get(ident)
        if one is None:
            raise invalid("The provided model identifier is invalid.")
        if not self._is_up(one):
            raise ApiError(429, "The model is not ready for inference.",
                           "ModelNotReadyException")
        job = request.account.jobs[one.model["job"]]
        model = await self.world.learner.model(job.trace.recipe,
                                               job.total_steps)
        return model.answer(prompt_of(messages))


def openai_messages(wish):
    """The turns of a Converse request as the learner reads them."""
    turns = wish.get("messages")
    if not isinstance(turns, list) or not turns:
        raise invalid("A conversation must start with a user message.")
    messages = [{"role": "system", "content": block["text"]}
                for block in wish.get("system") or []]
    for number, turn in enumerate(turns):
        if turn.get("role") != ("user", "assistant")[number % 2]:
            raise invalid("A conversation must alternate between user and "
                          "assistant roles.")
        blocks = turn.get("content")
        if not isinstance(blocks, list) or not all(
                isinstance(block.get("text"), str) for block in blocks):
            raise invalid("The content of a message is a list of blocks.")
        messages.append({"role": turn["role"], "content": "\n".join(
            block["text"] for block in blocks)})
    if messages[-1]["role"] != "user":
        raise invalid("A conversation must end with a user message.")
    return messages
