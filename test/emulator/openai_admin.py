"""The smaller parts of OpenAI's fine-tuning API: who else may use a
checkpoint, which takes an administrator's key, and dry runs of graders."""

import re

from dialect import ApiError, route

GRADER_MEMBERS = {
    "string_check": {"name", "input", "reference", "operation"},
    "text_similarity": {"name", "input", "reference", "evaluation_metric"},
    "python": {"name", "source"},
    "score_model": {"name", "model", "input"},
    "multi": {"graders", "calculate_output"},
}
NO_ERRORS = dict.fromkeys((
    "formula_parse_error", "sample_parse_error", "truncated_observation_error",
    "unresponsive_reward_error", "invalid_variable_error", "other_error",
    "python_grader_server_error", "python_grader_runtime_error",
    "model_grader_server_error", "model_grader_refusal_error",
    "model_grader_parse_error"), False)
NO_DETAILS = dict.fromkeys((
    "python_grader_server_error_type", "python_grader_runtime_error_details",
    "model_grader_server_error_details"))
COMPARE = {"eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
           "like": lambda a, b: b in a,
           "ilike": lambda a, b: b.lower() in a.lower()}


class OpenAiAdmin:
    """The routes of permissions and graders."""

    # --------------------------------------------------------- permissions

    def _permissions_of(self, request, checkpoint):
        """The permissions of a checkpoint: id -> (project, time)."""
        if not request.key.startswith("test-admin-"):
            raise ApiError(403, "You have insufficient permissions for this "
                           "operation. Missing scopes: api.fine_tuning."
                           "checkpoints.", "missing_scope")
        job = next((job for job in request.account.jobs.values()
                    if job.tuned_model
                    and checkpoint.startswith(job.tuned_model)), None)
        if job is None:
            raise ApiError(404, "No such checkpoint: " + checkpoint)
        return job.extra.setdefault("permissions", {})

    @route("POST", "/fine_tuning/checkpoints/{checkpoint}/permissions",
           "permission.create")
    async def create_permissions(self, request, checkpoint):
        permissions = self._permissions_of(request, checkpoint)
        wish = await self.json_body(request)
        projects = wish.get("project_ids")
        if not isinstance(projects, list) or not projects:
            raise ApiError(400, "Missing required parameter: 'project_ids'.",
                           "missing_required_parameter", param="project_ids")
        made = {self.world.ident("cp_"): (project, self.now())
                for project in projects}
        permissions.update(made)
        for ident in made:
            self.world.ledger.add(request, "permission.create", ident)
        return permission_page(made)

    @route("GET", "/fine_tuning/checkpoints/{checkpoint}/permissions",
           "permission.list")
    async def list_permissions(self, request, checkpoint):
        return permission_page(self._permissions_of(request, checkpoint))

    @route("DELETE", "/fine_tuning/checkpoints/{checkpoint}/permissions/"
           "{ident}", "permission.delete")
    async def delete_permission(self, request, checkpoint, ident):
        permissions = self._permissions_of(request, checkpoint)
        if permissions.pop(ident, None) is None:
            raise ApiError(404, "No such permission: " + ident)
        self.world.ledger.add(request, "permission.delete", ident)
        return {"id": ident, "object": "checkpoint.permission",
                "deleted": True}

    # ------------------------------------------------------------- graders

    @route("POST", "/fine_tuning/alpha/graders/validate", "grader.validate")
    async def validate_grader(self, request):
        wish = await self.json_body(request)
        return {"grader": checked_grader(wish.get("grader"))}

    @route("POST", "/fine_tuning/alpha/graders/run", "grader.run")
    async def run_grader(self, request):
        wish = await self.json_body(request)
        grader = checked_grader(wish.get("grader"))
        if grader["type"] != "string_check":
            raise ApiError(400, "The emulator runs only string_check.",
                           "unsupported_grader", param="grader")
        names = {"item": wish.get("item") or {},
                 "sample": {"output_text": wish.get("model_sample", "")}}
        same = COMPARE[grader["operation"]](
            filled(grader["input"], names), filled(grader["reference"], names))
        return {"reward": float(same), "sub_rewards": {},
                "model_grader_token_usage_per_model": {},
                "metadata": {"name": grader["name"], "type": grader["type"],
                             "errors": dict(NO_ERRORS, **NO_DETAILS),
                             "execution_time": 0.001, "scores": {},
                             "token_usage": None,
                             "sampled_model_name": None}}


def permission_page(permissions):
    data = [{"id": ident, "object": "checkpoint.permission",
             "created_at": int(at), "project_id": project}
            for ident, (project, at) in permissions.items()]
    return {"object": "list", "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None, "has_more": False}


def checked_grader(grader):
    kind = grader.get("type") if isinstance(grader, dict) else None
    if kind not in GRADER_MEMBERS or GRADER_MEMBERS[kind] - set(grader) or (
            kind == "string_check" and grader["operation"] not in COMPARE):
        raise ApiError(400, "Invalid grader.", "invalid_grader",
                       param="grader")
    return grader


def filled(template, names):
    """A template with its {{item.x}} and {{sample.output_text}} replaced."""
    def value(match):
        place = names
        for part in match.group(1).split("."):
            place = place.get(part, "") if isinstance(place, dict) else ""
        return str(place)
    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", value, template)
