"""A learner that really learns, small enough for hundreds of jobs in a test.

Model: softmax regression. The prompt becomes hashed word unigrams, word
bigrams and character 4-grams, each with weight 1/sqrt(n); the completion is
the class. Training is plain stochastic gradient descent over shuffled epochs,
so train loss, validation loss and accuracies are measured, not invented, and
many epochs overfit. Everything follows from the files, the hyperparameters
and the seed.

Training runs in slices of a few milliseconds inside the event loop, one
recipe at a time, and is shared: jobs with the same recipe are trained once.
A checkpoint is not kept but trained again up to its step when somebody asks.
"""

import asyncio
import math
import random
import zlib
from array import array
from collections import Counter, namedtuple

from clock import Slices

BUCKETS = 1 << 18
FEATURES_MAX = 160
CLASSES_MAX = 128
MODELS_KEPT = 64
VALID_SAMPLE = 32
VALID_ROWS_MAX = 500
RATE = 4.0

# `parent` is (recipe, step) of a tuned model that is trained further. With
# `evals` the validation rows are measured that often, evenly spaced; without,
# samples of them now and then and all of them at the end of each epoch.
Recipe = namedtuple("Recipe", "train valid epochs batch rate seed parent "
                    "evals schedule", defaults=(0, ("constant", 0, 0)))
Step = namedtuple("Step", "train_loss train_accuracy valid_loss "
                  "valid_accuracy full_valid_loss full_valid_accuracy "
                  "grad_norm rate_factor")


def features_of(prompt):
    """Hashed features of a (system, user) pair, without repeats."""
    words = prompt[1].lower().split()
    text = " ".join(words)
    grams = ["s" + prompt[0]]
    grams += ["w" + word.strip(".,;:!?()\"'") for word in words]
    grams += ["b" + one + " " + two for one, two in zip(words, words[1:])]
    grams += ["c" + text[i:i + 4] for i in range(len(text) - 3)]
    hashed = dict.fromkeys(zlib.crc32(gram.encode("utf-8", "replace"))
                           % BUCKETS for gram in grams[:4 * FEATURES_MAX])
    return tuple(hashed)[:FEATURES_MAX]


class Example:
    """A row: its prompt's features, made when first needed, and its class, or
    None when no class stands for its completion."""

    __slots__ = ("_prompt", "_features", "target")

    def __init__(self, prompt, target):
        self._prompt = prompt
        self._features = None
        self.target = target

    @property
    def features(self):
        if self._features is None:
            self._features = features_of(self._prompt)
        return self._features


class Model:
    """Weights: feature -> one number per class. A frozen model holds compact
    arrays and only answers."""

    def __init__(self, classes, parent=None):
        self.classes = classes
        self.rows = {}
        if parent is not None:
            for feature, row in parent.rows.items():
                self.rows[feature] = list(row) + [0.0] * (
                    len(classes) - len(row))

    def scores(self, features):
        rows = [self.rows[f] for f in features if f in self.rows]
        if not rows:
            return [0.0] * len(self.classes)
        scale = 1.0 / math.sqrt(len(features))
        return [scale * total for total in map(sum, zip(*rows))]

    def probabilities(self, features):
        scores = self.scores(features)
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]

    def learn(self, features, target, rate):
        """One gradient step; returns (loss, right, gradient norm) from
        before it."""
        probabilities = self.probabilities(features)
        loss = -math.log(max(probabilities[target], 1e-12))
        right = probabilities[target] >= max(probabilities)
        step = rate / math.sqrt(len(features))
        gradient = [-step * p for p in probabilities]
        gradient[target] += step
        rows = self.rows
        zeros = [0.0] * len(self.classes)
        for feature in features:
            rows[feature] = [weight + change for weight, change
                             in zip(rows.get(feature, zeros), gradient)]
        norm = math.sqrt(max(0.0, 1.0 - 2.0 * probabilities[target]
                             + sum(p * p for p in probabilities)))
        return loss, right, norm

    def measure(self, examples):
        """Mean loss and accuracy; a completion that no class stands for
        counts as wrong, with the loss of a blind guess."""
        loss = right = 0
        for example in examples:
            probabilities = self.probabilities(example.features)
            target = example.target
            if target is None:
                loss += math.log(len(self.classes) + 1)
                continue
            loss -= math.log(max(probabilities[target], 1e-12))
            right += probabilities[target] >= max(probabilities)
        return loss / len(examples), right / len(examples)

    def answer(self, prompt):
        scores = self.scores(features_of(prompt))
        return self.classes[scores.index(max(scores))]

    def freeze(self):
        self.rows = {feature: array("f", row)
                     for feature, row in self.rows.items()}
        return self


class Trace:
    """The measured history of one recipe, growing while it trains."""

    def __init__(self, recipe, total_steps):
        self.recipe = recipe
        self.total_steps = total_steps
        self.steps = []
        self.done = asyncio.Event()


