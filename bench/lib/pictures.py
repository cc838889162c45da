"""The images of a run: those of a folder, sorted by kind, or some that are drawn here.

Kinds: jpeg3 (2 to 5 megapixels), jpeg12 (from 8 megapixels on), alpha (PNG with alpha), png (without), tiny (PNG of
at most 64 pixels a side), tiff, gif (animated).
"""

import io
import pathlib

import numpy
from PIL import Image

MEGA = 1_000_000
TINY_SIDE = 64


def _kind_of_jpeg(image, pixels):
    if image.mode != "RGB":
        return None
    return "jpeg12" if pixels >= 8 * MEGA else "jpeg3" if 2 * MEGA <= pixels < 5 * MEGA else None


def kind_of(path):
    """None for what no row uses."""
    try:
        with Image.open(path) as image:
            pixels = image.width * image.height
            if image.format == "JPEG":
                return _kind_of_jpeg(image, pixels)
            if image.format == "PNG" and pixels >= MEGA:
                return "alpha" if image.mode in ("RGBA", "LA") else "png"
            if image.format == "PNG" and max(image.size) <= TINY_SIDE:
                return "tiny"
            if image.format == "GIF" and image.n_frames > 1:
                return "gif"
            if image.format == "TIFF" and pixels >= MEGA:
                return "tiff"
    except OSError:
        pass
    return None


def of_folder(folder):
    """Paths by kind, in the order of their names."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        kind = kind_of(path) if path.is_file() else None
        if kind:
            found.setdefault(kind, []).append(path)
    return found


def _clouds(random, width, height):
    """Noise with the spectrum of photographs: as much in each octave."""
    out = numpy.zeros((height, width), numpy.float32)
    size = 4
    while size < max(width, height):
        grid = random.normal(size=(size, size)).astype(numpy.float32)
        layer = Image.fromarray(grid).resize((width, height), Image.BICUBIC)
        out += numpy.asarray(layer) * (4.0 / size) ** 0.9
        size *= 2
    return out


def drawn(seed, width, height, alpha=False):
    """A picture with soft and hard edges, fine grain and colours."""
    random = numpy.random.default_rng(seed)
    light = _clouds(random, width, height)
    channels = [light + 0.35 * _clouds(random, width, height) for _ in range(3)]
    picture = numpy.clip(numpy.stack(channels, axis=-1) * 55 + 120, 0, 255).astype(numpy.uint8)
    least = min(20, width // 12)
    for _ in range(40):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(least, width // 6), random.integers(least, height // 6 + 1)
        picture[y:y + h, x:x + w] = picture[y:y + h, x:x + w] // 2 + random.integers(0, 128, 3, numpy.uint8)
    grain = random.normal(scale=2.5, size=(height, width, 1))
    image = Image.fromarray(numpy.clip(picture + grain, 0, 255).astype(numpy.uint8))
    if alpha:
        mask = numpy.clip(_clouds(random, width, height) * 120 + 200, 0, 255).astype(numpy.uint8)
        image.putalpha(Image.fromarray(mask))
    return image


def _save_animation(path, seed, width=400, height=267, frames=30):
    """The picture moves, and with it every pixel."""
    whole = drawn(seed, 2 * width, 2 * height)
    views = [whole.crop((x, x // 2, x + width, x // 2 + height)) for x in range(0, 5 * frames, 5)]
    first, *rest = (x.quantize(256, dither=Image.Dither.NONE) for x in views)
    first.save(path, save_all=True, append_images=rest, duration=80, loop=0)


def dot():
    """The bytes of a PNG of 16 × 16: a file whose conversion costs next to nothing."""
    out = io.BytesIO()
    drawn(1, 128, 128).resize((16, 16)).save(out, "PNG")
    return out.getvalue()


DRAWN = {  # names and sizes
    "jpeg3": [(f"jpeg3_{i}.jpg", 2048, 1480) for i in range(3)],
    "jpeg12": [(f"jpeg12_{i}.jpg", 4032, 3024) for i in range(3)],
    "alpha": [("alpha_0.png", 2048, 1360)],
    "png": [("png_0.png", 2048, 1360)],
    "tiny": [(f"tiny_{i}.png", TINY_SIDE, TINY_SIDE) for i in range(3)],
    "tiff": [("tiff_0.tif", 2048, 1360)],
    "gif": [("gif_0.gif", 400, 267)],
}
HOW = {".jpg": {"quality": 92}, ".png": {"compress_level": 6}, ".tif": {"compression": "tiff_lzw"}}


def draw_all(folder, kinds):
    """Those of these kinds into `folder`; what is there already stays. Paths by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for kind in sorted(kinds):
        for seed, (name, width, height) in enumerate(DRAWN[kind]):
            path = folder / name
            found.setdefault(kind, []).append(path)
            if path.exists():
                continue
            if kind == "gif":
                _save_animation(path, seed, width, height)
            else:
                drawn(seed, width, height, kind == "alpha").save(path, **HOW[path.suffix])
    return found
