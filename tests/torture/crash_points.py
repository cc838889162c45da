"""SIGKILL between every two durable steps: the server ends itself at each named point in turn.

The points are the list in job/crash_points.hpp. Each is passed by work that reaches it; then the server
starts again and the ledger is compared: lost, doubled and orphaned must be 0, and every point reached.
"""

import pathlib
import random
import re
import shutil
import signal
import tempfile
import time

from receiver import Receiver
from server import ROOT, Server
from torture.crash_clients import Crashers, LargeJobs, SlowToExpire, Unsubscriber, everyday
from torture.kill import all_jobs, check_job, orphans, settle
from torture.ledger import Ledger

REACH_SECONDS_MAX = 30
EXPIRE_SECONDS = 1.5  # until something has expired; deliveries are kept for one
PASSAGES_MAX = 4  # the n of name:n is chosen below this
SAY_SECONDS_MAX = 30  # for the last callbacks

# What reaches a point that everyday work does not.
EXTRA = {
    "accept.part-committed": LargeJobs,
    "recover.upload-erased": LargeJobs,
    "attempt.death-committed": Crashers,
    "deliver.target-failed": Unsubscriber,
}
# A point of the start-up, and the crash that leaves it something to do.
BEFORE = {
    "recover.upload-erased": "accept.part-committed",
    "recover.job-committed": "attempt.start-committed",
    "recover.outputs-removed": "publish.output-synced",
    "recover.doomed-removed": "erase.bytes-doomed",
    "recover.folder-tidied": "accept.folder-synced",
    "recover.file-doomed-removed": "erase.file-doomed",
    "recover.file-tidied": "save.folder-synced",
}


def all_points():
    text = (ROOT / "job" / "crash_points.hpp").read_text()
    return re.findall(r'string_view\{"([^"]+)"\}', text)


def expires(point):
    return point.startswith("expire.")


class Torment:
    """One data directory, its clients, and servers that die in it one after the other."""

    def __init__(self, seed, makers, retention=None):
        self.folder = tempfile.mkdtemp(prefix="convertd-crash-")
        self.ledger_folder = tempfile.mkdtemp(prefix="convertd-ledger-", dir="/dev/shm")
        self.log = pathlib.Path(self.folder) / "passed"
        self.ledger = Ledger(self.ledger_folder)
        self.receiver = Receiver()
        flags = ["--retention", retention, "--webhooks-history", "1s"] if retention else []
        self.server = Server("--http-connections-per-address", "1000", "--log-level", "warn",
                             "--webhooks-allow", "127.0.0.1", *flags, data=self.folder)
        self.random = random.Random(seed)
        self.start(None)
        self.server.key = self.server.make_key()
        self.clients = everyday(self.server, self.ledger, seed, self.receiver)
        self.clients += [make(self.server, self.ledger, seed * 10 + 9 - i) for i, make in enumerate(makers)]
        for client in self.clients:
            client.start()

    def start(self, point, passage=1):
        """False if it died before it was ready."""
        self.server.environment = {"CONVERTD_CRASH_LOG": str(self.log)}
        if point:
            self.server.environment["CONVERTD_CRASH_AT"] = f"{point}:{passage}"
        try:
            self.server.start(poll=0.005)
        except AssertionError:
            if self.server.process.poll() != -signal.SIGKILL:
                raise
            return False
        return True

    def die_at(self, point, passage):
        """True once the server has died there; else it is killed."""
        self.end()
        for client in self.clients[4:]:
            client.awake = isinstance(client, EXTRA.get(point, SlowToExpire))
        if not self.start(point, passage):
            return True
        deadline = time.monotonic() + REACH_SECONDS_MAX
        while self.server.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.end() == -signal.SIGKILL

    def end(self):
        """The exit code of a server that had ended; nothing of one that had not, and is killed."""
        code = self.server.process.poll()
        self.server.process.kill()
        self.server.process.wait()
        return code

    def one_round(self, point):
        if point in BEFORE:
            return self.die_at(BEFORE[point], 1) and self.die_at(point, 1)
        if expires(point):  # what was made until now expires, the first at the start-up
            self.end()
            self.start(None)
            time.sleep(EXPIRE_SECONDS)
            return self.die_at(point, 1)
        return self.die_at(point, 1 if point in EXTRA else self.random.randint(1, PASSAGES_MAX))

    def passed(self):
        return set(self.log.read_text().split()) if self.log.exists() else set()

    def verify(self, expired):
        """Starts once more; gives (lost, doubled, orphaned)."""
        self.end()
        self.start(None)
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join(60)
        return self.verify_expired() if expired else self.verify_kept()

    def verify_kept(self):
        keeper, caller = self.clients[2], self.clients[3]
        settle(self.server, self.ledger, 120)
        lost = []
        for job, files in self.ledger.jobs.items():
            if job in keeper.touched_jobs:
                if self.server.get(f"/api/jobs/{job}").status != 200:
                    lost.append(f"job {job}, whose bytes were erased")
            else:
                check_job(self.server, self.ledger, job, files, lost)
        lost += check_saved(self.server, keeper) + check_callbacks(caller, self.receiver)
        jobs = all_jobs(self.server)
        doubled = self.ledger.doubled + twice_called(self.receiver)
        doubled += [f"job {job} was made by a request that had made another"
                    for job in jobs if job not in self.ledger.jobs]
        found = orphans(self.server, jobs) + orphaned_files(self.server, keeper.erased_jobs)
        return lost, doubled, found

    def verify_expired(self):
        """Everything must be gone, and leave nothing behind."""
        deadline = time.monotonic() + 30
        while (left := all_jobs(self.server)) and time.monotonic() < deadline:
            settle(self.server, self.ledger, 30)
            time.sleep(0.5)
            self.end()  # the pruner looks at once when it starts
            self.start(None)
        files = [path for folder in ("live", "kept") for path in (self.server.data / folder).rglob("*")
                 if path.is_file() and path.parent.name not in left]
        return [f"job {x} did not expire" for x in left], [], [str(x) for x in files]

    def close(self):
        for client in self.clients:
            client.stopping.set()
        self.end()
        self.receiver.close()
        self.ledger.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.ledger_folder, ignore_errors=True)


