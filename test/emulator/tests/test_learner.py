"""The learner learns: on rows it has never seen it is better than the most
frequent answer, its losses are measured, too many epochs overfit, and the
same recipe gives the same numbers.

The real rows are PostgreSQL's own settings, each description with its
category, as `postgres --describe-config` prints them without a server.
"""

import asyncio
import glob
import random
import subprocess
import unittest
from collections import Counter

from harness import OPENAI_MODEL, EmulatorTest, chat_line, colours
from learner import Fit, Learner, Model, Recipe, features_of, rate_factor
from world import Settings

V1 = "/openai/v1"
JOBS = V1 + "/fine_tuning/jobs"
SYSTEM = "Name the category of the PostgreSQL setting."


def settings_rows():
    """(description, category) of every setting, shuffled; skips the test
    where there is no PostgreSQL."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    if not found:
        raise unittest.SkipTest("no PostgreSQL to describe its settings")
    text = subprocess.run([found[-1], "--describe-config"], check=True,
                          capture_output=True, text=True).stdout
    rows = [(line.split("\t")[7], line.split("\t")[2].split(" / ")[0])
            for line in text.splitlines()]
    random.Random(1).shuffle(rows)
    return rows


def recipe(epochs, batch=4, rate=1.0, seed=0, **more):
    return Recipe("t", "v", epochs, batch, rate, seed, None, **more)


def train(what, rows, valid=()):
    """The measured steps and the model of a training."""
    fit = Fit(what, rows, list(valid), None)
    total = what.epochs * -(-len(rows) // what.batch)
    steps = []
    for number in range(1, total + 1):
        for _ in fit.step(number, total, 1 << 30):
            pass
        for _ in fit.validate(number, total):
            pass
        steps.append(fit.measured())
    return steps, fit.model


def noisy(count, seed):
    """Rows of two words in which a quarter of the answers are wrong."""
    chance = random.Random(seed)
    words = ["w%d" % number for number in range(60)]
    rows = []
    for _ in range(count):
        text = " ".join(chance.choices(words, k=6))
        right = "yes" if text.count("w1") > 1 else "no"
        wrong = "no" if right == "yes" else "yes"
        rows.append((("", text), wrong if chance.random() < 0.25 else right))
    return rows


class Learning(unittest.TestCase):
    def test_loss_falls_and_is_measured(self):
        rows = [(("", "the %s one %d" % (word, number)), word)
                for number in range(30) for word in ("red", "green", "blue")]
        steps, model = train(recipe(3), rows, rows)
        self.assertGreater(steps[0].train_loss, 0.5)
        self.assertLess(steps[-1].train_loss, 0.1)
        again, right = model.measure([
            type("Row", (), {"features": features_of(prompt), "target":
                             model.classes.index(answer)})
            for prompt, answer in rows])
        self.assertAlmostEqual(again, steps[-1].full_valid_loss, places=9)
        self.assertEqual(right, steps[-1].full_valid_accuracy)

    def test_same_recipe_same_numbers(self):
        rows = noisy(100, 1)
        first, _ = train(recipe(2, seed=5), rows, noisy(30, 2))
        again, _ = train(recipe(2, seed=5), rows, noisy(30, 2))
        other, _ = train(recipe(2, seed=6), rows, noisy(30, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_many_epochs_overfit(self):
        steps, _ = train(recipe(15), noisy(150, 3), noisy(150, 4))
        full = [step.full_valid_loss for step in steps
                if step.full_valid_loss is not None]
        self.assertEqual(len(full), 15)
        self.assertLess(steps[-1].train_loss, 0.3)
        self.assertLess(min(full) * 1.05, full[-1])
        self.assertLess(full.index(min(full)), 5)

    def test_rate_schedules(self):
        linear = [rate_factor(("linear", 0.1, 0.0), number, 100)
                  for number in range(1, 101)]
        self.assertEqual(max(linear), linear[9])
        self.assertAlmostEqual(linear[-1], 0.0)
        cosine = [rate_factor(("cosine", 0, 0.1), number, 100)
                  for number in range(1, 101)]
        self.assertEqual(cosine, sorted(cosine, reverse=True))
        self.assertAlmostEqual(cosine[-1], 0.1)

    def test_unknown_completion_counts_as_wrong(self):
        loss, right = Model(["a", "b"]).measure([
            type("Row", (), {"features": (1, 2), "target": None})])
        self.assertEqual(right, 0)
        self.assertGreater(loss, 1)

    def test_checkpoint_equals_the_training_at_its_step(self):
        """A checkpoint is trained again; it must be the same model."""
        async def run():
            learner = Learner(Settings())
            rows = noisy(80, 5)
            whole = recipe(2)
            trace = learner.trace(whole, rows, rows, len(rows))
            await trace.done.wait()
            middle = await learner.model(whole, 20)
            fit = Fit(whole, rows, [], None)
            for number in range(1, 21):
                for _ in fit.step(number, 40, 1 << 30):
                    pass
            return middle, fit.model.freeze()
        middle, direct = asyncio.run(run())
        self.assertEqual(middle.rows, direct.rows)

    def test_updates_are_spread_over_the_steps(self):
        async def run():
            learner = Learner(Settings(learner_updates=10))
            rows = noisy(40, 7)
            trace = learner.trace(recipe(1, batch=2), rows, [], len(rows))
            await trace.done.wait()
            return [step.train_loss for step in trace.steps]
        losses = asyncio.run(run())
        self.assertEqual(len(losses), 20)
        self.assertEqual(len(set(losses)), 10)
        self.assertEqual(losses[0], losses[1])

    def test_loop_stays_responsive(self):
        """A long training yields every few milliseconds."""
        async def run():
            learner = Learner(Settings(learner_updates=3000))
            rows = noisy(1500, 6)
            trace = learner.trace(recipe(2), rows, rows, len(rows))
            loop = asyncio.get_running_loop()
            pauses = []
            while not trace.done.is_set():
                before = loop.time()
                await asyncio.sleep(0)
                pauses.append(loop.time() - before)
            return sorted(pauses)
        pauses = asyncio.run(run())
        self.assertGreater(len(pauses), 20)
        self.assertLess(pauses[len(pauses) // 2], 0.05)


class HeldOut(EmulatorTest):
    """The whole way over HTTP, on real rows."""

    def ask(self, model, text):
        return self.emulator.call("POST", V1 + "/chat/completions", {
            "model": model, "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": text}]}) \
            .json["choices"][0]["message"]["content"]

    def test_better_than_the_most_frequent_answer(self):
        rows = settings_rows()
        cut = len(rows) * 8 // 10
        known, unseen = rows[:cut], rows[cut:]
        files = [self.emulator.upload(b"".join(
            chat_line(text, answer, SYSTEM) for text, answer in part))
            .json["id"] for part in (known[20:], known[:20])]
        job = self.emulator.create(
            training_file=files[0], validation_file=files[1],
            model=OPENAI_MODEL, method={"type": "supervised", "supervised": {
                "hyperparameters": {"n_epochs": 3, "batch_size": 4}}}).json
        job = self.emulator.finished(JOBS + "/" + job["id"])
        model = job["fine_tuned_model"]
        right = sum(self.ask(model, text) == answer
                    for text, answer in unseen)
        base = sum(self.ask(OPENAI_MODEL, text) == answer
                   for text, answer in unseen)
        answer, _ = Counter(row[1] for row in known).most_common(1)[0]
        majority = sum(row[1] == answer for row in unseen)
        self.assertGreater(right, 2 * majority)
        self.assertGreater(right, len(unseen) * 0.4)
        self.assertEqual(base, 0)

    def test_jobs_of_one_recipe_are_trained_once(self):
        ident = self.emulator.upload(colours()).json["id"]
        jobs = [self.emulator.create(training_file=ident).json["id"]
                for _ in range(20)]
        for job in jobs:
            self.emulator.finished(JOBS + "/" + job)
        pages = [[event["message"] for event in self.emulator.call(
            "GET", "%s/%s/events?limit=100" % (JOBS, job)).json["data"]
            if event["type"] == "metrics"] for job in jobs]
        self.assertTrue(pages[0])
        self.assertEqual(pages, [pages[0]] * 20)


if __name__ == "__main__":
    unittest.main()
