"""What all dialects share: settings, accounts, and the parts of the provider
that are the same everywhere (clock, ledger, blob store, learner)."""

import asyncio
import math
import random
import string
import uuid

from clock import Clock
from faults import Faults
from learner import Learner
from ledger import Ledger
from storage import BlobStore

GIB = 1 << 30
MIB = 1 << 20

DEFAULTS = {
    # time
    "seconds_per_job": 2.0,             # creation to success
    "deploy_seconds": 1.0,              # deployment creation to READY
    "list_delay": 0.0,                  # lists hide an object so long
    # files
    "file_processing_polls": 0,         # reads before a file is processed
    "file_processing_seconds": 0.0,     # and this long at least
    "file_not_ready_refused": False,    # create answers 400 while processing
    "file_max": 512 * MIB,              # one-shot upload, OpenAI
    "part_max": 64 * MIB,               # one part of an upload, OpenAI
    "upload_max": 8 * GIB,              # all parts of an upload, OpenAI
    "upload_seconds": 3600,             # life of a begun upload
    "redirect_upload_max": 5 * GIB,     # Together: above it, multipart only
    "part_min": 5 * MIB,                # Together multipart, but the last
    "checksum_known": True,             # Together: 409 for known content
    "preprocess_required": False,       # Together: PENDING without it
    "inspect_bytes": 64 * MIB,          # so much of a file is checked
    # jobs
    "min_examples": 10,                 # OpenAI: fewer fail the job
    "training_available": True,         # False: 403 training_not_available
    "moderation": "pass",               # "fail": refused after training
    "refuse_alias": True,               # OpenAI: only dated models
    "enforce_retirement": False,        # refuse models past shutdown_date
    "daily_job_limit": 0,               # OpenAI: jobs a day; 0: no limit
    "strict_fields": True,              # unknown members of a create are 400
    "batch_size_required": False,       # Together: 500 without it
    "balance": None,                    # dollars left; None: no limit
    "metadata_filter": True,            # False: ignored, as Azure does
    "metrics_nan": False,               # Together: NaN among the metrics
    "events_uppercase": False,          # Together: spelling of event types
    # Vertex
    "vertex_location": "us-central1",   # elsewhere is a page of HTML, 404
    "service_accounts": {},             # e-mail -> {"n": modulus in hex}
    "metadata_account": None,           # of the metadata server, a name
    "token_seconds": 3600,              # life of an access token
    "buckets": None,                    # names; None: all there are
    "upload_keep": None,                # bytes kept of the parts of an upload
    "concurrent_jobs": 0,               # more are 429; 0: no limit
    "cancel_polls": False,              # a cancel stays JOB_STATE_CANCELLING
    "experiment_polls": 0,              # looks at a job before it has one
    "series_at_end": False,             # no curves while a job runs
    # what is shown
    "job_page_max": 100,                # most items of a page, OpenAI
    "event_page_max": 100,              # the same of events
    "error_shape": "nulls",             # nothing failed: nulls | empty | null
    "event_id_prefix": "ftevent-",      # also seen: "ft-event-"
    "event_type_absent": False,         # OpenAI: events without type
    "event_data_null": False,           # OpenAI: messages with null data
    "event_metrics": True,              # OpenAI: False: messages only
    "result_format": "csv",             # csv | base64 | missing
    "model_load_polls": 0,              # 404s before a new model answers
    # money
    "token_rule": "bytes",              # bytes (four a token) | words | chars
    "token_ratio": 1.0,                 # the bill is so many times that
    "prices": {},                       # model -> dollars per million tokens
    "minimum_price": 4.0,               # Together: dollars a job
    "deployable": True,                 # Together: False: no configs
    "price_cents_per_hour": 549,        # Together: one replica
    # Fireworks
    "dataset_post_max": 150 * 1000 * 1000,  # one-request upload
    "dataset_stuck": False,             # never READY, and no fault
    "account_suspended": None,          # a suspendState: creations are 412
    "signed_url_seconds": 3600.0,       # life of a signed URL
    "metrics_late_seconds": 0.0,        # no metrics file for so long
    "metrics_old": False,               # the lines of the older trainer
    "metrics_partial": False,           # the last line is cut in its middle
    "foreign_dpo_jobs": 0,              # preference jobs in the account
    # Azure
    "training_type_required": True,     # 400 without trainingType
    "job_quota": 100,                   # jobs of a resource
    "file_quota": 100,                  # files of a resource
    "file_quota_bytes": GIB,            # and their size
    "deploy_fails": False,              # deployments end as Failed
    "idle_days": 15,                    # unused deployments go then
    "token_seconds": 3600,              # life of an Entra token
    # AWS
    "aws_region": "us-east-1",          # what signatures must be scoped to
    "aws_stuck": False,                 # new jobs never start
    "aws_csv_layout": "nova",           # nova | guide | llama | missing
    "aws_job_quota": 0,                 # jobs in progress; 0: no limit
    "aws_role_passes": True,            # False: iam:PassRole is missing
    "s3_page_max": 1000,                # keys of a listing's page
    "s3_late_errors": 0,                # completes that fail inside of a 200
    # learning
    "learner_rows": 2000,               # rows read of a file
    "learner_updates": 6000,            # gradient steps of a job
}


