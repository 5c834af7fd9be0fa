"""Damaged pictures, the same ones for the same seed.

    Mutants(sources, seed)    sources: the bytes of pictures
    .make()                   one more, never empty

Bytes, numbers and lengths are changed, pieces cut out, repeated, or taken from
another file.  Half of the PNG files get the checksums of their chunks mended,
or hardly any change would be seen by more than those; JPEG files also lose,
swap and repeat whole segments.
"""

import random
import struct
import zlib

NUMBERS = [b'\0\0\0\0', b'\xff\xff\xff\xff', b'\x7f\xff\xff\xff',
           b'\0\0\0\x80', b'\0\0\xff\xff', b'\xff\0', b'\0\x01']


class Mutants:

    def __init__(self, sources, seed):
        self.random = random.Random(seed)
        self.sources = sources
        self.changes = [self.bits, self.bits, self.bytes, self.number,
                        self.truncate, self.cut, self.repeat, self.insert,
                        self.splice, self.segments]

    def make(self):
        data = self.random.choice(self.sources)
        for _ in range(self.random.choice([1, 1, 1, 2, 4])):
            data = self.random.choice(self.changes)(data) or b'\0'
        if data[:4] == b'\x89PNG' and self.random.random() < 0.5:
            data = mend(data)
        return data

    def where(self, data):
        """A place in it; often among the headers."""
        end = len(data)
        if self.random.random() < 0.4:
            end = min(end, 64)
        return self.random.randrange(end)

    def bits(self, data):
        data = bytearray(data)
        for _ in range(self.random.randint(1, 8)):
            data[self.where(data)] ^= 1 << self.random.randrange(8)
        return bytes(data)

    def bytes(self, data):
        data = bytearray(data)
        for _ in range(self.random.randint(1, 8)):
            data[self.where(data)] = self.random.randrange(256)
        return bytes(data)

    def number(self, data):
        at = self.where(data)
        value = self.random.choice(NUMBERS)
        return data[:at] + value + data[at + len(value):]

    def truncate(self, data):
        return data[:self.where(data)]

    def cut(self, data):
        at = self.where(data)
        return data[:at] + data[at + self.random.randint(1, 64):]

    def repeat(self, data):
        at = self.where(data)
        end = at + self.random.randint(1, 400)
        return data[:end] + data[at:end] * self.random.randint(1, 3) \
            + data[end:]

    def insert(self, data):
        at = self.where(data)
        return data[:at] + self.random.randbytes(self.random.randint(1, 32)) \
            + data[at:]

    def splice(self, data):
        other = self.random.choice(self.sources)
        return data[:self.where(data)] + other[self.where(other):]

    def segments(self, data):
        """JPEG, by its segments; others, by the chunks that they may have."""
        if data[:2] != b'\xff\xd8':
            return self.repeat(data)
        parts = jpeg_segments(data)
        at = self.random.randrange(len(parts))
        other = self.random.randrange(len(parts))
        kind = self.random.randrange(4)
        if kind == 0:
            del parts[at]
        elif kind == 1:
            parts.insert(other, parts[at])
        elif kind == 2:
            parts[at], parts[other] = parts[other], parts[at]
        else:
            part = self.bytes(parts[at]) if parts[at] else b''
            parts[at] = parts[at][:4] + part[4:]
        return b''.join(parts)


def jpeg_segments(data):
    """Start, segments that have a length, and the rest from the first scan."""
    parts = [data[:2]]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xff and data[at + 1] != 0xda:
        size = 2 + struct.unpack('>H', data[at + 2:at + 4])[0]
        parts.append(data[at:at + size])
        at += size
    return parts + [data[at:]]


def mend(data):
    """A PNG file whose chunks end with the file and have the right CRC."""
    out = [data[:8]]
    at = 8
    while at + 12 <= len(data):
        size = min(struct.unpack('>I', data[at:at + 4])[0],
                   len(data) - at - 12)
        body = data[at + 4:at + 8 + size]
        out.append(struct.pack('>I', size) + body
                   + struct.pack('>I', zlib.crc32(body)))
        at += 12 + size
    return b''.join(out)
