"""Clients that read slowly or leave, and what a server holds at rest.

    Ask      a request and the statuses that it may get
    Plan     what one client does with it, drawn from a seed and a number
    run()    does it and tells an Outcome
    Rest     connections, descriptors and counters of a server at rest
    send_all(), read_all()    one request on a socket of narrow(), step by step

test_clients.py runs them by the hundred, tests/endure among its own.
A plan is the same whenever its seed and its number are.
"""

import os
import random
import socket
import time
import unittest

import harness
import test_metrics

try:
    import h2.config
    import h2.connection
    import h2.errors
    import h2.events
    import h2.exceptions
    import h2.settings
except ImportError:
    h2 = None

# What Linux makes of SO_RCVBUF 1 is 2304 bytes; 88 is its least TCP_MAXSEG.
SMALLEST_BUFFER = 1
SMALLEST_SEGMENT = 88

WINDOWS = (0, 1, 15, 65535)

# Where a client leaves.
HEAD, BODY, SENT, READING = 'head', 'body', 'sent', 'reading'


class Ask:
    """A request; "least" is how many bytes its whole answer has at least."""

    def __init__(self, name, path, body=None, statuses=(200,), least=1,
                 **headers):
        self.name = name
        self.path = path
        self.body = body
        self.statuses = set(statuses)
        self.least = least
        self.headers = {key.replace('_', '-').lower(): value
                        for key, value in headers.items()}

    @property
    def method(self):
        return 'GET' if self.body is None else 'POST'


class Plan:
    """What a client does: how narrow, how slow, and where it leaves."""

    def __init__(self, seed, number, asks, leaving=0.6):
        draw = random.Random('%s/%d' % (seed, number))
        self.name = '%s/%d' % (seed, number)
        self.ask = draw.choice(asks)
        self.http2 = h2 is not None and draw.random() < 0.4
        self.buffer = draw.choice((None, SMALLEST_BUFFER, 4096, 65536))
        self.segment = draw.choice((None, None, SMALLEST_SEGMENT, 536))
        self.window = draw.choice(WINDOWS)
        self.reset = draw.random() < 0.5         # a stream, or its connection
        self.piece = draw.choice((1, 50, 700, 4096, 65536))
        self.slow_reads = draw.randrange(30)     # then it reads freely
        self.pause = draw.choice((0, 0.001, 0.01))
        self.leave = (draw.choice((HEAD, BODY, SENT, READING))
                      if draw.random() < leaving else None)
        self.share = draw.random()               # of the head, of the body
        self.stay = draw.choice((0, 0, 0.002, 0.01, 0.05))
        self.read_bytes = draw.choice((0, 1, 50, 5000))

    def __str__(self):
        how = ('HTTP/2 window %d' % self.window if self.http2 else 'HTTP/1.1')
        return '%s: %s, %s, SO_RCVBUF %s, TCP_MAXSEG %s, %s' % (
            self.name, self.ask.name, how, self.buffer, self.segment,
            'leaves: ' + self.leave if self.leave
            else 'pieces of %d' % self.piece)


class Outcome:
    """How it ended: "status" is None where no answer began; "whole" tells
    that all of it came; "error" says what was in the way."""

    def __init__(self, status=None, size=0, whole=False, error=None,
                 headers=None, body=b''):
        self.status = status
        self.size = size
        self.whole = whole
        self.error = error
        self.headers = headers or {}
        self.body = body


def narrow(port, buffer=None, segment=None, timeout=harness.TIMEOUT):
    """A connection with this SO_RCVBUF and TCP_MAXSEG."""
    s = socket.socket()
    try:
        s.settimeout(timeout)
        if buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        if segment:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.connect(('127.0.0.1', port))
    except BaseException:
        s.close()
        raise
    return s


def head(ask, length=None):
    """The head of an HTTP/1.1 request on a connection of its own."""
    lines = ['%s %s HTTP/1.1' % (ask.method, ask.path), 'Host: x',
             'Connection: close']
    if ask.body is not None:
        lines.append('Content-Length: %d' % (len(ask.body) if length is None
                                             else length))
    lines += ['%s: %s' % pair for pair in ask.headers.items()]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode()


def send_all(s, ask):
    """Tells whether all was taken; a server may refuse early and close."""
    try:
        s.sendall(head(ask) + (ask.body or b''))
        return True
    except (BrokenPipeError, ConnectionResetError):
        return False


