"""kill -9 of the server and all its children at random moments, under four clients.

Counts what was acknowledged and is gone (lost), what was published twice or done again (doubled),
and files that no record names (orphaned). All three must be 0.
"""

import http.client
import pathlib
import random
import shutil
import tempfile
import threading
import time

from server import Server, multipart
from torture.ledger import Ledger
from torture.machine import children, kill_all, percentile, zygote
from torture.pictures import noise_png

CLIENTS = 4
INLINE_BYTES_MAX = 64 * 1024
READY_SECONDS_MAX = 1.0


class Client(threading.Thread):
    """Posts jobs and looks at earlier ones until told to stop; errors are what kills cause."""

    def __init__(self, server, ledger, seed):
        super().__init__(daemon=True)
        self.server, self.ledger = server, ledger
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.posted = 0
        small = [noise_png(seed * 100 + i) for i in range(4)]
        large = [noise_png(seed * 100 + 50 + i, 220, 220) for i in range(2)]
        self.kinds = [
            ("webp", [small[0]]),
            ("png", [small[1]]),
            ("bmp", [large[0]]),  # its output has a file of its own
            ("webp", [small[2], b"no image at all", small[3]]),
            ("bmp", [large[1], large[0], small[0]]),  # its sources have a file of their own
        ]

    def run(self):
        while not self.stopping.is_set():
            try:
                self.post() if self.random.random() < 0.7 else self.look()
            except (OSError, http.client.HTTPException, ValueError):
                self.stopping.wait(0.005)

    def post(self):
        target, files = self.random.choice(self.kinds)
        body, kind = multipart(
            [("format", target), ("saveToStorage", "true")],
            [("files", f"{i}.png", content) for i, content in enumerate(files)],
        )
        self.posted += 1
        headers = {"Content-Type": kind, "Idempotency-Key": f"{self.name}-{self.posted}"}
        answer = None
        while answer is None:  # as a client should: the same again, until somebody answers
            try:
                answer = self.server.request("POST", "/api/jobs", body=body, headers=headers)
            except (OSError, http.client.HTTPException):
                time.sleep(0.005)
        if answer.status == 200:
            self.ledger.acknowledged(answer.json()["jobId"], len(files))

    def look(self):
        job = self.ledger.some_job(self.random)
        if job:
            answer = self.server.get(f"/api/jobs/{job}")
            if answer.status == 200:
                self.ledger.saw(job, answer.json()["results"])


def ready_after(server):
    begin = time.monotonic()
    server.start(poll=0.005)
    return time.monotonic() - begin


def one_round(server, chooser, fast):
    """Runs for a random moment, then kills; sometimes the zygote or a decoder first."""
    time.sleep(chooser.uniform(0.05, 0.25 if fast else 0.6))
    if chooser.random() < 0.3:
        first = zygote(server.process.pid)
        below = children(server.process.pid)
        kill_all([first] if first and chooser.random() < 0.5 else chooser.sample(below, k=min(1, len(below))))
        time.sleep(chooser.uniform(0.0, 0.05))
    below = children(server.process.pid)
    server.process.kill()
    kill_all(below)
    server.process.wait()


def check_job(server, ledger, job, files, lost):
    answer = server.get(f"/api/jobs/{job}")
    if answer.status != 200:
        lost.append(f"job {job}: {answer.status}")
        return
    found = answer.json()
    results = found["results"] or []
    ledger.saw(job, results)
    if len(results) != files or len({x["index"] for x in results}) != files:
        lost.append(f"job {job}: {len(results)} results of {files}, {found['status']}")
    for item in results:
        if item["status"] == "completed":
            check_output(server, job, item, lost)


def check_output(server, job, item, lost):
    prefix = f"http://127.0.0.1:{server.port}"
    answer = server.get(item["downloadUrl"].removeprefix(prefix), key=None)
    if answer.status != 200 or len(answer.body) != item["finalSize"]:
        lost.append(f"output {job}/{item['index']}: {answer.status}, {len(answer.body)} bytes")


