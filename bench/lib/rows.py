"""What is measured: a table with a row for each kind of work.

A goal is a ratio to the rival: of images a second at least, of processor time and memory at most.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    kind: str            # of pictures.py: which images of the folder
    fields: dict         # of the job, as docs/api.md has them
    jobs: int            # in one round
    quick_jobs: int
    speed: float         # goal: images a second, ours to the rival's, at least
    stretch: float
    cpu: float = None    # goal: processor seconds for an image, at most
    memory: float = None  # goal: peak memory, at most


IN_FLIGHT = 64  # jobs that the client has sent and not seen end

ROWS = [
    Row("webp-3mp", "3 MP JPEG → WebP q82 full size", "jpeg3",
        {"format": "webp", "compression": "82"}, 64, 24, 1.05, 1.15),
    Row("jpeg-1600", "12 MP JPEG → 1600 px JPEG", "jpeg12",
        {"format": "jpg", "compression": "82", "resize": "width", "resizeWidth": "1600"},
        128, 64, 1.25, 1.5, memory=0.35),
    Row("webp-200", "12 MP JPEG → 200 px WebP", "jpeg12",
        {"format": "webp", "compression": "82", "resize": "width", "resizeWidth": "200"},
        192, 64, 1.0, 1.2, cpu=0.95),
    Row("png-webp", "PNG with alpha → WebP", "alpha", {"format": "webp", "compression": "82"}, 32, 12, 1.15, 1.25),
    Row("png-jpeg", "PNG → JPEG", "png", {"format": "jpg", "compression": "82"}, 96, 32, 0.9, 1.1),
]


def chosen(names):
    """The rows of these names; all where there are none. Raises KeyError."""
    by_name = {row.name: row for row in ROWS}
    return [by_name[name] for name in names] if names else ROWS