def read_all(s, piece=65536, slow_reads=0, pause=0):
    """An answer up to its end, in small pieces at first."""
    data = b''
    error = None
    while True:
        size = piece if slow_reads > 0 else 65536
        if slow_reads > 0:
            slow_reads -= 1
            time.sleep(pause)
        try:
            more = s.recv(size)
        except socket.timeout:
            error = 'it stands still'
            break
        except ConnectionResetError:
            error = 'the connection was reset'
            break
        if not more:
            break
        data += more
    return judge(data, error)


def judge(data, error=None):
    """What is there of an HTTP/1.1 answer, and whether it is all of it."""
    top, mark, rest = data.partition(b'\r\n\r\n')
    if not mark:
        return Outcome(error=error or 'no answer')
    lines = top.decode('latin-1').split('\r\n')
    status = int(lines[0].split(' ')[1])
    headers = {key.lower(): value for key, _, value in
               (line.partition(': ') for line in lines[1:])}
    if headers.get('transfer-encoding') == 'chunked':
        whole = rest.endswith(b'0\r\n\r\n')
        want = 'the last chunk'
    else:
        want = int(headers.get('content-length', -1))
        whole = len(rest) == want
    if not whole:
        error = '%d bytes of %s came: %s' % (len(rest), want,
                                             error or 'it was closed')
    return Outcome(status, len(rest), whole, error, headers, rest)


def run(server, plan):
    """One client from its first byte to its last."""
    port = server.h2port if plan.http2 else server.port
    with narrow(port, plan.buffer, plan.segment) as s:
        try:
            if plan.http2:
                return Stream(s, plan).run()
            return http1(s, plan)
        except socket.timeout:
            return Outcome(error='it stands still')
        except OSError as error:
            return Outcome(error=str(error))


def http1(s, plan):
    ask = plan.ask
    top, body = head(ask), ask.body or b''
    if plan.leave == HEAD:
        s.sendall(top[:max(1, int(plan.share * len(top)) - 1)])
    elif plan.leave == BODY:
        s.sendall(top + body[:int(plan.share * len(body))])
    else:
        send_all(s, ask)
    if plan.leave is None:
        return read_all(s, plan.piece, plan.slow_reads, plan.pause)
    time.sleep(plan.stay)
    if plan.leave == READING and plan.read_bytes:
        s.recv(plan.read_bytes)
    return Outcome(error='left')


