"""Together's dedicated inference (v2) and chat: a tuned model answers only
through an endpoint whose traffic goes to a deployment that is ready, and a
deployment costs money while it stands."""

import re

from dialect import ApiError, route
from together_objects import MODELS, Deployment, Endpoint, project_id
from training_file import count_message, prompt_of
from wire import Response

INSTANCE = "1x_nvidia_h100_80gb_sxm"
PAGE_MAX = 500


class TogetherServing:
    """The routes under /v2, the remains of v1 endpoints, and chat."""

    # ------------------------------------------------------------- catalog

    def _project(self, request, ident):
        if ident != project_id(request.account):
            raise ApiError(404, "project %s not found" % ident, "not_found")
        return ident

    @route("GET", "/v2/supported-models", "model.catalog")
    async def catalog(self, request):
        data = [{"id": "ml_" + re.sub(r"\W", "", name), "name": name,
                 "displayName": name.split("/")[1],
                 "products": ["PRODUCT_FINE_TUNING", "PRODUCT_DEDICATED"],
                 "status": "ACTIVE",
                 "deploymentProfiles": [{
                     "profileId": "dp_" + re.sub(r"\W", "", name),
                     "config": "projects/proj_together/configs/cr_"
                     + re.sub(r"\W", "", name),
                     "gpuType": "H100", "gpuCount": 1}]}
                for name in MODELS]
        return page(data, request.query)

    @route("GET", "/v2/public/inference-instance-types", "instance.list")
    async def instance_types(self, request):
        return page([{
            "id": INSTANCE, "name": INSTANCE, "gpuType": "H100",
            "gpuCount": 1, "gpuMemoryGib": 80,
            "priceCentsPerHour": self.world.settings.price_cents_per_hour,
            "regions": [{"name": "us-central-8", "headroom": {
                "relation": "RELATION_GTE", "value": 4}}]}], request.query)

    @route("GET", "/v2/projects/{project}/models", "v2.model.list")
    async def list_project_models(self, request, project):
        self._project(request, project)
        return page([self._model_json(ident, job) for ident, job
                     in request.account.models.items()], request.query)

    @route("GET", "/v2/projects/{project}/models/{ident}", "v2.model.get")
    async def get_project_model(self, request, project, ident):
        self._project(request, project)
        return self._model_json(ident, self._model(request, ident))

    @route("DELETE", "/v2/projects/{project}/models/{ident}", "model.delete")
    async def delete_project_model(self, request, project, ident):
        self._project(request, project)
        self._model(request, ident)
        del request.account.models[ident]
        self.world.ledger.add(request, "model.delete", ident)
        return {}

    def _model(self, request, ident):
        job = request.account.models.get(ident)
        if job is None:
            raise ApiError(404, "model %s not found" % ident, "not_found")
        return job

    def _model_json(self, ident, job):
        return {"id": ident, "name": job.tuned_model,
                "projectId": project_id(job.account),
                "organizationId": "org_%06d" % job.account.number,
                "visibility": "VISIBILITY_PRIVATE", "baseModel": job.model,
                "description": "fine-tuned by " + job.id}

    @route("GET", "/v2/projects/{project}/configs", "config.list")
    async def list_configs(self, request, project):
        self._project(request, project)
        wanted = request.query.get("referenceModel", "")
        data = []
        if self.world.settings.deployable:
            data = [self._config_json(request, ident)
                    for ident in request.account.models
                    if not wanted or wanted.split("/")[-1] == ident]
        return page(data, request.query)

    def _config_json(self, request, ident):
        project = project_id(request.account)
        return {"id": "cr_" + ident[3:], "projectId": project,
                "referenceModel": "projects/%s/models/%s" % (project, ident),
                "referenceModelId": ident,
                "selectors": [{"key": "gpu", "value": "H100"}]}

    # ----------------------------------------------------------- endpoints

    @route("POST", "/v2/projects/{project}/endpoints", "endpoint.create")
    async def create_endpoint(self, request, project):
        self._project(request, project)
        wish = await self.json_body(request)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
                            str(wish.get("name", ""))):
            raise ApiError(400, "invalid endpoint name", param="name")
        name = "%s/%s" % (request.account.name, wish["name"])
        if any(one.name == name for one in request.account.endpoints.values()):
            raise ApiError(409, "endpoint %s already exists" % name,
                           "already_exists")
        endpoint = Endpoint(self.world.ident("ep_"), name, project,
                            wish.get("visibility", "VISIBILITY_PRIVATE"),
                            self.now())
        request.account.endpoints[endpoint.id] = endpoint
        self.world.ledger.add(request, "endpoint.create", endpoint.id,
                              token=wish["name"])
        return endpoint.as_json(self.now())

    @route("GET", "/v2/projects/{project}/endpoints", "endpoint.list")
    async def list_endpoints(self, request, project):
        self._project(request, project)
        now = self.now()
        data = [one.as_json(now) for one in request.account.endpoints.values()
                if self.world.shown_in_lists(one, now)]
        return page(filtered(data, request.query), request.query)

    def _endpoint(self, request, project, ident):
        self._project(request, project)
        endpoint = request.account.endpoints.get(ident)
        if endpoint is None:
            raise ApiError(404, "endpoint %s not found" % ident, "not_found")
        return endpoint

    @route("GET", "/v2/projects/{project}/endpoints/{ident}", "endpoint.get")
    async def get_endpoint(self, request, project, ident):
        return self._endpoint(request, project, ident).as_json(self.now())

    @route("PATCH", "/v2/projects/{project}/endpoints/{ident}",
           "endpoint.update")
    async def update_endpoint(self, request, project, ident):
        endpoint = self._endpoint(request, project, ident)
        wish = await self.json_body(request)
        check_etag(endpoint, wish.get("etag"))
        if "trafficSplit" in wish:
            split = [(entry.get("deploymentId"), entry.get("weight"))
                     for entry in wish["trafficSplit"]]
            if not split:
                raise ApiError(400, "trafficSplit must not be empty",
                               param="trafficSplit")
            for deployment, weight in split:
                if deployment not in endpoint.deployments or \
                        not isinstance(weight, (int, float)) or weight < 0:
                    raise ApiError(400, "bad entry in trafficSplit",
                                   param="trafficSplit")
            endpoint.split = split
            self.world.ledger.add(request, "endpoint.route", ident)
        endpoint.visibility = wish.get("visibility", endpoint.visibility)
        endpoint.changed(self.now())
        return endpoint.as_json(self.now())

    @route("DELETE", "/v2/projects/{project}/endpoints/{ident}",
           "endpoint.delete")
    async def delete_endpoint(self, request, project, ident):
        endpoint = self._endpoint(request, project, ident)
        check_etag(endpoint, request.query.get("etag"))
        if endpoint.deployments:
            raise ApiError(400, "delete the deployments first",
                           "failed_precondition")
        del request.account.endpoints[ident]
        self.world.ledger.add(request, "endpoint.delete", ident)
        return {}

    # --------------------------------------------------------- deployments

    @route("POST", "/v2/projects/{project}/endpoints/{ident}/deployments",
           "deploy")
    async def create_deployment(self, request, project, ident):
        endpoint = self._endpoint(request, project, ident)
        wish = await self.json_body(request)
        job = self._deployable(request, wish)
        if any(one.wish["name"] == wish["name"]
               for one in endpoint.deployments.values()):
            raise ApiError(409, "deployment %s already exists" % wish["name"],
                           "already_exists")
        deployment = Deployment(self.world.ident("dep_"), endpoint, wish, job,
                                self.world.settings.deploy_seconds, self.now())
        if request.query.get("validateOnly") == "true":
            return deployment.as_json(self.now())
        endpoint.deployments[deployment.id] = deployment
        endpoint.changed(self.now())
        self.world.ledger.add(request, "deploy", deployment.id,
                              token=wish["name"], endpoint=ident,
                              model=wish["model"])
        return deployment.as_json(self.now())

    def _deployable(self, request, wish):
        """Check a wish for a deployment; the job whose model it names, None
        for a base model."""
        for name in ("name", "model", "config"):
            if not isinstance(wish.get(name), str):
                raise ApiError(400, "%s is required" % name, param=name)
        autoscaling = wish.get("autoscaling")
        if not isinstance(autoscaling, dict) or \
                autoscaling.get("minReplicas", 1) > \
                autoscaling.get("maxReplicas", 1):
            raise ApiError(400, "autoscaling with minReplicas and "
                           "maxReplicas is required", param="autoscaling")
        if not self.world.settings.deployable:
            raise ApiError(400, "the model cannot be deployed")
        found = re.fullmatch(r"projects/([^/]+)/models/([^/]+)"
                             r"(?:/revisions/[^/]+)?", wish["model"])
        if not found or not re.fullmatch(r"projects/[^/]+/configs/cr_\w+",
                                         wish["config"]):
            raise ApiError(400, "model and config must be resource names",
                           param="model")
        project, ident = found.groups()
        if project == "proj_together":
            return None
        self._project(request, project)
        return self._model(request, ident)

    def _deployment(self, request, project, endpoint, ident):
        deployment = self._endpoint(request, project, endpoint) \
            .deployments.get(ident)
        if deployment is None:
            raise ApiError(404, "deployment %s not found" % ident,
                           "not_found")
        return deployment

    @route("GET", "/v2/projects/{project}/endpoints/{endpoint}/deployments",
           "deployment.list")
    async def list_deployments(self, request, project, endpoint):
        found = self._endpoint(request, project, endpoint)
        data = [one.as_json(self.now()) for one in found.deployments.values()]
        return page(filtered(data, request.query), request.query)

    @route("GET", "/v2/projects/{project}/endpoints/{endpoint}/deployments/"
           "{ident}", "deployment.get")
    async def get_deployment(self, request, project, endpoint, ident):
        return self._deployment(request, project, endpoint, ident).as_json(
            self.now())

    @route("PATCH", "/v2/projects/{project}/endpoints/{endpoint}/deployments/"
           "{ident}", "deployment.update")
    async def update_deployment(self, request, project, endpoint, ident):
        deployment = self._deployment(request, project, endpoint, ident)
        wish = await self.json_body(request)
        check_etag(deployment, wish.get("etag"))
        if "autoscaling" in wish:
            self._bill_hours(deployment)
            deployment.scale(wish["autoscaling"], self.now())
            kind = "deploy.scale" if deployment.replicas else "deploy.stop"
            self.world.ledger.add(request, kind, ident)
        return deployment.as_json(self.now())

    @route("DELETE", "/v2/projects/{project}/endpoints/{endpoint}/deployments/"
           "{ident}", "deployment.delete")
    async def delete_deployment(self, request, project, endpoint, ident):
        deployment = self._deployment(request, project, endpoint, ident)
        check_etag(deployment, request.query.get("etag"))
        if deployment.replicas or any(
                name == ident and weight
                for name, weight in deployment.endpoint.split):
            raise ApiError(400, "stop the deployment and take its traffic "
                           "away first", "failed_precondition")
        del deployment.endpoint.deployments[ident]
        deployment.endpoint.split = [
            entry for entry in deployment.endpoint.split if entry[0] != ident]
        deployment.endpoint.changed(self.now())
        self.world.ledger.add(request, "deploy.delete", ident,
                              amount=round(deployment.amount, 6))
        return {}

    def _bill_hours(self, deployment):
        """Charge the replicas that have stood since the last bill."""
        now = self.now()
        hours = (now - deployment.billed_until) / 3600
        total = deployment.cost_until(
            now, self.world.settings.price_cents_per_hour)
        amount, deployment.amount = total - deployment.amount, total
        deployment.billed_until = now
        if not deployment.replicas:
            return
        self.world.ledger.add(None, "bill", deployment.id, self.name,
                              hours=round(hours, 6), amount=round(amount, 9),
                              reason="hosting",
                              token=deployment.wish["name"])

    # ----------------------------------------------------------- v1 and old

    @route("GET", "/v1/endpoints", "v1.endpoint.list")
    async def list_v1_endpoints(self, request):
        return {"object": "list", "data": []}

    @route("POST", "/v1/endpoints", "v1.endpoint.create")
    async def create_v1_endpoint(self, request):
        raise ApiError(403, "Creating v1 endpoints is no longer possible; use "
                       "dedicated inference v2.",
                       "endpoints_v1_create_access_disabled")

    @route("GET", "/v1/hardware", "hardware.list")
    async def list_hardware(self, request):
        cents = self.world.settings.price_cents_per_hour / 60
        return {"object": "list", "data": [{
            "object": "hardware", "id": INSTANCE,
            "pricing": {"cents_per_minute": round(cents, 4)},
            "specs": {"gpu_type": "h100", "gpu_link": "sxm",
                      "gpu_memory": 80, "gpu_count": 1},
            "updated_at": "2026-07-16T00:00:00Z"}]}

    # ---------------------------------------------------------------- chat

    @route("POST", "/v1/chat/completions", "chat")
    async def chat(self, request):
        wish = await self.json_body(request)
        name, messages = wish.get("model"), wish.get("messages")
        if not isinstance(name, str) or not isinstance(messages, list) \
                or not messages:
            raise ApiError(400, "model and messages are required")
        answer = await self._answer(request.account, name, messages)
        count = self.world.count_tokens
        prompt = 3 + sum(count_message(message, count)
                         for message in messages)
        completion = max(1, count(answer))
        ident = self.world.ident("chatcmpl-")
        self.world.ledger.add(request, "chat", ident, model=name,
                              tokens=prompt + completion, amount=0)
        return Response.json({
            "id": ident, "object": "chat.completion",
            "created": int(self.now()), "model": name, "prompt": [],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "content": answer}}],
            "usage": {"prompt_tokens": prompt,
                      "completion_tokens": completion,
                      "total_tokens": prompt + completion}})

    async def _answer(self, account, name, messages):
        if name in MODELS:
            return prompt_of(messages)[1][:400]
        job = self._routed(account, name)
        if job is None:
            return prompt_of(messages)[1][:400]
        model = await self.world.learner.model(job.trace.recipe,
                                               job.total_steps)
        return model.answer(prompt_of(messages))

    def _routed(self, account, name):
        """The job whose model answers for `<slug>/<endpoint>` or
        `<slug>/<endpoint>/<deployment>`."""
        now = self.now()
        for endpoint in account.endpoints.values():
            pinned = name[len(endpoint.name) + 1:] \
                if name.startswith(endpoint.name + "/") else None
            if name != endpoint.name and pinned is None:
                continue
            weights = dict(endpoint.split)
            for one in endpoint.deployments.values():
                chosen = one.wish["name"] == pinned if pinned \
                    else weights.get(one.id)
                if chosen and one.state(now).endswith("READY"):
                    return one.job
            raise ApiError(503, "No deployment of %s is ready for traffic."
                           % endpoint.name, "service_unavailable",
                           "server_error")
        raise ApiError(404, "Unable to access non-serverless model %s. Please "
                       "create and start a dedicated endpoint for it." % name,
                       "model_not_available")


def check_etag(thing, etag):
    if etag is not None and etag != thing.etag:
        raise ApiError(409, "the etag is stale; read it again", "aborted")


def filtered(data, query):
    """The `filter` parameter, of which `name = "…"` is understood."""
    text = query.get("filter")
    if not text:
        return data
    found = re.fullmatch(r'\s*name\s*=\s*"?([^"]+?)"?\s*', text)
    if not found:
        raise ApiError(400, "cannot understand the filter", param="filter")
    wanted = found.group(1)
    return [one for one in data
            if one["name"] == wanted or one["name"].endswith("/" + wanted)]


def page(data, query):
    """One page of a v2 list."""
    try:
        limit = int(query.get("limit", 50))
        start = int(query.get("after") or 0)
    except ValueError:
        limit = start = 0
    if not 1 <= limit <= PAGE_MAX:
        raise ApiError(400, "limit must be between 1 and %d" % PAGE_MAX,
                       param="limit")
    end = start + limit
    return {"object": "list", "data": data[start:end],
            "next_cursor": str(end) if end < len(data) else None}
