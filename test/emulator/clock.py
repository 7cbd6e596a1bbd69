"""The emulator's clock.

Everything that takes a provider time (validating a file, training, bringing
up a deployment, expiry of an upload) is a difference on this clock, so that a
test can jump a day ahead, or run a one-hour job in a second, without waiting.
Delays on the wire (see faults.py) are real seconds instead: they exist to be
waited for.
"""

import asyncio
import time
from datetime import datetime, timezone


class Clock:
    """Wall-clock time that can run faster and jump, but never backwards by
    itself."""

    def __init__(self):
        self._rate = 1.0
        self._virtual = time.time()
        self._real = time.monotonic()

    def now(self):
        """Virtual seconds since the Unix epoch."""
        return self._virtual + (time.monotonic() - self._real) * self._rate

    @property
    def rate(self):
        return self._rate

    def set_rate(self, rate):
        """Let `rate` virtual seconds pass in each real one; 0 stops time."""
        if rate < 0:
            raise ValueError("rate must not be negative")
        self._rebase(self.now())
        self._rate = float(rate)

    def advance(self, seconds):
        """Jump; a negative number moves the provider's clock back."""
        self._rebase(self.now() + seconds)

    def _rebase(self, virtual):
        self._virtual = virtual
        self._real = time.monotonic()


def rfc3339(at):
    """`at` as text the way JSON APIs write it, in UTC with milliseconds."""
    moment = datetime.fromtimestamp(at, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (
        moment.microsecond // 1000)


class Slices:
    """Lets long work inside the event loop breathe: `pause` gives way to
    requests when the work has had its few milliseconds."""

    SECONDS = 0.002

    def __init__(self):
        self._until = time.monotonic() + self.SECONDS

    async def pause(self):
        if time.monotonic() > self._until:
            await asyncio.sleep(0)
            self._until = time.monotonic() + self.SECONDS