def all_jobs(server):
    jobs, offset = {}, 0
    while True:
        page = server.get(f"/api/jobs?limit=100&offset={offset}").json()
        for job in page["jobs"]:
            jobs[job["jobId"]] = job
        if not page["pagination"]["hasMore"]:
            return jobs
        offset += 100


def orphans(server, jobs):
    """Files in the data directory that belong to no record."""
    found = []
    for folder in ("live", "kept"):
        for path in (server.data / folder).rglob("*"):
            if not path.is_file():
                continue
            job = jobs.get(path.parent.name)
            if job is None or folder == "live":
                found.append(str(path.relative_to(server.data)))
            elif path.name != "source":
                results = server.get(f"/api/jobs/{path.parent.name}").json()["results"] or []
                named = {str(x["index"]) for x in results
                         if x["status"] == "completed" and x["finalSize"] > INLINE_BYTES_MAX}
                if path.name not in named:
                    found.append(str(path.relative_to(server.data)))
    return found


def settle(server, ledger, seconds_max):
    """Waits until every acknowledged job is final; what is not by then counts as lost."""
    deadline = time.monotonic() + seconds_max
    for job in ledger.jobs:
        while time.monotonic() < deadline:
            answer = server.get(f"/api/jobs/{job}?wait=5")
            if answer.status != 200 or answer.json()["status"] in ("completed", "failed"):
                break


def run(rounds=200, seed=1, fast=False, environment=None, ledger_folder=None, log=print):
    """Gives (lost, doubled, orphaned, jobs, ready times)."""
    chooser = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="convertd-kill-")
    ledger_folder = tempfile.mkdtemp(prefix="convertd-ledger-", dir=ledger_folder)
    ledger = Ledger(ledger_folder)
    server = Server("--http-connections-per-address", "1000", "--log-level", "warn",
                    data=folder, environment=environment)
    ready = [ready_after(server)]
    server.key = server.make_key()
    clients = [Client(server, ledger, seed * 10 + i) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for number in range(rounds):
            one_round(server, chooser, fast)
            ready.append(ready_after(server))
            if (number + 1) % 50 == 0:
                log(f"  {number + 1} kills, {len(ledger.jobs)} jobs acknowledged")
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(30)
        lost = verify(server, ledger)
        jobs = all_jobs(server)
        found = orphans(server, jobs)
        ledger.doubled += [f"job {job} was made by a request that had made another"
                           for job in jobs if job not in ledger.jobs]
        server.stop()
    finally:
        for client in clients:
            client.stopping.set()
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        ledger.close()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(ledger_folder, ignore_errors=True)
    return lost, ledger.doubled, found, len(ledger.jobs), ready


def verify(server, ledger):
    settle(server, ledger, 120)
    lost = []
    for job, files in ledger.jobs.items():
        check_job(server, ledger, job, files, lost)
    return lost


def report(result, log=print, every_time=True):
    """`every_time`: no start may take long; else, on a busy machine, 99 of 100."""
    lost, doubled, orphaned, jobs, ready = result
    for name, found in (("lost", lost), ("doubled", doubled), ("orphaned", orphaned)):
        for line in found[:10]:
            log(f"  {name}: {line}")
    slow = [x for x in ready if x >= READY_SECONDS_MAX]
    log(f"kill: {len(ready) - 1} kills, {jobs} jobs acknowledged: {len(lost)} lost, "
        f"{len(doubled)} doubled, {len(orphaned)} orphaned; ready p50 "
        f"{percentile(ready, 0.5):.3f} s, p99 {percentile(ready, 0.99):.3f} s, "
        f"{len(slow)} over {READY_SECONDS_MAX:.0f} s")
    late = slow if every_time else percentile(ready, 0.99) >= READY_SECONDS_MAX
    return not (lost or doubled or orphaned or late)
