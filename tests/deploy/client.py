#!/usr/bin/python3
"""What the tests of this folder ask of a server.

    client.py load URL PICTURE       posts until it is told to stop (TERM), or
                                     for ten minutes, four at a time; then
                                     prints what it got
    client.py in-flight PORT PICTURE COMMAND...
                                     sends half a picture, runs the command,
                                     which stops the server, sends the rest
    client.py samples URL MODEL FACETREE
                                     posts the page's samples and compares
                                     with what "facetree predict" says
    client.py start NAME PORT        starts the container NAME, which is
                                     initialised; milliseconds to an answer
"""

import collections
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request


def post(url, body, timeout=30):
    """The status and the decoded answer."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port,
                                            timeout=timeout)
    try:
        connection.request('POST', parts.path, body,
                           {'Content-Type': 'application/octet-stream'})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def load(url, picture):
    """Prints {"requests", "failed", "errors", "answers"}: how often which
    label came from which model."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGALRM, lambda *_: stop.set())
    signal.alarm(600)
    with open(picture, 'rb') as file:
        body = file.read()
    lock = threading.Lock()
    answers = collections.Counter()
    errors = collections.Counter()

    def work():
        while not stop.is_set():
            try:
                status, answer = post(url, body)
                if status == 200:
                    what = (answer['model']['version'],
                            answer['predictions'][0]['label'])
                    with lock:
                        answers['%s %s' % what] += 1
                    time.sleep(0.005)
                    continue
                error = 'status %d' % status
            except (OSError, http.client.HTTPException, ValueError) as e:
                error = repr(e)
            with lock:
                errors[error] += 1
            time.sleep(0.05)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    failed = sum(errors.values())
    print(json.dumps({'requests': sum(answers.values()) + failed,
                      'failed': failed, 'errors': errors,
                      'answers': answers}))
    return failed != 0


def refused(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return False
    except OSError:
        return True


def in_flight(port, picture, *command):
    """The request must be answered though the server has been told to stop
    in the midst of it, and takes nothing new any more."""
    port = int(port)
    with open(picture, 'rb') as file:
        body = file.read()
    head = ('POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
            'Content-Type: application/octet-stream\r\n'
            'Content-Length: %d\r\n\r\n' % len(body)).encode()

    with socket.create_connection(('127.0.0.1', port), 30) as client:
        client.sendall(head + body[:len(body) // 2])
        time.sleep(0.2)
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 15
        while not refused(port):
            if time.monotonic() > until:
                print('the server goes on listening')
                return 1
            time.sleep(0.02)
        if child.poll() is not None:
            print('it did not wait for the request')
            return 1
        client.sendall(body[len(body) // 2:])
        answer = b''.join(iter(lambda: client.recv(65536), b''))

    child.wait()
    if not answer.startswith(b'HTTP/1.1 200 '):
        print('the answer: %r' % answer[:200])
        return 1
    return child.returncode


def samples(url, model, facetree):
    """All answers equal those of the program, and some are right."""
    with urllib.request.urlopen(url + 'samples/samples.json') as response:
        listed = json.load(response)['samples']
    with open(model, 'rb') as file:
        version = hashlib.sha256(file.read()).hexdigest()

    bad = right = 0
    with tempfile.TemporaryDirectory() as folder:
        for sample in listed:
            with urllib.request.urlopen(url + 'samples/'
                                        + sample['file']) as response:
                picture = response.read()
            status, answer = post(url + 'predict', picture)
            path = os.path.join(folder, 'picture.png')
            with open(path, 'wb') as file:
                file.write(picture)
            told = json.loads(subprocess.run(
                [facetree, 'predict', '--json', '--model', model, path],
                check=True, stdout=subprocess.PIPE).stdout)
            if (status != 200 or answer['model']['version'] != version
                    or answer['predictions'][0]['top']
                    != told['predictions'][0]['top']):
                print('%s: %d %s, the program: %s'
                      % (sample['file'], status, answer, told))
                bad += 1
            right += answer['predictions'][0]['label'] == sample['label']

    print('%d of %d samples right' % (right, len(listed)))
    return bad != 0 or right == 0


def start(name, port):
    """From the moment that the container's process becomes ours, which until
    then is the runtime's, to the first answer."""
    pid = subprocess.run(['podman', 'inspect', '-f', '{{.State.Pid}}', name],
                         check=True, stdout=subprocess.PIPE,
                         text=True).stdout.strip()
    child = subprocess.Popen(['podman', 'start', name],
                             stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    began = None

    while time.monotonic() < until:
        if began is None:
            with open('/proc/%s/comm' % pid) as file:
                if file.read().startswith('runc'):
                    continue
            began = time.monotonic()
        try:
            connection = http.client.HTTPConnection('127.0.0.1', int(port))
            connection.request('GET', '/v2/health/ready')
            if connection.getresponse().status == 200:
                print('%.0f' % ((time.monotonic() - began) * 1000))
                return child.wait()
        except OSError:
            time.sleep(0.001)

    print('no answer')
    child.wait()
    return 1


if __name__ == '__main__':
    VERBS = {'load': load, 'in-flight': in_flight, 'samples': samples,
             'start': start}
    sys.exit(VERBS[sys.argv[1]](*sys.argv[2:]))
