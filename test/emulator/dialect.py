"""What a platform's dialect is made of: routes, authentication, errors.

To add a platform, write one file with a Dialect subclass and add it to
DIALECTS in emulator.py. Routes are declared on the methods:

    @route("GET", "/fine_tuning/jobs/{id}", "job.get")
    async def get_job(self, request, id): ...

The last argument names the operation, by which fault rules and the request
counts speak of it.
"""

import json

from jobs import Job
from wire import BadRequest, Response


class ApiError(Exception):
    """A refusal by the platform."""

    def __init__(self, status, message, code=None, kind=None, param=None,
                 headers=None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.kind = kind
        self.param = param
        self.headers = headers


def route(method, pattern, operation):
    """Declare a handler; {names} in the pattern become arguments."""
    def declare(function):
        routes = function.__dict__.setdefault("routes", [])
        routes.append((method, pattern.strip("/").split("/"), operation))
        return function
    return declare


class Dialect:
    """Base of all dialects. `provider` separates the accounts, `prefixes` are
    where it is mounted."""

    name = provider = None
    prefixes = ()

    def __init__(self, world):
        self.world = world
        self._routes = {}
        for attribute in dir(type(self)):
            function = getattr(type(self), attribute)
            for method, parts, operation in getattr(function, "routes", ()):
                self._routes.setdefault((method, len(parts)), []).append(
                    (parts, operation, getattr(self, attribute)))
        for routes in self._routes.values():
            # A literal segment goes before a {name} in the same place.
            routes.sort(key=lambda row: [part[0] == "{" for part in row[0]])

    # ------------------------------------------------------------ requests

    def locate(self, request, local_path):
        """Find the handler; what is found is kept on the request."""
        request.dialect = self
        request.local_path = local_path
        request.operation = None
        found = self._find(request)
        if found:
            request.operation = found[0]
        return found

    def parts_of(self, request):
        """The path as it is matched."""
        return request.segments

    def _find(self, request):
        parts = self.parts_of(request)
        for pattern, operation, handler in self._routes.get(
                (request.method, len(parts)), ()):
            names = {}
            for want, have in zip(pattern, parts):
                if want[0] == "{":
                    names[want[1:-1]] = have
                elif want != have:
                    break
            else:
                return operation, handler, names
        return None

    async def handle(self, request, found):
        """The answer to a located request."""
        try:
            self.authenticate(request)
            if found is None:
                raise ApiError(404, "Invalid URL (%s %s)" % (
                    request.method, request.path),
                    kind="invalid_request_error")
            _, handler, names = found
            response = await handler(request, **names)
            if not isinstance(response, Response):
                response = Response.json(response)
        except ApiError as error:
            response = self.error_response(error)
        except BadRequest as bad:
            if bad.status not in (400, 413):
                raise
            response = self.error_response(ApiError(bad.status, bad.text))
        self.finish(request, response)
        return response

    def authenticate(self, request):
        scheme, _, key = request.headers.get("authorization", "") \
            .partition(" ")
        account = None
        if scheme.lower() == "bearer":
            account = self.world.account(self, key.strip())
        if account is None:
            raise self.bad_key(key)
        request.account = account
        request.key = key.strip()

    async def json_body(self, request, required=True):
        """The body as an object."""
        body = await request.body()
        if not body and not required:
            return {}
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise ApiError(400, "We could not parse the JSON body of your "
                           "request.", kind="invalid_request_error") from None
        if not isinstance(value, dict):
            raise ApiError(400, "The JSON body must be an object.",
                           kind="invalid_request_error")
        return value

    # What a dialect says differently.

    def bad_key(self, key):
        return ApiError(401, "Incorrect API key provided.",
                        "invalid_api_key", "invalid_request_error")

    def error_response(self, error):
        return Response.json({"error": {
            "message": error.message,
            "type": error.kind or "invalid_request_error",
            "param": error.param, "code": error.code}},
            error.status, error.headers)

    def finish(self, request, response):
        """Add the headers that every answer carries."""

    # ---------------------------------------------------------------- jobs

    def phase_begun(self, job, name, at):
        """A phase starts."""

    def phase_over(self, job, name, at):
        """A phase ends; may end the job."""

    def step_over(self, job, step):
        """One of the steps in job.marks is done."""

    def succeed(self, job, at):
        """The last phase is over."""

    def force(self, job, wish):
        """Bring about a state a test asks for; `wish` is the JSON body of the
        control request."""
        raise NotImplementedError

    def new_job(self, account, ident, phases, request):
        job = Job(self, account, ident, phases, request)
        account.jobs[job.id] = job
        return job
