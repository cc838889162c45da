"""The images of a run: those of a folder, sorted by kind, or some that are drawn here.

Kinds: jpeg3 (2 to 5 megapixels), jpeg12 (from 8 megapixels on), alpha (PNG with alpha), png (without).
"""

import pathlib

import numpy
from PIL import Image

MEGA = 1_000_000


def kind_of(path):
    """None for what no row uses."""
    try:
        with Image.open(path) as image:
            pixels = image.width * image.height
            if image.format == "JPEG" and image.mode == "RGB":
                return "jpeg12" if pixels >= 8 * MEGA else "jpeg3" if 2 * MEGA <= pixels < 5 * MEGA else None
            if image.format == "PNG" and pixels >= MEGA:
                return "alpha" if image.mode in ("RGBA", "LA") else "png"
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
    for _ in range(40):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(20, width // 6), random.integers(20, height // 6)
        picture[y:y + h, x:x + w] = picture[y:y + h, x:x + w] // 2 + random.integers(0, 128, 3, numpy.uint8)
    grain = random.normal(scale=2.5, size=(height, width, 1))
    image = Image.fromarray(numpy.clip(picture + grain, 0, 255).astype(numpy.uint8))
    if alpha:
        mask = numpy.clip(_clouds(random, width, height) * 120 + 200, 0, 255).astype(numpy.uint8)
        image.putalpha(Image.fromarray(mask))
    return image


def draw_all(folder):
    """Some of each kind into `folder`; what is there already stays."""
    wanted = [(f"jpeg3_{i}.jpg", 2048, 1480, False) for i in range(3)]
    wanted += [(f"jpeg12_{i}.jpg", 4032, 3024, False) for i in range(3)]
    wanted += [("alpha_0.png", 2048, 1360, True), ("png_0.png", 2048, 1360, False)]
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, width, height, alpha) in enumerate(wanted):
        if not (folder / name).exists():
            image = drawn(seed, width, height, alpha)
            image.save(folder / name, **({"quality": 92} if name.endswith("jpg") else {"compress_level": 6}))
    return of_folder(folder)
