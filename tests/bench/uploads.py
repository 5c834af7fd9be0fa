"""What is uploaded: forms with a face, a picture, a photo, sixteen faces."""

import io
import os

from PIL import Image

import harness


class Upload:
    """A body in a file, as a browser's form would send it."""

    type = harness.MULTIPART

    def __init__(self, name, title, pictures, suffix):
        self.name, self.title = name, title
        self.pictures = pictures
        self.body = harness.multipart(*[
            harness.part(data, 'face%d.%s' % (n, suffix), content_type=kind)
            for n, (data, kind) in enumerate(pictures)])
        self.path = os.path.join(harness.scratch(), 'upload-' + name)
        with open(self.path, 'wb') as stream:
            stream.write(self.body)
        self.file = os.path.join(harness.scratch(), 'picture-' + name)
        with open(self.file, 'wb') as stream:
            stream.write(pictures[0][0])


def picture(size, band=None):
    """Clouds of colour, and the noise of a camera in every pixel."""
    small = [max(2, side // 24) for side in size]
    bands = []
    for sigma in band or (60, 50, 40):
        clouds = Image.effect_noise(small, sigma).resize(size, Image.BICUBIC)
        noise = Image.effect_noise(size, 8)
        bands.append(Image.blend(clouds, noise, 0.15))
    return Image.merge('RGB', bands)


def encode(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png(face):
    return encode(face, 'PNG'), 'image/png'


def jpeg(image, quality=88):
    return encode(image, 'JPEG', quality=quality), 'image/jpeg'


def make(faces):
    """By name.  "faces" are 64x64 gray pictures of Pillow."""
    return {u.name: u for u in (
        Upload('png64', '64x64 PNG', [png(faces[0])], 'png'),
        Upload('jpeg64', '64x64 JPEG', [jpeg(faces[0])], 'jpg'),
        Upload('jpeg1m', '1280x960 JPEG', [jpeg(picture((1280, 960)))],
               'jpg'),
        Upload('jpeg12m', '12-megapixel JPEG',
               [jpeg(picture((4000, 3000)))], 'jpg'),
        Upload('batch16', 'batch of 16 PNG', [png(f) for f in faces[:16]],
               'png'))}
