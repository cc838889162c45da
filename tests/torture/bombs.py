"""Images that are small as files and large as pictures, more than there are codecs, while an honest
client works: it must hardly notice.

The honest client's p99 may at most double. As in `decoders`, the measure is the larger of two: what it
takes alone, and beside processes of the lowest priority, not the server's, that keep every processor
busy: that much the machine itself takes away.
"""

import multiprocessing
import os
import struct
import threading
import time
import zlib

from server import Server
from torture.decoders import latencies
from torture.machine import MemoryWatch, percentile
from torture.pictures import _chunk

SIDE = 7000  # 49 megapixels; the limit is 50
BOMBERS = 8
RATIO_MAX = 2.0
MEMORY_MIB_MAX = 64
SAMPLES = 1000


def bomb():
    """A black PNG of 49 megapixels in 150 KB."""
    packer = zlib.compressobj(9)
    row = b"\x00" + bytes(SIDE * 3)
    content = b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", content) + _chunk(b"IEND", b"")


class Bomber(threading.Thread):
    """Sends bombs until told to stop, two at a time, and looks at how they ended seldom."""

    def __init__(self, running, picture):
        super().__init__(daemon=True)
        self.running, self.picture, self.stopping = running, picture, threading.Event()
        self.sent = 0

    def run(self):
        while not self.stopping.is_set():
            job = self.running.submit([("a.png", self.picture), ("b.png", self.picture)])
            self.sent += 2
            while not self.stopping.wait(0.5):
                if self.running.get(f"/api/jobs/{job}").json()["status"] in ("completed", "failed"):
                    break


def compute_for_ever():
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass


def beside_work(running, count):
    busy = [multiprocessing.Process(target=compute_for_ever, daemon=True) for _ in range(os.cpu_count())]
    for x in busy:
        x.start()
    try:
        return latencies(running, count)
    finally:
        for x in busy:
            x.kill()
            x.join()


def beside_bombs(running, count, log):
    picture = bomb()
    bombers = [Bomber(running, picture) for _ in range(BOMBERS)]
    for x in bombers:
        x.start()
    time.sleep(2)  # until every codec has one
    try:
        return latencies(running, count)
    finally:
        for x in bombers:
            x.stopping.set()
        log(f"bombs: {sum(x.sent for x in bombers)} sent")


def run(environment=None, count=SAMPLES, log=print):
    with Server("--log-level", "warn", "--http-connections-per-address", "1000",
                environment=environment) as running:
        latencies(running, count // 5)
        alone = percentile(latencies(running, count), 0.99)
        floor = percentile(beside_work(running, count), 0.99)
        with MemoryWatch(running.process.pid) as watch:
            during = percentile(beside_bombs(running, count, log), 0.99)
        code = 0 if running.process.poll() is None else 1
    log(f"bombs: honest p99 {during * 1000:.1f} ms beside {2 * BOMBERS} bombs at a time; {during / alone:.2f} of that alone, "
        f"{during / floor:.2f} of that beside busy processors; server memory {watch.most:.1f} MiB")
    return during / max(alone, floor) <= RATIO_MAX and watch.most < MEMORY_MIB_MAX and code == 0
