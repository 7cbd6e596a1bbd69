"""The objects of the Together dialect: tunable models with their limits and
prices, files, endpoints and deployments."""

import asyncio
from collections import namedtuple

from clock import rfc3339

Limits = namedtuple("Limits", "size_b sft dpo max_batch min_batch grad_accum "
                    "max_rank full_batch")

# Size in thousands of millions of parameters, which decides the price.
MODELS = {
    "Qwen/Qwen3.5-0.8B": Limits(0.8, 131072, 131072, 8, 1, 1, 64, 8),
    "Qwen/Qwen3.5-2B": Limits(2, 131072, 131072, 8, 1, 1, 64, 8),
    "Qwen/Qwen3.5-4B": Limits(4, 131072, 65536, 8, 1, 1, 64, 8),
    "Qwen/Qwen3.5-9B": Limits(9, 65536, 49152, 8, 1, 1, 64, 8),
    "Qwen/Qwen3.5-27B": Limits(27, 32768, 16384, 16, 1, 1, 64, 16),
    "Qwen/Qwen3.5-35B-A3B": Limits(35, 65536, 32768, 8, 1, 1, 64, None),
    "openai/gpt-oss-20b": Limits(20, 131072, 65536, 1, 1, 8, 64, None),
    "google/gemma-4-31B-it": Limits(31, 49152, 24576, 4, 1, 2, 64, 8),
    "meta-llama/Meta-Llama-3.1-8B-Instruct-Reference":
        Limits(8, 131072, 65536, 8, 1, 1, 64, 8),
    "meta-llama/Llama-3.3-70B-Instruct-Reference":
        Limits(70, 24576, 12288, 8, 8, 1, 64, 32),
    "mistralai/Mixtral-8x7B-Instruct-v0.1":
        Limits(47, 32768, 16384, 8, 1, 1, 64, 16),
}
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj",
           "down_proj"]

# Dollars per million tokens: up to so many thousand million parameters,
# LoRA SFT, full SFT, LoRA DPO, full DPO.
PRICES = ((16, 0.48, 0.54, 1.20, 1.35), (69, 1.50, 1.65, 3.75, 4.12),
          (100, 2.90, 3.20, 7.25, 8.00))

SMALL_FILE = 1 << 20
TERMINAL_FILE = ("COMPLETED", "FAILED", "INVALID_FORMAT")


def project_id(account):
    return "proj_%06d" % account.number


def price_of(model, full, dpo):
    """Dollars per million tokens."""
    for size, *prices in PRICES:
        if MODELS[model].size_b <= size:
            return prices[2 * dpo + full]
    raise KeyError(model)


def limits_json(name):
    limits = MODELS[name]
    shown = {
        "model_name": name, "max_num_epochs": 20, "max_num_evals": 100,
        "max_num_checkpoints": 10, "min_learning_rate": 1e-8,
        "max_learning_rate": 0.01, "max_seq_length_sft": limits.sft,
        "max_seq_length_dpo": limits.dpo, "min_max_seq_length": 2048,
        "default_gradient_accumulation_steps": limits.grad_accum,
        "supports_full_training": limits.full_batch is not None,
        "supports_vision": False, "supports_tools": True,
        "supports_reasoning": True, "merge_output_lora": True,
        "lora_training": {
            "max_batch_size": limits.max_batch,
            "max_batch_size_dpo": limits.max_batch,
            "min_batch_size": limits.min_batch, "max_rank": limits.max_rank,
            "target_modules": MODULES}}
    if limits.full_batch:
        shown["full_training"] = {
            "max_batch_size": limits.full_batch,
            "max_batch_size_dpo": limits.full_batch, "min_batch_size": 1}
    return shown


class TogetherFile:
    """A file, which exists before its content does. `inspection` is a task
    that reads the content."""

    def __init__(self, ident, facts, created_at):
        self.id = ident
        self.filename = facts["file_name"]
        self.purpose = facts["purpose"]
        self.file_type = facts.get("file_type") or "jsonl"
        self.checksum = facts.get("checksum")
        self.created_at = created_at
        self.expires_at = None
        self.blob = None
        self.stored_at = None
        self.preprocessed = False
        self.looks = 0
        self.forced = None
        self.inspection = None

    @property
    def found(self):
        """The inspection, once it is there."""
        if self.inspection is not None and self.inspection.done():
            return self.inspection.result()
        return None

    async def settle(self):
        """Wait for the reading of a small file, which takes milliseconds, so
        that its states depend on settings and not on the machine's speed."""
        if self.inspection is not None and self.blob.size <= SMALL_FILE:
            await asyncio.shield(self.inspection)

    def status(self, settings, now):
        if self.forced:
            return self.forced
        if self.blob is None or (settings.preprocess_required
                                 and not self.preprocessed):
            return "PENDING"
        if self.checksum and self.checksum != self.blob.sha256:
            return "FAILED"
        polls = settings.file_processing_polls
        waited = now - self.stored_at >= settings.file_processing_seconds
        if self.looks <= polls // 2 and polls:
            return "QUEUED"
        if (polls and self.looks <= polls) or not waited \
                or self.found is None:
            return "RUNNING"
        return "COMPLETED" if self.found.valid else "INVALID_FORMAT"

    def as_json(self, settings, now):
        status = self.status(settings, now)
        shown = {"id": self.id, "object": "file",
                 "created_at": int(self.created_at),
                 "filename": self.filename,
                 "bytes": self.blob.size if self.blob else 0,
                 "purpose": self.purpose, "FileType": self.file_type,
                 "Processed": status == "COMPLETED"}
        if self.purpose == "fine-tune":
            shown["processing_status"] = status
            if status in TERMINAL_FILE and self.found is not None:
                shown["validation_report"] = self._report(status)
        return shown

    def _report(self, status):
        found = self.found
        report = {"valid": status == "COMPLETED", "file_id": self.id,
                  "nlines": found.lines,
                  "dataset_format": (found.format or "").upper(),
                  "dataset_has_message_weights": found.has_message_weights,
                  "dataset_has_parallel_tool_calls":
                      found.has_parallel_tool_calls,
                  "dataset_has_reasoning": found.has_reasoning,
                  "dataset_has_sample_weights": found.has_sample_weights,
                  "dataset_has_tools": found.has_tools,
                  "dataset_is_multimodal": found.is_multimodal}
        if found.errors:
            line, text = found.errors[0]
            report["error"] = "Error parsing file on line %d: %s" % (line,
                                                                     text)
            report["error_type"] = "INVALID_FORMAT"
        return report


