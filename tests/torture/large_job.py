"""A job of many files: what the store writes for one that ends does not grow with the job."""

import pathlib
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


def run(files=10_000, log=print):
    window = files // 10
    pictures = [noise_png(i, 24, 24) for i in range(16)]
    parts = [file_head(f"{i}.png") + pictures[i % 16] + b"\r\n" for i in range(files)]
    with Server("--log-level", "warn") as running:
        status, body = post_pieces(running, FIELDS, parts, sum(map(len, parts)), b"--MARK--\r\n")
        if status != 200:
            log(f"large-job: the upload was refused: {body!r}")
            return False
        job = running.get("/api/jobs?limit=1").json()["jobs"][0]["jobId"]
        marks = watch(running, job, files)
    first = per_file(marks, 0, window)
    last = per_file(marks, files - window, files)
    seconds = marks[-1][2] - marks[0][2]
    ratio = last / first
    holds = ratio <= RATIO_MAX and marks[-1][0] == files and running_memory(marks) < MEMORY_MIB_MAX
    log(f"large-job: {files} files in {seconds:.1f} s; store bytes per file: first {window} "
        f"{first:.0f}, last {window} {last:.0f}, ratio {ratio:.2f}; at most "
        f"{running_memory(marks):.1f} MiB{'' if holds else ' — DOES NOT HOLD'}")
    return holds


def watch(running, job, files):
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


def running_memory(marks):
    return max(x[3] for x in marks)


def per_file(marks, begin, end):
    """Bytes per file between the looks nearest to `begin` and `end` files."""
    near = [min(marks, key=lambda x, wanted=wanted: abs(x[0] - wanted)) for wanted in (begin, end)]
    return (near[1][1] - near[0][1]) / max(1, near[1][0] - near[0][0])
