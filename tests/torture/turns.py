"""Turns between accounts: one file of B beside a batch of 1,000 of A.

B's latency may be 1.5 times that on an idle server plus one file of A that is in progress, for a
synchronous request as well as for a job of one file. As a control the same with a server that
converts files as they come, which must be seen to fail.
"""

import threading
import time

from server import Server
from torture.machine import percentile
from torture.pictures import noise_png

BATCH_FILES = 1_000
RATIO_MAX = 1.5
SHARES = (0.5, 0.95)
WARM_UP = 10
PROCESSES = 2


def timed(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


class Client:
    """One account, with a small file to be made webp and a larger one to be made avif."""

    def __init__(self, running, name):
        self.running, self.key = running, running.make_key("--account", name)
        self.small = [("files", "small.png", noise_png(1))]
        pictures = [noise_png(i, 128, 128) for i in range(16)]
        self.large = [("files", f"{i}.png", pictures[i % 16]) for i in range(BATCH_FILES)]

    def post(self, path, fields, files):
        answer = self.running.post_form(path, fields, files, key=self.key)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    def call(self):
        self.post("/api/convert", [("format", "webp")], self.small)

    def job(self):
        job = self.post("/api/jobs", [("format", "webp"), ("saveToStorage", "true")], self.small)["jobId"]
        while self.running.get(f"/api/jobs/{job}?wait=20", key=self.key).json()["status"] != "completed":
            pass

    def batch(self, count):
        return self.post("/api/jobs", [("format", "avif"), ("saveToStorage", "true")], self.large[:count])["jobId"]

    def state(self, job):
        return self.running.get(f"/api/jobs/{job}?resultsLimit=1", key=self.key).json()

    def cancel(self, job):
        self.running.request("DELETE", f"/api/jobs/{job}?force=true", key=self.key)


def seconds_of_a_file(running, owner):
    """From start to end while every codec process is busy with such files."""
    job = owner.batch(32)
    found = {}
    while found.get("status") != "completed":
        found = running.get(f"/api/jobs/{job}?wait=20", key=owner.key).json()
    begun, ended = (time_of(found[x]) for x in ("startedAt", "completedAt"))
    return (ended - begun) * PROCESSES / 32


def time_of(text):
    clock = text.partition("T")[2].rstrip("Z").split(":")
    return int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])


class Measure:
    def __init__(self, running, count, log):
        self.running, self.count, self.log = running, count, log
        self.a, self.b = Client(running, "batch"), Client(running, "caller")
        self.one_file = seconds_of_a_file(running, self.a)
        self.idle = {}
        for name, action in (("call", self.b.call), ("job", self.b.job)):
            for _ in range(WARM_UP):
                action()
            self.idle[name] = [timed(action) for _ in range(count)]

    def judge(self, what, name, values):
        """True if B waited no longer than it may, in the middle and at the end of the distribution."""
        passed, texts = True, []
        for share in SHARES:
            got, idle = percentile(values, share), percentile(self.idle[name], share)
            most = RATIO_MAX * idle + self.one_file
            passed &= got <= most
            texts.append(f"p{share * 100:.0f} {got * 1000:.1f} ms (idle {idle * 1000:.1f}, at most {most * 1000:.1f})")
        self.log(f"turns: {name} beside {what}: {'; '.join(texts)}{'' if passed else ' — TOO LONG'}")
        return passed

    def beside_job(self, name, action):
        job = self.a.batch(BATCH_FILES)
        while self.a.state(job)["completedFiles"] == 0:
            time.sleep(0.01)
        values = [timed(action) for _ in range(self.count)]
        left = self.a.state(job)
        self.a.cancel(job)
        if left["status"] != "processing":
            raise AssertionError(f"the batch ended before the measurement: {left['status']}")
        return self.judge(f"a job of {BATCH_FILES} files", name, values), left

    def beside_call(self, files):
        """Beside a synchronous request of many files of A."""
        batch = threading.Thread(target=self.a.post, daemon=True, args=(
            "/api/convert", [("format", "avif")], self.a.large[:files]))
        batch.start()
        time.sleep(0.5)
        values = []
        while batch.is_alive() and len(values) < self.count:
            values.append(timed(self.b.call))
        batch.join()
        return self.judge(f"a synchronous request of {files} files", "call", values)


def server(**environment):
    return Server("--log-level", "warn", "--codec-processes", str(PROCESSES), environment=environment)


def run(count=100, log=print):
    with server() as running:
        measure = Measure(running, count, log)
        log(f"turns: a file of the batch takes {measure.one_file * 1000:.1f} ms")
        call, _ = measure.beside_job("call", measure.b.call)
        job, left = measure.beside_job("job", measure.b.job)
        moved = left["completedFiles"] > 0
        both = measure.beside_call(min(BATCH_FILES // 2, 20 * count))
    with server(CONVERTD_FAULT="first-come") as running:
        control = run_control(running, max(20, count // 5), log)
    passed = call and job and moved and both and not control
    log(f"turns: {'B never waits behind the batch' if call and job and both else 'B WAITS BEHIND THE BATCH'}; the "
        f"control {'was noticed' if not control else 'WENT UNNOTICED'}")
    return passed


def run_control(running, count, log):
    measure = Measure(running, count, lambda line: log(f"{line} (control: first come, first served)"))
    return measure.beside_job("call", measure.b.call)[0]