class Endpoint:
    """A name that may be called, with the deployments behind it."""

    def __init__(self, ident, name, project, visibility, created_at):
        self.id = ident
        self.name = name
        self.project = project
        self.visibility = visibility
        self.created_at = self.updated_at = created_at
        self.version = 1
        self.split = []                 # [(deployment id, weight)]
        self.deployments = {}

    @property
    def etag(self):
        return '%s-%d' % (self.id[-6:], self.version)

    def changed(self, now):
        self.version += 1
        self.updated_at = now

    def as_json(self, now):
        return {"id": self.id, "name": self.name, "projectId": self.project,
                "createdAt": rfc3339(self.created_at),
                "updatedAt": rfc3339(self.updated_at), "etag": self.etag,
                "visibility": self.visibility,
                "endpointType": "ENDPOINT_TYPE_DEDICATED",
                "trafficSplit": [{"deploymentId": ident, "weight": weight}
                                 for ident, weight in self.split],
                "deployments": [one.summary(now)
                                for one in self.deployments.values()]}


class Deployment:
    """Machines that cost money while they stand. Its state follows from when
    it was last told how many replicas to have."""

    def __init__(self, ident, endpoint, wish, job, seconds, now):
        self.id = ident
        self.endpoint = endpoint
        self.wish = wish
        self.job = job                  # None: a base model
        self.seconds = seconds
        self.created_at = self.changed_at = now
        self.replicas = max(1, wish["autoscaling"].get("minReplicas", 1))
        self.was_up = False
        self.forced = None
        self.version = 1
        self.billed_until = now
        self.amount = 0.0

    @property
    def etag(self):
        return "%s-%d" % (self.id[-6:], self.version)

    def state(self, now):
        if self.forced:
            return "DEPLOYMENT_STATE_" + self.forced
        settled = now - self.changed_at >= self.seconds
        if self.replicas:
            word = "READY" if settled else \
                "SCALING" if self.was_up else "PROVISIONING"
        else:
            word = "STOPPED" if settled else "STOPPING"
        return "DEPLOYMENT_STATE_" + word

    def scale(self, autoscaling, now):
        self.was_up = self.was_up or self.state(now).endswith("READY")
        self.wish["autoscaling"] = autoscaling
        replicas = autoscaling.get("minReplicas", 1) \
            if autoscaling.get("maxReplicas") else 0
        if replicas != self.replicas:
            self.replicas = replicas
            self.changed_at = now
        self.version += 1

    def cost_until(self, now, cents):
        """Dollars for the replicas since creation."""
        return self.amount + (now - self.billed_until) / 3600 \
            * self.replicas * cents / 100

    def standing(self, now, settings):
        """For the control endpoint."""
        return {"id": self.id, "name": self.wish["name"],
                "endpoint": self.endpoint.name, "state": self.state(now),
                "replicas": self.replicas, "amount": round(self.cost_until(
                    now, settings.price_cents_per_hour), 6)}

    def summary(self, now):
        return {"id": self.id, "name": self.wish["name"],
                "model": self.wish["model"], "state": self.state(now),
                "autoscaling": self.wish["autoscaling"],
                "createdAt": rfc3339(self.created_at),
                "trafficMode": "TRAFFIC_MODE_LIVE",
                "desiredReplicas": self.replicas,
                "readyReplicas": self._ready(now),
                "hardware": "1x_nvidia_h100_80gb_sxm"}

    def _ready(self, now):
        return self.replicas if self.state(now).endswith("READY") else 0

    def as_json(self, now):
        return {"id": self.id, "name": self.wish["name"],
                "endpointId": self.endpoint.id,
                "projectId": self.endpoint.project,
                "model": self.wish["model"], "config": self.wish["config"],
                "hardware": "1x_nvidia_h100_80gb_sxm",
                "autoscaling": self.wish["autoscaling"],
                "enableLora": bool(self.wish.get("enableLora")),
                "trafficMode": "TRAFFIC_MODE_LIVE",
                "status": {"state": self.state(now),
                           "message": "", "readyReplicas": self._ready(now),
                           "scheduledReplicas": self.replicas},
                "desiredReplicas": self.replicas, "etag": self.etag,
                "createdAt": rfc3339(self.created_at),
                "updatedAt": rfc3339(self.changed_at)}
