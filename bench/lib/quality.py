"""How near a result is to its source: PSNR and SSIM of the brightness, over white.

The source is scaled by Pillow, which is neither side's resizer.
"""

import io

import numpy
from PIL import Image, ImageOps


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
    return 99.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


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


def compare(source, result):
    """(PSNR in dB, SSIM) of the bytes of a result."""
    with Image.open(source) as image:
        expected = _over_white(image)
    with Image.open(io.BytesIO(result)) as image:
        got = _over_white(image)
    if expected.size != got.size:
        expected = expected.resize(got.size, Image.LANCZOS)
    a, b = _brightness(expected), _brightness(got)
    return _psnr(a, b), _ssim(a, b)
