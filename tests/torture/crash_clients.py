"""Clients that reach every crash point: what they were told stands in a ledger, as in `kill`.

Each repeats a request until somebody answers it, as a client should.
"""

import http.client
import json
import random
import threading
import time

from server import multipart
from torture.kill import Client
from torture.pictures import fault, noise_png

LARGE_JOB_FILES = 9_000  # their records take more than one commit
NAME_BYTES = 200
EXPIRE_SLOWLY = 1_500  # files; their records are erased in more than one commit
WAITING_JOBS_MAX = 20  # else in twenty rounds thousands wait, and points that come after a job's end are not reached


class Patient(Client):
    """Posts nothing while many jobs wait."""

    def post(self):
        waiting = self.server.get("/api/jobs?status=pending&limit=1").json()
        if waiting["pagination"]["total"] > WAITING_JOBS_MAX:
            self.stopping.wait(0.05)
        else:
            super().post()


class Repeating(threading.Thread):
    """Does `step()` until told to stop, while it is awake."""

    def __init__(self, server, ledger, seed):
        super().__init__(daemon=True)
        self.server, self.ledger = server, ledger
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.awake = True
        self.count = 0

    def run(self):
        while not self.stopping.is_set():
            try:
                self.step() if self.awake else self.stopping.wait(0.02)
            except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
                self.stopping.wait(0.005)

    def until_answered(self, method, path, **more):
        while True:
            try:
                return self.server.request(method, path, **more)
            except (OSError, http.client.HTTPException):
                time.sleep(0.005)

    def post_job(self, files, **fields):
        """Its id once it was acknowledged; nothing if it was refused."""
        self.count += 1
        settings = {"format": "png", "saveToStorage": "true", **fields}
        body, kind = multipart(settings.items(),
                               [("files", name, content) for name, content in files])
        headers = {"Content-Type": kind, "Idempotency-Key": f"{self.name}-{self.count}"}
        answer = self.until_answered("POST", "/api/jobs", body=body, headers=headers)
        if answer.status != 200:
            return None
        job = answer.json()["jobId"]
        self.ledger.acknowledged(job, len(files))
        return job

    def wait_until_final(self, job):
        while not self.stopping.is_set():
            answer = self.until_answered("GET", f"/api/jobs/{job}?wait=2")
            if answer.status != 200 or answer.json()["status"] in ("completed", "failed"):
                return


class Keeper(Repeating):
    """Saves files and erases some; erases the bytes of some jobs, or one output of them."""

    def __init__(self, server, ledger, seed):
        super().__init__(server, ledger, seed)
        self.kept = {}  # id -> bytes, acknowledged
        self.gone = set()  # ids of files whose erasure was acknowledged
        self.erased_jobs = set()  # … of jobs whose bytes are
        self.touched_jobs = set()  # some of their bytes may be gone
        self.image = noise_png(seed, 200, 200)

    def step(self):
        self.random.choice([self.save, self.save, self.erase_saved, self.erase_job, self.erase_output])()

    def save(self):
        content = self.image if self.random.random() < 0.7 else noise_png(self.count, 8, 8)
        body, kind = multipart([], [("file", "a.png", content)])
        answer = self.server.request("POST", "/api/files", body=body, headers={"Content-Type": kind})
        if answer.status == 200:
            with self.ledger.lock:
                self.kept[answer.json()["file"]["id"]] = content

    def erase_saved(self):
        if self.kept:
            chosen = self.random.choice(list(self.kept))
            with self.ledger.lock:
                del self.kept[chosen]
            if self.until_answered("DELETE", f"/api/files/{chosen}").status in (200, 404):
                self.gone.add(chosen)

    def a_job(self):
        """Sources and outputs have files of their own; it has ended."""
        job = self.post_job([("large.png", self.image), ("other.png", self.image)], format="bmp")
        if job:
            self.touched_jobs.add(job)
            self.wait_until_final(job)
        return job

    def erase_job(self):
        if (job := self.a_job()) and self.until_answered("DELETE", f"/api/jobs/{job}/files").status == 200:
            self.erased_jobs.add(job)

    def erase_output(self):
        if job := self.a_job():
            results = self.until_answered("GET", f"/api/jobs/{job}").json()["results"]
            output = results[0]["storedFileId"]
            if self.until_answered("DELETE", f"/api/files/{output}").status in (200, 404):
                self.gone.add(output)


class Caller(Repeating):
    """Posts jobs with a callback."""

    def __init__(self, server, ledger, seed, receiver):
        super().__init__(server, ledger, seed)
        self.receiver = receiver
        self.jobs = set()

    def step(self):
        job = self.post_job([("a.png", noise_png(self.count % 8, 16, 16))],
                            callbackUrl=self.receiver.url("/callback"))
        if job:
            self.jobs.add(job)
        self.stopping.wait(0.02)


class Unsubscriber(Repeating):
    """Makes a webhook that nobody answers at, lets events come up for it, and deletes it."""

    def step(self):
        hook = self.server.request("POST", "/api/webhooks", body=json.dumps(
            {"url": "http://127.0.0.1:9/", "eventTypes": ["conversion.completed"]}))
        if hook.status != 200:
            return
        if job := self.post_job([("a.png", noise_png(self.count % 8, 16, 16))]):
            self.wait_until_final(job)
        self.until_answered("DELETE", f"/api/webhooks/{hook.json()['id']}")


class LargeJobs(Repeating):
    """Jobs of so many files that their records take several commits. None of them is an image."""

    def step(self):
        name = "x" * NAME_BYTES
        self.post_job([(f"{name}{i}.png", b"none") for i in range(LARGE_JOB_FILES)])
        self.stopping.wait(1)


class Crashers(Repeating):
    """Jobs with a file whose decoder dies."""

    def step(self):
        self.post_job([("a.png", fault("crash")), ("b.png", noise_png(1, 16, 16))])
        self.stopping.wait(0.1)


class SlowToExpire(Repeating):
    """One job whose records are erased in more than one commit, and one that has files on disk."""

    def step(self):
        self.post_job([(f"{i}.png", b"none") for i in range(EXPIRE_SLOWLY)])
        if job := self.post_job([("a.png", noise_png(3, 220, 220))], format="bmp"):
            self.wait_until_final(job)
        self.stopping.wait(0.5)


def everyday(server, ledger, seed, receiver):
    """Those that reach most points."""
    return [Patient(server, ledger, seed * 10), Patient(server, ledger, seed * 10 + 1),
            Keeper(server, ledger, seed * 10 + 2), Caller(server, ledger, seed * 10 + 3, receiver)]
