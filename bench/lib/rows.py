"""What is measured: a table with a row for each kind of work.

A goal is a bound and what would be better still; of images, ratios to the rival.
"""

import dataclasses

IN_FLIGHT = 64  # jobs that the client has sent and not seen end


@dataclasses.dataclass(frozen=True)
class Goal:
    bound: float
    stretch: float = None
    at_most: bool = False

    def is_met_by(self, value):
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self):
        return f"{'≤' if self.at_most else '≥'} {self.bound:g} / {'–' if self.stretch is None else f'{self.stretch:g}'}"


def least(bound, stretch=None):
    return Goal(bound, stretch)


def most(bound, stretch=None):
    return Goal(bound, stretch, at_most=True)


@dataclasses.dataclass(frozen=True)
class Row:
    """Images through both servers; measure.py."""
    name: str
    title: str
    kind: str            # of pictures.py: which images of the folder
    fields: dict         # of the job, as docs/api.md has them
    jobs: int            # in one round
    quick_jobs: int
    speed: Goal          # images a second
    cpu: Goal = None     # processor seconds for an image
    memory: Goal = None  # at the peak
    bytes: Goal = most(1.02)
    durable: bool = False        # the rival syncs as much as we do
    like_quality: bool = False   # the rival gets the quality at which its results are as near as ours
    target_part: float = None    # compress to this part of each source's size
    rival_fields: dict = dataclasses.field(default_factory=dict)

    def fields_for(self, path):
        if self.target_part is None:
            return self.fields
        return {**self.fields, "targetBytes": str(int(path.stat().st_size * self.target_part))}


@dataclasses.dataclass(frozen=True)
class Special:
    """What is not images a second; special.py and growth.py have a function of that name."""
    name: str
    title: str
    goals: dict  # by figure
    kinds: tuple = ("tiny",)  # of images


WEBP = {"format": "webp", "compression": "82"}
JPEG = {"format": "jpg", "compression": "82"}

ROWS = [
    Row("tiny", "64 × 64 PNG → WebP; ours synced, its Redis every second", "tiny", WEBP, 3000, 1000,
        least(4, 6), cpu=most(0.2, 0.15)),
    Row("tiny-durable", "the same, both synced", "tiny", WEBP, 3000, 1000, least(5, 8), cpu=most(0.2, 0.15),
        durable=True),
    Special("creates", "durable creates of 12 KB sources, 64 clients",
            {"creates/s": least(5000, 10000), "p99 ms": most(30)}),
    Row("webp-3mp", "3 MP JPEG → WebP q82 full size", "jpeg3", WEBP, 64, 24, least(1.05, 1.15)),
    Row("jpeg-1600", "12 MP JPEG → 1600 px JPEG", "jpeg12", {**JPEG, "resize": "width", "resizeWidth": "1600"},
        128, 64, least(1.25, 1.5), memory=most(0.35, 0.2)),
    Row("webp-200", "12 MP JPEG → 200 px WebP", "jpeg12", {**WEBP, "resize": "width", "resizeWidth": "200"},
        192, 64, least(1.0, 1.2), cpu=most(0.95)),
    Row("png-webp", "PNG with alpha → WebP", "alpha", WEBP, 32, 12, least(1.15, 1.25)),
    Row("png-jpeg", "PNG → JPEG", "png", JPEG, 96, 32, least(0.9, 1.1)),
    Row("png-avif", "PNG → AVIF, like quality, its effort 2", "png", {"format": "avif", "compression": "60"},
        16, 8, least(0.95, 1.2), bytes=most(1.05), like_quality=True),
    Row("tiff-png", "TIFF → PNG", "tiff", {"format": "png"}, 48, 16, least(1.0, 1.3)),
    Row("tiff-png-small", "the same, its adaptive filters", "tiff", {"format": "png"}, 48, 16, least(1.0, 1.3),
        rival_fields={"adaptive": "true"}),
    Row("gif-webp", "animated GIF → WebP", "gif", WEBP, 48, 16, least(1.0, 1.2)),
    Row("compress-jpeg", "3 MP JPEG to half its bytes", "jpeg3",
        {"jobType": "compress", "mode": "target-size"}, 96, 32, least(1.2, 1.6), bytes=None, target_part=0.5),
    Special("polls", "status polls of a job that has ended",
            {"polls/s at 64": least(30000), "polls/s at 1,000": least(25000)}),
    Special("overhead", "processor time around the engine",
            {"codec ÷ engine, 1600 px JPEG": most(1.05, 1.02), "codec ÷ engine, 3 MP WebP": most(1.05, 1.02),
             "server ms/MB": most(1.5)}, ("jpeg12", "jpeg3")),
    Special("growth", "a store of 1,000,000 jobs (--quick: 100,000) ÷ one of 1,000",
            {"creates": least(1 / 1.2), "polls": least(1 / 1.2), "lists": least(1 / 1.2), "memory": most(1.2)}),
    Special("large-job", "a job of 100,000 files (--quick: 10,000) ÷ jobs of 100", {"files/s": least(1 / 1.2), "cpu": most(1.2)}),
    Special("processes", "4 codec processes ÷ 2, on 2 processors", {"images/s": least(0.9)}, ("jpeg12",)),
]


def chosen(names):
    """The rows of these names; all where there are none. Raises KeyError."""
    by_name = {row.name: row for row in ROWS}
    return [by_name[name] for name in names] if names else ROWS
