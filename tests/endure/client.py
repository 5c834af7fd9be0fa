"""Clients that send all kinds of requests at a bounded rate, and tell a
tally how each ended."""

import collections
import http.client
import json
import random
import re
import socket
import subprocess
import threading
import time

import clients
import harness
import kinds
from tally import NOWHERE

PATIENCE = 60             # seconds until an answer is overdue
OVERDUE = 10              # seconds after a round, which then is told
ANY = (200, 400, 404, 405, 408, 413, 415, 422, 499, 500, 503, NOWHERE)
PROBLEM = re.compile(rb'"type": "urn:facetree:error:([a-z_]+)"')


class Lost(Exception):
    """The connection ended without an answer."""


class Clients:
    """Threads that send until they are told to rest.

    allow     statuses that are explained in this round whatever the request
    losses    connections may end without an answer: workers are killed
    replaces  workers are replaced by others: HTTP/2 may have to ask again
    """

    def __init__(self, server, rate, threads, labels, no_memory, seed):
        self.server = server
        self.labels = labels          # of faces, by model version
        self.kinds, self.weights = kinds.all_kinds(self, no_memory)
        self.random = random.Random(seed)
        self.seed = seed
        self.drawn = 0                # plans of clients.py
        self.interval = 1.0 / rate
        self.allow = set()
        self.losses = False
        self.replaces = False
        self.tally = None
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.next = 0.0
        self.started = {}             # by thread: when its request began
        self.lingering = collections.deque(maxlen=100)
        self.count = threads
        self.threads = []

    # A round

    def begin(self, tally, allow=(), losses=False, replaces=False):
        self.tally = tally
        self.allow = set(allow)
        self.losses = losses
        self.replaces = replaces
        self.stop.clear()
        self.next = time.monotonic()
        self.threads = [threading.Thread(target=self.work, args=(n,))
                        for n in range(self.count)]
        for thread in self.threads:
            thread.start()

    def end(self):
        """Waits for the last answers; tells which took long."""
        self.stop.set()
        end = time.monotonic() + OVERDUE
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
        late = [name for name, _ in list(self.started.values())]
        for thread in self.threads:
            thread.join()
        return late

    def pick(self):
        """The next kind, when it is due; None at the end."""
        with self.lock:
            now = time.monotonic()
            due = self.next = max(self.next + self.interval, now - 0.5)
            kind = self.random.choices(self.kinds, self.weights)[0]
        while not self.stop.is_set():
            left = due - time.monotonic()
            if left <= 0:
                return kind
            self.stop.wait(min(left, 0.2))
        return None

    def work(self, number):
        connection = None
        while True:
            kind = self.pick()
            if kind is None:
                break
            self.started[number] = kind.name, time.monotonic()
            try:
                if kind.special:
                    kind.special(kind)
                else:
                    connection = self.ask(kind, connection)
            except Exception as error:     # a fault of the test, or a hang
                self.tally.fault('%s: %r' % (kind.name, error))
                connection = None
            self.started.pop(number, None)
        if connection:
            connection.close()

    def slack_of_kill(self):
        """Answers that a worker killed now may have sent and not counted:
        the one at hand, and those whose connections linger."""
        edge = time.monotonic() - 1
        return 1 + sum(when > edge for when in self.lingering)

    # Requests with an answer

    def ask(self, kind, connection):
        """Over a kept connection, if there is one; returns it for reuse."""
        reused = connection is not None
        for attempt in range(2):
            if connection is None:
                connection = http.client.HTTPConnection(
                    '127.0.0.1', self.server.port, timeout=PATIENCE)
            try:
                status, headers, body = exchange(connection, kind)
                break
            except Lost:
                connection.close()
                connection = None
                if not reused:
                    self.lost(kind)
                    return None
                # An idle connection that the server closed meanwhile.
                reused = False
                if self.losses:
                    self.tally.loose(kind, ANY, REASONS, 3)
                else:
                    with self.tally.lock:
                        self.tally.retries += 1
        self.judge(kind, status, headers.get('Content-Type', ''), body)
        if 'close' in headers.get('Connection', ''):
            connection.close()
            return None
        return connection

    def judge(self, kind, status, content_type, body):
        if status not in kind.statuses and status not in self.allow:
            self.tally.fault('%s: unexplained status %d: %r' % (
                kind.name, status, body[:200]))
        if kind.lingers:
            self.lingering.append(time.monotonic())
        reason, pictures = kind.reason, 0
        if status == 200:
            pictures = self.predictions(kind, content_type, body)
        elif kind.endpoint == 'predict' and kind.model:
            match = PROBLEM.search(body)
            reason = match.group(1).decode() if match else kind.reason
            if status == 503:
                reason = 'overload'
            elif status == 500:
                reason = 'internal'
        self.tally.exact(kind, status, reason, pictures)

    def predictions(self, kind, content_type, body):
        """How many pictures were classified; the labels must be right."""
        if content_type.startswith('text/html'):
            return kind.pictures
        answer = json.loads(body)
        if kind.endpoint == 'infer':
            return answer['outputs'][0]['shape'][0]
        if kind.face is not None:
            want = self.labels[answer['model']['version']][kind.face]
            got = answer['predictions'][0]['label']
            if got != want:
                self.tally.fault('face %d: %s instead of %s' % (
                    kind.face, got, want))
        return sum('error' not in p for p in answer['predictions'])

    def lost(self, kind):
        if not self.losses:
            self.tally.fault('%s: no answer' % kind.name)
        self.tally.loose(kind, ANY, REASONS, 3)

    def known_end(self, kind, code, reason):
        """The server counts this end, unless it is killed before."""
        if self.losses:
            self.tally.loose(kind, ANY, REASONS, 1)
        else:
            self.tally.exact(kind, code, reason)

    # Requests that need hands on the socket

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.server.port),
                                     PATIENCE)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def head(self, kind):
        """Leaves before the headers are through."""
        with self.connect() as s:
            s.sendall(b'POST /cut HTTP/1.1\r\nHost: x\r\nConten')
        self.tally.exact(kind, 0)

    def half(self, kind):
        """Leaves in the middle of the body."""
        with self.connect() as s:
            s.sendall(begin(kind, len(kind.body)) + kind.body[:1500])
            time.sleep(0.05)
        self.known_end(kind, 400, 'client_abort')

    def gone(self, kind):
        """Leaves when everything is sent, without waiting."""
        with self.connect() as s:
            s.sendall(begin(kind, len(kind.body)) + kind.body)
        codes = ANY if self.losses else (200, 400, 499, *self.allow)
        self.tally.loose(kind, codes, REASONS, 1)

    def stall(self, kind):
        """Stops sending; the server's patience is client_body_timeout."""
        with self.connect() as s:
            s.sendall(begin(kind, len(kind.body)) + kind.body[:1500])
            data = harness.receive(s)
        if data:
            self.tally.fault('%s: answered %r' % (kind.name, data[:200]))
        self.known_end(kind, 408, 'timeout')

    def slow(self, kind):
        """A piece at a time, always within the server's patience."""
        data = begin(kind, len(kind.body)) + kind.body
        self.pieces(kind, data, 900, 0.25)

    def chunked(self, kind):
        size = max(500, len(kind.body) // 64)
        chunks = b''.join(
            b'%x\r\n%s\r\n' % (len(piece), piece) for piece in
            (kind.body[n:n + size] for n in range(0, len(kind.body), size)))
        self.pieces(kind, begin(kind, None) + chunks + b'0\r\n\r\n',
                    1 << 16, 0)

    def pieces(self, kind, data, size, pause):
        with self.connect() as s:
            try:
                for n in range(0, len(data), size):
                    if n and pause:
                        time.sleep(pause)
                    s.sendall(data[n:n + size])
            except OSError:
                pass                  # refused early; there may be an answer
            self.take(kind, harness.receive(s), 1)

    def pipelined(self, kind):
        one = b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d' \
              b'\r\n\r\n' % len(kind.body) + kind.body
        with self.connect() as s:
            s.sendall(one * 2 + begin(kind, len(kind.body)) + kind.body)
            self.take(kind, harness.receive(s), 3)

    def take(self, kind, data, count):
        try:
            answers = harness.parse_answers(data)
        except (AssertionError, ValueError, IndexError):
            answers = []              # cut: lost
        for answer in answers:
            self.judge(kind, answer.status, answer.type, answer.body)
        for _ in range(count - len(answers)):
            self.lost(kind)

    def http2(self, kind):
        done = self.curl(kind)
        if done.returncode and self.replaces and not self.losses:
            # The connection went to a worker that was about to leave, whose
            # GOAWAY says that the stream was not looked at: ask again.
            with self.tally.lock:
                self.tally.retries += 1
            done = self.curl(kind)
        body, _, last = done.stdout.rpartition(b'\n')
        if done.returncode != 0:
            self.lost(kind)
        else:
            code, version = last.split()
            if version != b'2':
                self.tally.fault('%s: HTTP/%s' % (kind.name, version))
            self.judge(kind, int(code), 'application/json', body)

    def narrow(self, kind):
        """Reads slowly or leaves, as clients.py draws it."""
        with self.lock:
            number = self.drawn = self.drawn + 1
        ask = clients.Ask(kind.name, kind.path, kind.body, **kind.headers)
        plan = clients.Plan(self.seed, number, [ask])
        outcome = clients.run(self.server, plan)
        if outcome.whole:
            self.judge(kind, outcome.status, outcome.headers.get(
                'content-type', ''), outcome.body)
        elif plan.leave:
            # 0 is a stream whose headers have not come.
            codes = {*kind.statuses, *self.allow, 0, 400, 499, NOWHERE}
            self.tally.loose(kind, ANY if self.losses else codes, REASONS, 4)
        elif self.replaces and outcome.status is None:
            # A worker that was about to go has not looked at it.
            self.tally.loose(kind, ANY, REASONS, 4)
        else:
            if not self.losses:
                self.tally.fault('%s: %s' % (plan, outcome.error))
            self.tally.loose(kind, ANY, REASONS, 4)

    def curl(self, kind):
        return subprocess.run(
            ['curl', '-s', '--http2-prior-knowledge', '-m', str(PATIENCE),
             '--data-binary', '@-', '-H', 'Content-Type: image/*',
             '-w', '\n%{http_code} %{http_version}',
             'http://127.0.0.1:%d%s' % (self.server.h2port, kind.path)],
            input=kind.body, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=False)


REASONS = ('client_abort', 'timeout', 'internal', 'media_type', 'corrupt',
           'empty', 'multipart', 'images', 'pixels', 'scans', 'memory',
           'overload', 'body_size', 'json', 'request')


def begin(kind, length):
    """The headers of a request on a connection of its own."""
    return ('POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n\r\n'
            % (kind.path, 'Transfer-Encoding: chunked' if length is None
               else 'Content-Length: %d' % length)).encode()


def exchange(connection, kind):
    try:
        try:
            connection.request(kind.method, kind.path, kind.body,
                               kind.headers)
        except (BrokenPipeError, ConnectionResetError):
            # Refused before all was sent: the answer may be there to read.
            if connection.sock is None:
                raise
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    except (ConnectionError, http.client.HTTPException) as error:
        raise Lost() from error
