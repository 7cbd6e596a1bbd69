#!/usr/bin/env python3
"""Run the emulator's unittest suites and print TAP."""

import os
import sys
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class TapResult(unittest.TestResult):
    """Prints one line a test as it ends."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def _line(self, passed, test, more="", reason=None):
        self.count += 1
        print("%sok %d - %s%s" % ("" if passed else "not ", self.count,
                                  test.id(), more))
        for line in (reason or "").splitlines():
            print("# " + line)
        sys.stdout.flush()

    def addSuccess(self, test):
        self._line(True, test)

    def addSkip(self, test, reason):
        self._line(True, test, " # SKIP " + reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._line(False, test, reason="".join(
            traceback.format_exception(*error)))

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(subtest, error)


def main():
    suite = unittest.TestLoader().discover(HERE, "test_*.py")
    result = TapResult()
    suite.run(result)
    print("1..%d" % result.count)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