class Learner:
    """Trains recipes one after another and keeps their traces and the newest
    models."""

    def __init__(self, settings):
        self._settings = settings
        self._traces = {}
        self._models = {}
        self._data = {}
        self._turn = asyncio.Lock()

    def steps_per_epoch(self, rows, batch):
        return max(1, math.ceil(rows / batch))

    def trace(self, recipe, train, valid, total_rows):
        """The trace of a recipe; begins the training at first request.
        `train` and `valid` are lists of (prompt, completion); `total_rows` is
        how many the file has, of which `train` may be the first part."""
        if recipe not in self._traces:
            total = recipe.epochs * self.steps_per_epoch(total_rows,
                                                         recipe.batch)
            trace = Trace(recipe, total)
            self._traces[recipe] = trace
            self._data[recipe] = (train, valid)
            trace.task = asyncio.ensure_future(self._train(trace))
        return self._traces[recipe]

    async def model(self, recipe, step=None):
        """The model of a recipe after `step` steps (its end by default)."""
        trace = self._traces[recipe]
        await trace.done.wait()
        step = step or trace.total_steps
        if (recipe, step) not in self._models:
            async with self._turn:
                fit = await self._prepared(recipe)
                await self._run(trace, fit, step, measure=False)
                self._keep(recipe, step, fit)
        return self._models[recipe, step]

    async def _train(self, trace):
        async with self._turn:
            fit = await self._prepared(trace.recipe)
            await self._run(trace, fit, trace.total_steps, measure=True)
            self._keep(trace.recipe, trace.total_steps, fit)
        trace.done.set()

    async def _prepared(self, recipe):
        parent = None
        if recipe.parent:
            parent_recipe, step = recipe.parent
            parent = self._models.get((parent_recipe, step))
            if parent is None:
                fit = await self._prepared(parent_recipe)
                await self._run(self._traces[parent_recipe], fit, step,
                                measure=False)
                parent = fit.model
        train, valid = self._data[recipe]
        return Fit(recipe, train, valid, parent)

    async def _run(self, trace, fit, until, measure):
        """Take the steps of a trace up to `until`, in slices."""
        total = trace.total_steps
        updates = self._settings.learner_updates
        slices = Slices()
        for number in range(1, until + 1):
            count = -(-number * updates // total) \
                - -(-(number - 1) * updates // total)
            await slices.pause()
            for _ in fit.step(number, total, count):
                await slices.pause()
            if measure:
                for _ in fit.validate(number, total):
                    await slices.pause()
                trace.steps.append(fit.measured())

    def _keep(self, recipe, step, fit):
        self._models[recipe, step] = fit.model.freeze()
        while len(self._models) > MODELS_KEPT:
            self._models.pop(next(iter(self._models)))


class Fit:
    """One training in progress."""

    def __init__(self, recipe, train, valid, parent):
        self.recipe = recipe
        known = list(parent.classes) if parent else []
        counts = Counter(completion for _, completion in train)
        for completion, _ in counts.most_common(CLASSES_MAX):
            if completion not in known:
                known.append(completion)
        index = {completion: i for i, completion in enumerate(known)}
        self.model = Model(known or [""], parent)
        self.train = [Example(prompt, index[completion])
                      for prompt, completion in train
                      if completion in index]
        self.valid = [Example(prompt, index.get(completion))
                      for prompt, completion in valid[:VALID_ROWS_MAX]]
        self._random = random.Random(recipe.seed)
        self._order = []
        self._loss = self._right = self._norm = self._seen = 0
        self._factor = 1.0
        self._valid = self._full = (None, None)

    def step(self, number, total, most):
        """Learn one batch, of at most so many examples; yields after each. A
        step without any keeps the measures of the one before."""
        if not most:
            return
        self._loss = self._right = self._norm = self._seen = 0
        self._factor = rate_factor(self.recipe.schedule, number, total)
        for _ in range(min(self.recipe.batch, most, len(self.train))):
            if not self._order:
                self._order = list(range(len(self.train)))
                self._random.shuffle(self._order)
            example = self.train[self._order.pop()]
            loss, right, norm = self.model.learn(
                example.features, example.target,
                RATE * self.recipe.rate * self._factor)
            self._loss += loss
            self._right += right
            self._norm += norm
            self._seen += 1
            yield

    def validate(self, number, total):
        """Measure the validation rows when this step is one for that; yields
        now and then."""
        self._valid = self._full = (None, None)
        if not self.valid:
            return
        recipe = self.recipe
        if not recipe.evals and (number % max(1, total // 20) == 0
                                 or number == total):
            start = (number * VALID_SAMPLE) % len(self.valid)
            count = min(VALID_SAMPLE, len(self.valid))
            self._valid = self.model.measure(
                (self.valid + self.valid)[start:start + count])
            yield
        if number in evenly(recipe.evals or recipe.epochs, total):
            yield from self._validate_fully()

    def _validate_fully(self):
        loss = right = 0
        for start in range(0, len(self.valid), VALID_SAMPLE):
            rows = self.valid[start:start + VALID_SAMPLE]
            part_loss, part_right = self.model.measure(rows)
            loss += part_loss * len(rows)
            right += part_right * len(rows)
            yield
        self._full = (loss / len(self.valid), right / len(self.valid))

    def measured(self):
        seen = self._seen or 1
        return Step(self._loss / seen, self._right / seen, *self._valid,
                    *self._full, self._norm / seen, self._factor)


def evenly(count, total):
    """`count` step numbers evenly spaced up to and including `total`."""
    return [total * number // count for number in range(1, count + 1)]


def rate_factor(schedule, number, total):
    """The share of the learning rate used at a step. `schedule` is (kind,
    share of steps to warm up, least share)."""
    kind, warm_up, least = schedule
    warm_steps = warm_up * total
    if number <= warm_steps:
        return number / warm_steps
    done = (number - warm_steps) / max(1.0, total - warm_steps)
    if kind == "linear":
        return least + (1 - least) * (1 - done)
    if kind == "cosine":
        return least + (1 - least) * (1 + math.cos(math.pi * done)) / 2
    return 1.0
