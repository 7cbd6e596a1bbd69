"""The objects of the Azure dialect that OpenAI's does not have: files that are
read slowly, deployments with their states, and the tokens of Entra."""

from openai_objects import StoredFile

HOUR = 3600
DAY = 86400
DATA, MANAGER = "data", "manager"
SCOPES = {"https://cognitiveservices.azure.com/.default": DATA,
          "https://ai.azure.com/.default": DATA,
          "https://management.azure.com/.default": MANAGER}


class AzureFile(StoredFile):
    """A file that is pending, then running, before it is processed."""

    def status(self, settings, now):
        word = super().status(settings, now)
        if word != "uploaded":
            return word
        return "pending" if self.looks < 2 else "running"


class Deployment:
    """What the resource manager stood up under a name. Only its age, its last
    use and the wishes decide its state, so nothing runs by a timer.

    The control endpoint lists it as an endpoint with one deployment."""

    replicas = 1

    def __init__(self, name, wish, model, settings, now):
        self.id = self.name = name
        self.wish = {"name": name, "body": wish}
        self.model = model              # None: a base model
        self.seconds = settings.deploy_seconds
        self.fails = settings.deploy_fails
        self.hidden_calls = settings.model_load_polls
        self.created_at = self.last_used = now
        self.deleted_at = None
        self.billed_until = now

    @property
    def deployments(self):
        return {self.name: self}

    @property
    def sku(self):
        return self.wish["body"]["sku"]["name"]

    @property
    def model_name(self):
        return self.wish["body"]["properties"]["model"]["name"]

    def state(self, now):
        if self.deleted_at is not None:
            return "Deleting"
        age = now - self.created_at
        if age < self.seconds:
            return "Accepted" if age < self.seconds / 2 else "Creating"
        return "Failed" if self.fails else "Succeeded"

    def is_gone(self, now, settings):
        """Deleted, unused for too long, or of a tier that does not last."""
        if self.deleted_at is not None:
            return now - self.deleted_at >= self.seconds
        if self.sku == "DeveloperTier":
            return now - self.created_at >= DAY
        return now - self.last_used >= settings.idle_days * DAY

    def is_busy(self, now):
        return self.state(now) in ("Accepted", "Creating", "Deleting")

    def cost_until(self, now, cents):
        """Dollars since it stands; a Developer deployment is free."""
        rate = 0 if self.sku == "DeveloperTier" else 1.70
        return (now - self.created_at) / HOUR * rate

    def as_json(self, path, now):
        body = self.wish["body"]
        return {"id": path, "name": self.name, "etag": "e-" + self.name,
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "sku": body["sku"],
                "properties": dict(body["properties"],
                                   provisioningState=self.state(now),
                                   capabilities={"chatCompletion": "true"})}


def tokens_of(world):
    """Token text -> (account name, audience, end of its life)."""
    return world.__dict__.setdefault("entra_tokens", {})


def sweep(account, world, now):
    """Forget what is gone; the platform says so to nobody."""
    for name, one in list(account.endpoints.items()):
        if one.is_gone(now, world.settings):
            del account.endpoints[name]
            world.ledger.add(None, "deploy.gone", name, "azure_manager")