def content_of(server, file):
    """Its bytes, or nothing if it is not there."""
    answer = server.get(f"/api/files/{file}")
    if answer.status != 200:
        return None
    url = answer.json()["file"]["downloadUrl"].removeprefix(f"http://127.0.0.1:{server.port}")
    return server.get(url, key=None).body


def check_saved(server, keeper):
    lost = [f"saved file {x}" for x, content in keeper.kept.items() if content_of(server, x) != content]
    return lost + [f"the erasure of file {x}" for x in keeper.gone
                   if server.get(f"/api/files/{x}").status != 404]


def check_callbacks(caller, receiver):
    """Each job of it must have been told of."""
    try:
        receiver.wait_for(lambda events: caller.jobs <= {x.job for x in events}, SAY_SECONDS_MAX)
    except AssertionError:
        pass
    with receiver.lock:
        told = {x.job for x in receiver.accepted}
    return [f"the event of job {x}" for x in caller.jobs - told]


def twice_called(receiver):
    """One event may come twice, but under one id."""
    names = {}
    with receiver.lock:
        for event in receiver.accepted:
            names.setdefault(event.job, set()).add(event.json["id"])
    return [f"job {job} was told of under {len(x)} ids" for job, x in names.items() if len(x) > 1]


def orphaned_files(server, erased_jobs):
    """Saved files on disk that no record names, and bytes of jobs whose bytes were erased."""
    found = [str(path) for path in (server.data / "kept").rglob("*")
             if path.is_file() and path.parent.name in erased_jobs]
    return found + [str(path) for path in (server.data / "files").rglob("*")
                    if path.is_file() and server.get(f"/api/files/{path.name}").status != 200]


def torment(points, rounds, seed, log):
    """Dies `rounds` times at each of the points, in one directory; gives how often, and the counts."""
    expired = expires(points[0])
    makers = list(dict.fromkeys(EXTRA[x] for x in points if x in EXTRA))
    here = Torment(seed, [SlowToExpire] if expired else makers, "300ms" if expired else None)
    try:
        died = {point: sum(here.one_round(point) for _ in range(rounds)) for point in points}
        counts = here.verify(expired)
        for name, found in zip(("lost", "doubled", "orphaned"), counts):
            for line in found[:5]:
                log(f"  {points[0]}: {name}: {line}")
        return died, counts, len(here.ledger.jobs), here.passed()
    finally:
        here.close()


def groups(points, rounds):
    """Points that share a data directory: with many rounds each has its own."""
    if rounds > 1:
        return [[x] for x in points]
    kept = [x for x in points if not expires(x)]
    return [kept[i::3] for i in range(3)] + [[x for x in points if expires(x)]]


def run(rounds=20, seed=1, only=None, log=print):
    points = [x for x in all_points() if not only or x.startswith(only)]
    died, passed, jobs = {}, set(), 0
    sums = [0, 0, 0]
    for number, group in enumerate(x for x in groups(points, rounds) if x):
        some, counts, acknowledged, seen = torment(group, rounds, seed + number, log)
        died.update(some)
        passed |= seen
        jobs += acknowledged
        sums = [a + len(b) for a, b in zip(sums, counts)]
    short = {x: n for x, n in died.items() if n < rounds}
    for point, times in short.items():
        log(f"  {point}: reached {times} times of {rounds}")
    log(f"crash-points: {len(points)} points × {rounds}, {len(points) - len(short)} reached each time, "
        f"{sum(died.values())} kills, {jobs} jobs acknowledged: {sums[0]} lost, {sums[1]} doubled, "
        f"{sums[2]} orphaned")
    return not short and sums == [0, 0, 0]
