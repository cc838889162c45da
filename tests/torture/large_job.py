"""A job of many files: what the store writes for one that ends does not grow with the job."""

import json
import pathlib
import statistics
import time

from server import Server
from torture.machine import MemoryWatch
from torture.pictures import noise_png
from torture.uploads import FIELDS, file_head, post_pieces

RATIO_MAX = 1.25
MEMORY_MIB_MAX = 64


def bytes_written(pid):
    """By the server's own write calls: the store's pages, and answers to our few looks."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    return 0


def run(files=10_000, rounds=3, log=print):
    """Medians over a few jobs: how many files share a commit varies with the disk's mood."""
    window = files // 10
    pictures = [noise_png(i, 24, 24) for i in range(16)]
    parts = [file_head(f"{i}.png") + pictures[i % 16] + b"\r\n" for i in range(files)]
    first, last, seconds, memory, ended = [], [], [], 0.0, 0
    for _ in range(rounds):
        with Server("--log-level", "warn") as running:
            status, body = post_pieces(running, FIELDS, parts, sum(map(len, parts)), b"--MARK--\r\n")
            if status != 200:
                log(f"large-job: the upload was refused: {body!r}")
                return False
            marks = watch(running, json.loads(body)["jobId"])
        first.append(per_file(marks, 0, window))
        last.append(per_file(marks, files - window, files))
        seconds.append(marks[-1][2] - marks[0][2])
        memory = max(memory, *(x[3] for x in marks))
        ended += marks[-1][0]
    ratio = statistics.median(last) / statistics.median(first)
    holds = ratio <= RATIO_MAX and ended == files * rounds and memory < MEMORY_MIB_MAX
    log(f"large-job: {files} files in {statistics.median(seconds):.1f} s (median of {rounds}); bytes "
        f"written per file: first {window} {statistics.median(first):.0f}, last {window} "
        f"{statistics.median(last):.0f}, ratio {ratio:.2f}; at most {memory:.1f} MiB"
        f"{'' if holds else ' — DOES NOT HOLD'}")
    return holds


def watch(running, job):
    """(files ended, bytes written, time, memory) for every look until the job is final."""
    memory = MemoryWatch(running.process.pid)
    marks = []
    while True:
        written = bytes_written(running.process.pid)
        found = running.get(f"/api/jobs/{job}?resultsLimit=1").json()
        ended = found["completedFiles"] + found["failedFiles"]
        marks.append((ended, written, time.monotonic(), memory.look()))
        if found["status"] in ("completed", "failed"):
            return marks
        time.sleep(0.02)


def per_file(marks, begin, end):
    """Bytes per file between the looks nearest to `begin` and `end` files."""
    near = [min(marks, key=lambda x, wanted=wanted: abs(x[0] - wanted)) for wanted in (begin, end)]
    return (near[1][1] - near[0][1]) / max(1, near[1][0] - near[0][0])
