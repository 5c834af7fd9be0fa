"""Runs the test files of this directory and counts.

    /usr/bin/python3 run.py [-v] [--counts FILE] [NAME...]

A NAME is a file ("test_body" or "body"), or a test of it ("body.Arrival",
"body.Arrival.test_chunked").  FILE receives a line "passed failed skipped", then
a line for every skip.
"""

import argparse
import glob
import os
import signal
import sys
import time
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Result(unittest.TestResult):
    """Failures are told at once; one dot a test, names when verbose."""

    def __init__(self, verbose):
        super().__init__()
        self.verbose = verbose
        self.passed = 0
        self.failed = 0
        self.skips = []
        self.bad = False

    def startTest(self, test):
        super().startTest(test)
        self.bad = False
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if self.verbose:
            self.say('  %-66s %6.2f s\n' % (name(test), time.monotonic()
                                            - self.started))

    def addSuccess(self, test):
        if not self.bad:
            self.passed += 1

    def addSkip(self, test, reason):
        self.skips.append('%s: %s' % (name(test), reason))

    def addError(self, test, error):
        self.fault(test, error)

    def addFailure(self, test, error):
        self.fault(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.fault(subtest, error, count=not self.bad)

    def addUnexpectedSuccess(self, test):
        self.failed += 1
        self.say('FAILED %s: it was expected to fail\n' % name(test))

    def fault(self, test, error, count=True):
        if count:
            self.failed += 1
        self.bad = True
        kind, value, tb = error
        while tb and '__unittest' in tb.tb_frame.f_globals:
            tb = tb.tb_next
        text = ''.join(traceback.format_exception(kind, value, tb))
        self.say('FAILED %s\n    %s\n' % (name(test),
                                          text.strip().replace('\n',
                                                               '\n    ')))

    @staticmethod
    def say(text):
        sys.stdout.write(text)
        sys.stdout.flush()


def name(test):
    return str(getattr(test, 'id', lambda: test)()).replace('__main__.', '')


def files():
    return sorted(os.path.basename(path)[5:-3]
                  for path in glob.glob(os.path.join(HERE, 'test_*.py')))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('-v', action='store_true')
    parser.add_argument('--counts')
    parser.add_argument('names', nargs='*')
    args = parser.parse_args()

    # Not at once: the servers are to be stopped, their files removed.  Of all
    # exceptions, unittest lets this one through.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    sys.path.insert(0, HERE)
    loader = unittest.TestLoader()
    result = Result(args.v)

    for wanted in args.names or files():
        module = wanted[5:] if wanted.startswith('test_') else wanted
        start = time.monotonic()
        before = result.passed, result.failed, len(result.skips)

        loader.loadTestsFromName('test_' + module).run(result)

        counts = (result.passed - before[0], result.failed - before[1],
                  len(result.skips) - before[2])
        result.say('  %-24s %4d passed %4d failed %4d skipped %8.1f s\n'
                   % ((module,) + counts + (time.monotonic() - start,)))

    if args.counts:
        with open(args.counts, 'w') as stream:
            stream.write('%d %d %d\n' % (result.passed, result.failed,
                                         len(result.skips)))
            stream.writelines(skip + '\n' for skip in result.skips)

    return 1 if result.failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
