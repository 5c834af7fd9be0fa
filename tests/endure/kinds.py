"""The kinds of requests: good, bad, huge, slow and aborted ones.

Each kind knows every status it may get; any other is unexplained.
"""

import base64
import functools
import io
import json
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'integration'))

import harness                                              # noqa: E402
from harness import MULTIPART, multipart, part, png         # noqa: E402
from test_images import BAD                                 # noqa: E402


class Kind:
    """One kind of request.

    statuses   what may be answered
    endpoint   as the module counts it: predict or infer
    counted    False: nginx refuses it before the module hears of it
    model      False: refused before a model is looked for
    reason     of a refusal, where the answer itself does not say
    special    a function of the client, for what is not just a request
    heavy      takes long to decode: not in the short rounds' full measure
    """

    def __init__(self, name, weight, body=b'', content_type=None,
                 statuses=(200,), path='/predict', method='POST',
                 endpoint='predict', counted=True, model=True, reason=None,
                 headers=(), special=None, heavy=False, face=None,
                 lingers=False, pictures=1):
        self.name = name
        self.weight = weight
        self.body = body
        self.headers = dict(headers)
        if content_type:
            self.headers['Content-Type'] = content_type
        self.statuses = set(statuses)
        self.path = path
        self.method = method
        self.endpoint = endpoint
        self.counted = counted
        self.model = model
        self.reason = reason
        self.special = special
        self.heavy = heavy
        self.face = face            # its label is known beforehand
        self.lingers = lingers
        self.pictures = pictures    # of a page, which is not looked into


JSON = 'application/json'


def noisy(side, seed=1):
    """A PNG that does not compress, so that its body is large."""
    return png(side, side, random.Random(seed).randbytes(side * side), 1)


