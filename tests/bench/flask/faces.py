"""The pictures: a MAT file of Olivetti, or DIR/LABEL/NAME.pgm."""

import pathlib

import numpy


def load(path):
    """Pixels, one row a picture; their classes; the classes' names."""
    path = pathlib.Path(path)
    if path.is_file():
        from scipy.io import loadmat
        faces = loadmat(path)["faces"]
        pixels = faces.T.reshape(-1, 64, 64).transpose(0, 2, 1)
        pixels = numpy.ascontiguousarray(pixels).reshape(len(pixels), -1)
        return (pixels, numpy.arange(len(pixels)) // 10,
                [f"s{n:02}" for n in range(len(pixels) // 10)])
    files = sorted(path.glob("*/*.pgm"))
    pixels = numpy.array([numpy.frombuffer(file.read_bytes()[-4096:],
                                           numpy.uint8) for file in files])
    names, classes = numpy.unique([file.parent.name for file in files],
                                  return_inverse=True)
    return pixels, classes, names.tolist()
