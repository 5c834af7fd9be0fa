"""What the clients have seen, and whether the server has counted the same.

Most requests end in one way that the client knows: they are exact.  A client
that leaves, or whose worker is killed, cannot know: such a request is loose,
with the codes that it may have been counted under, and may not have been
counted at all if the worker died.  Counters must lie between what is certain
and what is possible; without loose requests that is equality.
"""

import collections
import threading


NOWHERE = None            # a loose request that may not have been counted


class Bound:
    """A counter by key: how much is certain, how much possible."""

    def __init__(self):
        self.sure = collections.Counter()
        self.maybe = collections.Counter()

    def check(self, what, counted, slack=0):
        """Faults, as text.  "slack": how many certain ones may be missing."""
        missing = 0
        for key in sorted(set(self.sure) | set(counted), key=str):
            low = self.sure[key]
            high = low + self.maybe[key]
            value = counted.get(key, 0)
            missing += max(0, low - value)
            if value > high or low - value > slack:
                yield '%s %s: %d counted, %d%s seen' % (
                    what, key, value, low,
                    ' to %d' % high if high != low else '')
        if missing > slack:
            yield '%s: %d answers were not counted' % (what, missing)


class Tally:
    """Everything that clients saw in one round; they add, one reads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.codes = Bound()          # by endpoint and code
        self.outcomes = Bound()       # success, failure
        self.reasons = Bound()
        self.pictures = Bound()       # key: 'pictures'
        self.access = Bound()         # by code, of counted locations
        self.least = self.most = 0    # requests counted, in all
        self.kinds = collections.Counter()
        self.statuses = collections.Counter()
        self.unknown = 0
        self.retries = 0
        self.faults = []

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def exact(self, kind, code, reason=None, pictures=0):
        """A request that was answered, or known to end with this code.

        kind.counted tells whether the module hears of it, kind.model whether
        a model was known by then."""
        with self.lock:
            self.statuses[code] += 1
            self.kinds[kind.name] += 1
            if not kind.counted:
                return
            self.least += 1
            self.most += 1
            self.codes.sure[kind.endpoint, code] += 1
            self.access.sure[code] += 1
            if kind.model:
                good = code == 200
                self.outcomes.sure['success' if good else 'failure'] += 1
                if not good:
                    self.reasons.sure[reason or 'untold'] += 1
            self.pictures.sure['pictures'] += pictures

    def loose(self, kind, codes, reasons=(), pictures=0):
        """A request whose end the client cannot know."""
        with self.lock:
            self.unknown += 1
            self.kinds[kind.name] += 1
            if not kind.counted:
                return
            self.most += 1
            if NOWHERE not in codes:
                self.least += 1
            for code in codes:
                if code is NOWHERE:
                    continue
                self.codes.maybe[kind.endpoint, code] += 1
                self.access.maybe[code] += 1
                if kind.model and code == 200:
                    self.outcomes.maybe['success'] += 1
            if kind.model and set(codes) - {200, NOWHERE}:
                self.outcomes.maybe['failure'] += 1
                for reason in reasons:
                    self.reasons.maybe[reason] += 1
            self.pictures.maybe['pictures'] += pictures
