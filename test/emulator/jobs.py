"""The life of a training job, the same for every dialect.

A job walks through phases given by its dialect, each a share of the job's
seconds on the virtual clock. Nothing runs by a timer: a job is brought up to
date when somebody looks at it (`advance`), so ten thousand live jobs cost
nothing while nobody asks. Training steps happen inside the phase "running",
never ahead of what the learner has really computed.

Invariants: a terminal state is final; steps only grow; the sequence of
events, in which each step stands between the messages around it, is
append-only, so that a place in it is a stable id.
"""

from array import array

from learner import evenly

RUNNING = "running"


class Message:
    """A line of the provider's log about a job. `position` is the number of
    steps that came before it."""

    __slots__ = ("position", "at", "level", "text", "facts")

    def __init__(self, position, at, level, text, facts):
        self.position = position
        self.at = at
        self.level = level
        self.text = text
        self.facts = facts


class Job:
    """One job. The dialect keeps what the customer sent in `request` and its
    own additions in `extra`."""

    def __init__(self, dialect, account, ident, phases, request):
        self.dialect = dialect
        self.account = account
        self.id = ident
        self.phases = phases            # [(name, seconds)]
        self.request = request
        self.extra = {}
        self.token = None
        self.model = None
        self.created_at = self.since = dialect.world.clock.now()
        self.updated_at = self.created_at
        self.started_at = self.finished_at = None
        self.phase = 0
        self.terminal = None            # the dialect's word for the end
        self.shown = None               # a state forced by a test
        self.paused_at = None
        self.error = None               # (code, message, param)
        self.report = None              # Inspection of the training file
        self.valid_report = None
        self.trace = None
        self.total_steps = 0
        self.marks = frozenset()        # steps the dialect is told about
        self.epochs = 1
        self.step_times = array("d")
        self.messages = []
        self.tuned_model = None
        self.tokens = None              # billed
        self.amount = 0.0

    # ------------------------------------------------------------ reading

    @property
    def state(self):
        return (self.shown or self.terminal
                or ("paused" if self.paused_at else
                    self.phases[self.phase][0]))

    @property
    def steps_done(self):
        return len(self.step_times)

    @property
    def epoch_ends(self):
        """Step numbers at which an epoch is over."""
        planned = self.trace.total_steps if self.trace else 0
        return evenly(self.epochs, planned)

    def history(self):
        """All events from the oldest: an int is that training step, anything
        else a Message."""
        sequence, step = [], 0
        for message in self.messages:
            while step < message.position:
                step += 1
                sequence.append(step)
            sequence.append(message)
        sequence.extend(range(step + 1, self.steps_done + 1))
        return sequence

    # ------------------------------------------------------------- living

    def say(self, text, at=None, level="info", **facts):
        self.messages.append(Message(
            self.steps_done, self.dialect.world.clock.now()
            if at is None else at, level, text, facts))

    def advance(self, now):
        """Bring the job up to `now`."""
        while not self.terminal and self.paused_at is None:
            name, seconds = self.phases[self.phase]
            end = self.since + seconds
            if name == RUNNING:
                if not self._take_steps(now, seconds):
                    return
                end = max(end, self.step_times[-1])
            if now < end or (self.phase == 0 and self.trace is None
                             and not self.error):
                return
            self.dialect.phase_over(self, name, end)
            if self.terminal:
                return
            self._enter(self.phase + 1, end)

    def _enter(self, phase, at):
        self.updated_at = at
        if phase == len(self.phases):
            self.dialect.succeed(self, at)
            return
        self.phase, self.since = phase, at
        if self.phases[phase][0] == RUNNING:
            self.started_at = at
        self.dialect.phase_begun(self, self.phases[phase][0], at)

    def _take_steps(self, now, seconds):
        """Write down the steps that are over; True when it was the last."""
        each = seconds / self.total_steps if self.total_steps else 0
        due = self.total_steps if not each else min(
            self.total_steps, int((now - self.since) / each + 1e-6))
        due = min(due, len(self.trace.steps))
        for step in range(self.steps_done + 1, due + 1):
            self.step_times.append(self.since + each * step)
            if step in self.marks:
                self.dialect.step_over(self, step)
                if step == self.total_steps:
                    break
        return self.steps_done == self.total_steps

    def stop_at(self, step):
        """Let the training end with a step that is done already."""
        self.total_steps = step

    def hurry(self):
        """Let every phase that is left take no time; the job ends as soon as
        the learner is done."""
        self.phases = [(name, 0.0) for name, _ in self.phases]

    def pause(self, now):
        self.paused_at = now

    def resume(self, now):
        self.since += now - self.paused_at
        self.paused_at = None

    def end(self, word, at=None):
        """Enter a terminal state; the first one stays."""
        if self.terminal:
            return
        self.terminal = word
        self.paused_at = None
        self.finished_at = self.dialect.world.clock.now() if at is None \
            else at
        self.updated_at = self.finished_at

    @property
    def share_done(self):
        """How much of the training was done, for a bill of a cut job."""
        return self.steps_done / self.total_steps if self.total_steps else 0
