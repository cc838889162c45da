"""Images that are small as files and large as pictures, more than there are codecs, while an honest
client works: it must hardly notice.

The honest client's p99 may at most double. What it is beside processes of the lowest priority, not the
server's, that keep every processor busy is told too: that much the machine itself takes away.
"""

import collections
import concurrent.futures
import multiprocessing
import os
import struct
import threading
import time
import zlib

from server import Server
from torture.machine import MemoryWatch, percentile
from torture.pictures import _chunk, noise_png

SIDE = 7000  # 49 megapixels; the limit is 50
BOMBERS = 8
RATIO_MAX = 2.0
MEMORY_MIB_MAX = 64
SECONDS = 50
PACE_SECONDS = 0.05  # 1,000 samples
CLIENTS_MAX = 64


def bomb():
    """A black PNG of 49 megapixels in 150 KB."""
    packer = zlib.compressobj(9)
    row = b"\x00" + bytes(SIDE * 3)
    content = b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", content) + _chunk(b"IEND", b"")


class Bomber(threading.Thread):
    """Of another account: sends bombs until told to stop, two at a time."""

    def __init__(self, running, key, picture):
        super().__init__(daemon=True)
        self.running, self.key, self.stopping = running, key, threading.Event()
        self.files = [("files", "a.png", picture), ("files", "b.png", picture)]
        self.ended = collections.Counter()

    def run(self):
        while not self.stopping.is_set():
            fields = [("format", "webp"), ("saveToStorage", "true")]
            job = self.running.post_form("/api/jobs", fields, self.files, key=self.key).json()["jobId"]
            while not self.stopping.wait(0.25):
                found = self.running.get(f"/api/jobs/{job}", key=self.key).json()
                if found["status"] in ("completed", "failed"):
                    self.ended.update(x.get("errorCode", "completed") for x in found["results"])
                    break


def latency(running, number):
    """Seconds from the post of a small job to its result."""
    begin = time.monotonic()
    running.wait_for(running.submit([("a.png", noise_png(number % 8))]))
    return time.monotonic() - begin


def honest_p99(running, seconds):
    """Requests come at fixed times, whether or not the earlier ones have been answered: whoever waits
    for an answer before asking again sees one slow answer where many would have come."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS_MAX) as clients:
        begin, asked = time.monotonic(), []
        for i in range(int(seconds / PACE_SECONDS)):
            time.sleep(max(0, begin + i * PACE_SECONDS - time.monotonic()))
            asked.append(clients.submit(latency, running, i))
        return percentile([x.result() for x in asked], 0.99)


def compute_for_ever():
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass


def beside_work(running, seconds):
    busy = [multiprocessing.Process(target=compute_for_ever, daemon=True) for _ in range(os.cpu_count())]
    for x in busy:
        x.start()
    try:
        return honest_p99(running, seconds)
    finally:
        for x in busy:
            x.kill()
            x.join()


def beside_bombs(running, seconds, log):
    picture, key = bomb(), running.make_key()
    bombers = [Bomber(running, key, picture) for _ in range(BOMBERS)]
    for x in bombers:
        x.start()
    time.sleep(1)  # until every codec has one
    try:
        return honest_p99(running, seconds)
    finally:
        for x in bombers:
            x.stopping.set()
        log(f"bombs: how they ended: {dict(sum((x.ended for x in bombers), collections.Counter()))}")


def run(environment=None, seconds=SECONDS, log=print):
    with Server("--log-level", "warn", "--http-connections-per-address", "1000",
                environment=environment) as running:
        honest_p99(running, 2)
        alone = honest_p99(running, seconds)
        floor = beside_work(running, seconds)
        with MemoryWatch(running.process.pid) as watch:
            during = beside_bombs(running, seconds, log)
        alive = running.process.poll() is None
    log(f"bombs: honest p99 {during * 1000:.1f} ms beside {2 * BOMBERS} bombs at a time; {during / alone:.2f} of that alone, "
        f"{during / floor:.2f} of that beside busy processors; server memory {watch.most:.1f} MiB")
    return during / alone <= RATIO_MAX and watch.most < MEMORY_MIB_MAX and alive
