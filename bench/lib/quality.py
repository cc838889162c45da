"""How near a result is to its source: PSNR and SSIM of the brightness, over white.

The source is scaled by Pillow, which is neither side's resizer. Of an animation some moments are compared.
"""

import bisect
import io
import itertools
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image, ImageOps, ImageSequence

MOMENTS = 5
PSNR_MAX = 99.0  # dB: of what is the same


def _over_white(image):
    image = ImageOps.exif_transpose(image)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _brightness(image):
    return numpy.asarray(image.convert("L"), numpy.float64)


def _psnr(a, b):
    error = numpy.mean((a - b) ** 2)
    return PSNR_MAX if error == 0 else min(PSNR_MAX, 10 * numpy.log10(255 ** 2 / error))


def _means(x, side=8):
    rows, columns = x.shape[0] // side * side, x.shape[1] // side * side
    return x[:rows, :columns].reshape(rows // side, side, columns // side, side).mean(axis=(1, 3))


def _ssim(a, b):
    """The mean over windows of 8 × 8."""
    mean_a, mean_b = _means(a), _means(b)
    var_a, var_b = _means(a * a) - mean_a ** 2, _means(b * b) - mean_b ** 2
    both = _means(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return numpy.mean((2 * mean_a * mean_b + c1) * (2 * both + c2)
                      / ((mean_a ** 2 + mean_b ** 2 + c1) * (var_a + var_b + c2)))


def _decoded_avif(content):
    """Debian 12's Pillow does not read AVIF."""
    with tempfile.TemporaryDirectory(prefix="convertd-bench-") as folder:
        avif, png = pathlib.Path(folder) / "x.avif", pathlib.Path(folder) / "x.png"
        avif.write_bytes(content)
        subprocess.run(["avifdec", "--png-compress", "0", avif, png], check=True, stdout=subprocess.DEVNULL)
        return png.read_bytes()


def _frame(image):
    """(how long it is shown, picture)"""
    image.load()  # only then Pillow knows the first
    return image.info.get("duration", 0), _over_white(image)


def _moments(content):
    """[(the time it begins at, in milliseconds, picture)]; one for a picture that stands still."""
    if content[4:12] in (b"ftypavif", b"ftypavis"):
        content = _decoded_avif(content)
    with Image.open(io.BytesIO(content)) as image:
        plays = image.format in ("GIF", "WEBP")
        frames = [_frame(x) for x in (ImageSequence.Iterator(image) if plays else [image])]
    starts = [0, *itertools.accumulate(x[0] for x in frames)]
    return list(zip(starts, (x[1] for x in frames)))


def _shown_at(moments, time):
    return moments[bisect.bisect_right([x[0] for x in moments], time) - 1][1]


def compare(source, result):
    """(PSNR in dB, SSIM) of the bytes of a result."""
    wanted, found = _moments(source.read_bytes()), _moments(result)
    pairs = []
    for time, expected in wanted[::max(1, len(wanted) // MOMENTS)]:
        got = _shown_at(found, time)
        if expected.size != got.size:
            expected = expected.resize(got.size, Image.LANCZOS)
        a, b = _brightness(expected), _brightness(got)
        pairs.append((_psnr(a, b), _ssim(a, b)))
    return tuple(float(numpy.mean(x)) for x in zip(*pairs))