class Stream:
    """A request over HTTP/2, whose answer may come a window at a time."""

    def __init__(self, s, plan):
        self.socket = s
        self.plan = plan
        self.connection = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding='utf-8'))
        self.connection.local_settings = h2.settings.Settings(
            initial_values={
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: plan.window,
                h2.settings.SettingCodes.ENABLE_PUSH: 0})
        self.outcome = Outcome()
        self.data = []
        self.rest = b''                          # of a frame
        self.owed = 0                            # read, and no room for more
        self.over = False
        self.opened = False

    def run(self):
        try:
            return self.exchange()
        except h2.exceptions.ProtocolError as error:
            self.outcome.error = repr(error)
            return self.outcome

    def exchange(self):
        plan, ask = self.plan, self.plan.ask
        self.connection.initiate_connection()
        headers = [(':method', ask.method), (':path', ask.path),
                   (':scheme', 'http'), (':authority', 'x'),
                   *ask.headers.items()]
        if ask.body is not None:
            headers.append(('content-length', str(len(ask.body))))
        self.connection.send_headers(1, headers, end_stream=ask.body is None)
        data = self.connection.data_to_send()
        if plan.leave == HEAD:
            self.socket.sendall(data[:max(1, int(plan.share * len(data)))])
            return Outcome(error='left')
        self.socket.sendall(data)
        body = ask.body or b''
        end = (int(plan.share * len(body)) if plan.leave == BODY
               else len(body))
        self.send_body(body[:end], end == len(body))
        if plan.leave in (BODY, SENT):
            return self.go()
        return self.read()

    def go(self):
        """Leaves, with a word or without."""
        time.sleep(self.plan.stay)
        if self.plan.reset and not self.over:
            self.connection.reset_stream(1, h2.errors.ErrorCodes.CANCEL)
            self.flush()
            # The connection stays a moment: its end must not be what cleans.
            time.sleep(self.plan.stay)
        return Outcome(error='left')

    def send_body(self, body, last):
        at = 0
        while at < len(body) and not self.over:
            if self.outcome.status is not None:
                return                 # refused early; the answer waits
            room = min(self.connection.local_flow_control_window(1),
                       self.connection.max_outbound_frame_size,
                       len(body) - at)
            if room == 0:
                self.take()
                continue
            end = last and at + room == len(body)
            self.connection.send_data(1, body[at:at + room], end_stream=end)
            self.flush()
            at += room
        if last and not body and self.plan.ask.body is not None:
            self.connection.end_stream(1)
            self.flush()

    def flush(self):
        data = self.connection.data_to_send()
        if data:
            self.socket.sendall(data)

    def read(self):
        """Gives room for little, "slow_reads" times, and then for all."""
        plan = self.plan
        slow = plan.slow_reads
        self.owed += plan.window == 0            # nothing would come
        while not self.over:
            if plan.leave == READING and (self.outcome.size
                                          >= min(plan.window,
                                                 plan.read_bytes)):
                return self.go()
            if slow > 0 and self.owed:
                slow -= 1
                time.sleep(plan.pause)
                self.grant(self.owed)
            elif slow == 0 and not self.opened:
                self.opened = True
                self.grant(1 << 20)
            self.take()
        self.outcome.body = b''.join(self.data)
        return self.outcome

    def grant(self, size):
        self.owed = 0
        self.connection.increment_flow_control_window(size, 1)
        self.connection.increment_flow_control_window(size)
        self.flush()

    def take(self):
        """Looks at what has come, a frame at a time."""
        data = self.socket.recv(65536)
        if not data:
            self.over = True
            self.outcome.error = 'closed after %d bytes' % self.outcome.size
            return
        self.rest += data
        while len(self.rest) >= 9:
            size = 9 + int.from_bytes(self.rest[:3], 'big')
            if len(self.rest) < size:
                break
            frame, self.rest = self.rest[:size], self.rest[size:]
            for event in self.connection.receive_data(frame):
                self.see(event)
        self.flush()

    def see(self, event):
        outcome = self.outcome
        if isinstance(event, h2.events.ResponseReceived):
            outcome.headers = dict(event.headers)
            outcome.status = int(outcome.headers[':status'])
        elif isinstance(event, h2.events.DataReceived):
            outcome.size += len(event.data)
            self.owed += len(event.data)
            self.data.append(event.data)
        elif isinstance(event, h2.events.StreamEnded):
            self.over = outcome.whole = True
        elif isinstance(event, h2.events.StreamReset):
            # NO_ERROR follows an answer that did not need the body.
            self.over = True
            if not outcome.whole:
                outcome.error = 'reset: %s' % event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            if event.last_stream_id == 0:
                self.over = True
                outcome.error = 'GOAWAY before the request'
            else:
                # The stream goes on, and h2 would hear no more of it.
                self.connection.state_machine.state = \
                    h2.connection.ConnectionState.CLIENT_OPEN


class Rest:
    """What a server holds when no client is there.

    Everything that must come back to where it began is in now(): add a line
    there for whatever else a request can hold.
    """

    # Gauges that are 0 at rest, where the server has them.
    GAUGES = ('facetree_requests_in_progress', 'facetree_queue_depth',
              'facetree_memory_reserved_bytes')

    def __init__(self, server, path='/metrics'):
        self.server = server
        self.path = path
        harness.wait_for('rest', lambda: not self.connections(server))
        self.first = self.now()

    @staticmethod
    def connections(server):
        """The server's ends of TCP connections that some process holds."""
        ports = {'%04X' % p for p in (server.port, server.h2port)}
        count = 0
        with open('/proc/net/tcp', encoding='ascii') as stream:
            for line in list(stream)[1:]:
                fields = line.split()
                if (fields[1].rsplit(':', 1)[1] in ports
                        and fields[3] != '0A' and fields[9] != '0'):
                    count += 1
        return count

    def descriptors(self):
        return max(len(os.listdir('/proc/%d/fd' % pid))
                   for pid in self.server.worker_pids())

    def gauges(self):
        metrics = test_metrics.parse(harness.Client(self.server).request(
            'GET', self.path).text)
        return {name: metrics.total(name) for name in self.GAUGES}

    def now(self):
        return {**self.gauges(),
                'connections': self.connections(self.server),
                'descriptors': self.descriptors(),
                'processes': len(self.server.children())}

    def back(self, timeout=harness.TIMEOUT):
        """Waits until all is as it was; returns what is not."""
        left = {}

        def as_before():
            left.clear()
            try:
                now = self.now()
            except OSError as error:        # no connection is to be had
                left['server'] = str(error)
                return False
            left.update({name: '%d, at first %d' % (value, self.first[name])
                         for name, value in now.items()
                         if value > self.first[name]})
            return not left

        try:
            harness.wait_for('rest', as_before, timeout)
        except AssertionError:
            pass
        return left


def need_http2():
    """Skips the test where there is no client for it."""
    if h2 is None:
        raise unittest.SkipTest('python3-h2 is absent')