def lying_png(width, height):
    """A header that promises much, and next to nothing behind it."""
    return (b'\x89PNG\r\n\x1a\n' + harness.chunk(
        b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
        + harness.chunk(b'IDAT', bytes(99)))


@functools.lru_cache(maxsize=None)
def photo(width, height, kind='JPEG', **options):
    """A picture that Pillow writes; None without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        return None
    noise = Image.effect_noise((width // 8, height // 8), 60)
    image = Image.merge('RGB', [noise] * 3).resize((width, height))
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def encoded(*pictures):
    return json.dumps({'inputs': [{
        'name': 'image', 'datatype': 'BYTES', 'shape': [len(pictures)],
        'parameters': {'content_type': 'base64'},
        'data': [base64.b64encode(p).decode() for p in pictures]}]}).encode()


def good():
    faces = [harness.face(n) for n in range(0, 400, 8)]
    for number, data in enumerate(faces):
        yield Kind('face', 1.0, data, face=number * 8)
    some = [part(f, 'f%d.pgm' % n) for n, f in enumerate(faces[:3])]
    yield Kind('form', 8, multipart(*some), MULTIPART)
    yield Kind('form with a bad one', 4,
               multipart(some[0], part(b'nothing', 'x')), MULTIPART)
    yield Kind('explain', 3, faces[5], path='/predict?explain=1')
    yield Kind('page', 3, faces[6], headers={'Accept': 'text/html'})
    yield Kind('infer', 6, encoded(*faces[:2]), JSON, endpoint='infer',
               path='/v2/models/m/infer')
    yield Kind('threads', 6, noisy(220), path='/threads')
    yield Kind('spooled', 6, noisy(400), path='/predict')
    yield Kind('narrow', 6, noisy(300), path='/narrow', statuses=(200, 503))
    for name, options in (
            ('JPEG', {'quality': 90}), ('WEBP', {}), ('BMP', {}),
            ('PNG', {})):
        data = photo(640, 480, name, **options)
        if data:
            yield Kind(name.lower(), 3, data)


def bad():
    face = harness.face(1)
    yield Kind('empty', 2, b'', statuses=(400,))
    yield Kind('no multipart', 2, b'x', MULTIPART, statuses=(400,))
    yield Kind('cut multipart', 2,
               multipart(part(face, 'a'))[:-40], MULTIPART, statuses=(400,))
    yield Kind('too many', 2, multipart(*[part(face, 'a')] * 5), MULTIPART,
               statuses=(413,))
    yield Kind('wrong type', 2, face, 'text/css', statuses=(415,))
    yield Kind('noise', 2, random.Random(2).randbytes(9000), statuses=(415,))
    yield Kind('cut', 2, face[:900], statuses=(422,))
    yield Kind('cut PNG', 2, noisy(200)[:9000], statuses=(422,))
    yield Kind('GET', 2, None, method='GET', statuses=(405,), model=False)
    yield Kind('no model', 2, encoded(face), JSON, statuses=(404,),
               endpoint='infer', path='/v2/models/nobody/infer', model=False)
    for name, body, reason in (('no JSON', b'{', 'json'),
                               ('no inputs', b'{}', 'request')):
        yield Kind(name, 2, body, JSON, statuses=(400,), endpoint='infer',
                   path='/v2/models/m/infer', reason=reason)
    folder = os.path.join(harness.SHARED, 'images', 'bad')
    for status, names in BAD.items():
        for name in names.split():
            path = os.path.join(folder, name)
            if os.path.exists(path):
                yield Kind('bad/' + name, 0.3, harness.read(path),
                           statuses=(status,))


def huge(no_memory):
    """"no_memory": large allocations always fail in this build."""
    yield Kind('lying header', 2, lying_png(60000, 60000), statuses=(413,))
    yield Kind('over the limit', 1, bytes(9 << 20), statuses=(413,),
               path='/limited', counted=False, lingers=True)
    side = 4900
    yield Kind('24 megapixels', 0.5, png(side, side, bytes(side * side), 1),
               path='/threads', heavy=True)
    data = photo(4000, 3000, quality=85)
    if data:
        yield Kind('photo', 0.7, data, path='/threads', heavy=True)
        yield Kind('photo inline', 0.3, data, heavy=True)
    data = photo(4000, 3000, quality=85, progressive=True)
    if data:
        yield Kind('progressive', 0.4, data, path='/threads', heavy=True,
                   statuses=(500,) if no_memory else (200,))


def special(client):
    """Those that need hands on the socket; "client" has the functions."""
    yield Kind('slow', 1.5, harness.face(2), special=client.slow)
    yield Kind('stalled', 0.6, harness.face(3), special=client.stall)
    yield Kind('chunked', 3, harness.face(4), special=client.chunked)
    yield Kind('chunked over the limit', 0.3, bytes(9 << 20),
               statuses=(413,), special=client.chunked, lingers=True,
               reason='body_size')
    yield Kind('half a body', 3, harness.face(5), special=client.half)
    yield Kind('half a head', 2, b'', counted=False, special=client.head)
    yield Kind('gone', 2, harness.face(6), special=client.gone)
    yield Kind('gone while decoding', 0.5, noisy(500), path='/threads',
               special=client.gone)
    yield Kind('pipelined', 2, harness.face(7), special=client.pipelined)
    yield Kind('http2', 0.7, harness.face(8), special=client.http2)
    for kind in narrow(client):
        yield kind


def narrow(client):
    """Answers larger than a client has room for: it reads a little at a time,
    or leaves.  clients.py draws how."""
    faces = [part(harness.face(n), 'f%d.pgm' % n) for n in range(4)]
    form = multipart(*faces)
    page = {'Accept': 'text/html'}
    yield Kind('narrow page', 2, form, MULTIPART, headers=page, pictures=4,
               path='/predict?explain=1', special=client.narrow)
    yield Kind('narrow page of a thread', 2,
               multipart(part(noisy(220), 'n.png'), *faces[:3]), MULTIPART,
               headers=page, path='/threads?explain=1', pictures=4,
               special=client.narrow)
    yield Kind('narrow answer', 1, form, MULTIPART,
               path='/predict?explain=1', special=client.narrow)
    yield Kind('narrow infer', 1, encoded(*[harness.face(9)] * 4), JSON,
               endpoint='infer', path='/v2/models/m/infer',
               special=client.narrow)
    yield Kind('narrow refusal', 1, harness.face()[:900], statuses=(422,),
               headers=page, special=client.narrow)


def all_kinds(client, no_memory):
    kinds = [*good(), *bad(), *huge(no_memory), *special(client)]
    return kinds, [kind.weight for kind in kinds]
