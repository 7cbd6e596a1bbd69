"""Azure beside the data plane: the resource manager, which stands deployments
up and takes no API key, and Entra, which sells tokens.

`/azure-manager` is https://management.azure.com, `/entra` is
https://login.microsoftonline.com. A service principal of the account NAME has
the client id `test-client-NAME` and the secret `test-secret-NAME`.
"""

from urllib.parse import parse_qs

from azure_dialect import bearer_account
from azure_objects import MANAGER, SCOPES, Deployment, sweep, tokens_of
from dialect import ApiError, Dialect, route
from openai_objects import BASE_MODELS, CHAT_ONLY
from wire import Response

DEPLOYMENTS_MAX = 10
ACCOUNT = ("/subscriptions/{subscription}/resourceGroups/{group}/providers/"
           "Microsoft.CognitiveServices/accounts/{account}/deployments")


class AzureManager(Dialect):
    """Deployments, by name."""

    name = "azure_manager"
    provider = "azure"
    prefixes = ("/azure-manager",)

    def now(self):
        return self.world.clock.now()

    def authenticate(self, request):
        scheme, _, token = request.headers.get("authorization", "") \
            .partition(" ")
        request.key = token.strip()
        request.account = bearer_account(self, request.key, MANAGER) \
            if scheme.lower() == "bearer" else None
        if request.account is None:
            known = request.key in tokens_of(self.world)
            raise ApiError(401, "The access token is invalid or expired.",
                           "ExpiredAuthenticationToken" if known
                           else "InvalidAuthenticationToken")
        if not request.query.get("api-version"):
            raise ApiError(400, "The api-version query parameter is "
                           "required.", "MissingApiVersionParameter")
        sweep(request.account, self.world, self.now())

    def error_response(self, error):
        return Response.json({"error": {
            "code": error.code or "BadRequest", "message": error.message,
            "details": []}}, error.status, error.headers)

    @route("GET", ACCOUNT, "deployment.list")
    async def list_deployments(self, request, **place):
        now = self.now()
        return {"value": [one.as_json(request.path + "/" + one.name, now)
                          for one in request.account.endpoints.values()]}

    def _found(self, request, name):
        one = request.account.endpoints.get(name)
        if one is None:
            raise ApiError(404, "The deployment '%s' was not found." % name,
                           "DeploymentNotFound")
        return one

    @route("GET", ACCOUNT + "/{name}", "deployment.get")
    async def get_deployment(self, request, name, **place):
        return self._found(request, name).as_json(request.path, self.now())

    @route("PUT", ACCOUNT + "/{name}", "deploy")
    async def put_deployment(self, request, name, **place):
        wish = await self.json_body(request)
        held, now = request.account.endpoints, self.now()
        model = self._deployable(request.account, wish)
        before = held.get(name)
        if before is not None and before.wish["body"] == wish:
            return before.as_json(request.path, now)
        if any(one.is_busy(now) for one in held.values()):
            raise ApiError(409, "Another operation is being performed on the "
                           "parent resource.", "RequestConflict")
        if before is None and len(held) >= DEPLOYMENTS_MAX:
            raise ApiError(400, "This operation requires more deployments "
                           "than the quota has.", "InsufficientQuota")
        held[name] = Deployment(name, wish, model, self.world.settings, now)
        self.world.ledger.add(request, "deploy", name, token=name,
                              model=held[name].model_name,
                              sku=held[name].sku)
        return Response.json(held[name].as_json(request.path, now),
                             200 if before else 201)

    def _deployable(self, account, wish):
        """Check a wish; the tuned model it names, None for a base model."""
        sku, model = wish.get("sku"), (wish.get("properties") or {}).get(
            "model")
        if not isinstance(sku, dict) or not isinstance(sku.get("name"), str) \
                or not isinstance(sku.get("capacity", 1), int):
            raise ApiError(400, "The sku is invalid.", "InvalidSku")
        if not isinstance(model, dict) or model.get("format") != "OpenAI" \
                or not model.get("version"):
            raise ApiError(400, "The model is invalid.", "InvalidModel")
        name = model.get("name")
        if name in BASE_MODELS or name in CHAT_ONLY:
            return None
        if name not in account.models:
            raise ApiError(400, "The model '%s' does not exist." % name,
                           "DeploymentModelNotSupported")
        return account.models[name]

    @route("DELETE", ACCOUNT + "/{name}", "deployment.delete")
    async def delete_deployment(self, request, name, **place):
        one = request.account.endpoints.get(name)
        if one is None:
            return Response(204, b"")
        now = self.now()
        if one.deleted_at is None:
            one.deleted_at = now
            self.world.ledger.add(
                request, "deploy.delete", name, token=name,
                amount=round(one.cost_until(now, 0), 6))
        return Response(202, b"")


class Entra(Dialect):
    """The token endpoint of every tenant."""

    name = "entra"
    provider = "azure"
    prefixes = ("/entra",)

    def authenticate(self, request):
        request.account = request.key = None

    def error_response(self, error):
        return Response.json({"error": error.code or "invalid_request",
                              "error_description": error.message},
                             error.status)

    @route("POST", "/{tenant}/oauth2/v2.0/token", "token")
    async def token(self, request, tenant):
        form = {name: values[0] for name, values in parse_qs(
            (await request.body()).decode("utf-8", "replace")).items()}
        name = form.get("client_id", "")[len("test-client-"):]
        if form.get("grant_type") != "client_credentials":
            raise ApiError(400, "AADSTS70003: unsupported grant type.",
                           "unsupported_grant_type")
        if not name or form.get("client_id") != "test-client-" + name or \
                form.get("client_secret") != "test-secret-" + name or \
                form["client_secret"] in self.world.revoked:
            raise ApiError(401, "AADSTS7000215: Invalid client secret.",
                           "invalid_client")
        audience = SCOPES.get(form.get("scope"))
        if audience is None:
            raise ApiError(400, "AADSTS70011: The scope is not valid.",
                           "invalid_scope")
        life = self.world.settings.token_seconds
        token = "entra." + self.world.ident("", 40)
        tokens_of(self.world)[token] = (name, audience,
                                        self.world.clock.now() + life)
        self.world.ledger.add(None, "token", tenant, self.name,
                              audience=audience, account=name)
        return {"token_type": "Bearer", "expires_in": life,
                "ext_expires_in": life, "access_token": token}