class Settings:
    """Switches, read as attributes, changed by the control endpoint."""

    def __init__(self, **changes):
        self._initial = dict(DEFAULTS, **changes)
        self.restore()

    def restore(self):
        """Back to what the emulator was started with."""
        self.change(self._initial)

    def change(self, changes):
        unknown = set(changes) - set(DEFAULTS)
        if unknown:
            raise ValueError("unknown settings: "
                             + ", ".join(sorted(unknown)))
        self.__dict__.update(changes)

    def as_dict(self):
        return {name: getattr(self, name) for name in DEFAULTS}


class Account:
    """One customer of one provider: what its keys can see."""

    def __init__(self, name, number):
        self.name = name
        self.number = number
        self.files = {}
        self.uploads = {}
        self.jobs = {}
        self.models = {}
        self.endpoints = {}
        self.adapters = {}
        self.deleted = set()            # (kind, id) that stay taken
        self.spent = 0.0
        self.created_days = {}


class World:
    """The state of the emulator; `reset` begins a new one."""

    def __init__(self, settings, directory, keep_bytes):
        self.clock = Clock()
        self.settings = settings
        self.faults = Faults(self.clock)
        self.ledger = Ledger(self.clock)
        self.blobs = BlobStore(directory, keep_bytes)
        self.learner = Learner(settings)
        self.random = random.Random()
        self.storage_port = None
        self.scheme = "http"
        self.accounts = {}
        self.revoked = set()
        self.tasks = set()

    def reset(self):
        for task in self.tasks:
            task.cancel()
        self.accounts.clear()
        self.revoked.clear()
        self.faults.clear()
        self.ledger.clear()
        self.blobs.clear()
        self.settings.restore()
        self.clock.set_rate(1.0)

    def account(self, dialect, key):
        """The account of a key, or None for a key that is not accepted.
        `test-key-NAME` and `test-key-NAME.anything` share the account NAME,
        so that a key can be rotated; `test-admin-NAME` is its administrator.
        """
        for prefix in ("test-key-", "test-admin-"):
            if key.startswith(prefix) and key not in self.revoked:
                name = key[len(prefix):].split(".")[0] or "default"
                place = (dialect.provider, name)
                if place not in self.accounts:
                    self.accounts[place] = Account(name,
                                                   len(self.accounts) + 1)
                return self.accounts[place]
        return None

    def jobs(self):
        for account in self.accounts.values():
            yield from account.jobs.values()

    def find_job(self, ident):
        for account in self.accounts.values():
            if ident in account.jobs:
                return account.jobs[ident]
        return None

    def ident(self, prefix, size=24):
        return prefix + "".join(self.random.choices(
            string.ascii_letters + string.digits, k=size))

    def uuid(self):
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def shown_in_lists(self, thing, now):
        return now - thing.created_at >= self.settings.list_delay

    def count_tokens(self, text):
        """Tokens of a text by the rule in force. The bill need not equal any
        real tokenizer's; it must only be repeatable and not absurd."""
        rule = self.settings.token_rule
        if rule == "words":
            return len(text.split())
        if rule == "chars":
            return len(text)
        return math.ceil(len(text.encode("utf-8", "replace")) / 4)

    def billed_tokens(self, count):
        return math.ceil(count * self.settings.token_ratio)

    def bill(self, job, tokens, amount, why):
        """Charge an account and write it down."""
        job.account.spent += amount
        job.amount = round(job.amount + amount, 9)
        self.ledger.add(None, "bill", job.id, job.dialect.name,
                        account=job.account.name, token=job.token,
                        tokens=tokens, amount=round(amount, 9), reason=why)

    def spawn(self, coroutine):
        """Run beside the requests; kept referenced until it ends."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
