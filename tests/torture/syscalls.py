"""System calls of the server that fail: the n-th fsync, write, rename … gives EIO, ENOSPC or EMFILE.

A library that is preloaded (tests/torture/failing_calls.cpp) lets calls on the data directory fail. A sync or
commit that fails must end the server within a second, and nothing may be answered with 2xx after it. Lack of
room is told with 503 and passes by itself. Whatever happened, nothing acknowledged is lost.
"""

import pathlib
import shutil
import tempfile
import time

from server import Server
from torture.crash_clients import Keeper
from torture.crash_points import check_saved, orphaned_files
from torture.kill import Client, all_jobs, check_job, orphans, settle
from torture.ledger import Ledger
from torture.pictures import noise_png

EVERYTHING = ("fsync", "fdatasync", "write", "pwrite", "rename", "link", "open", "unlink", "mkdir")
CASES = ([(x, "EIO") for x in EVERYTHING]
         + [(x, "ENOSPC") for x in ("write", "pwrite", "link", "rename", "open", "mkdir", "fdatasync")]
         + [("open", "EMFILE")])
SYNCS = [("fsync", "EIO"), ("fdatasync", "EIO"), ("pwrite", "EIO")]  # a commit ends with a pwrite
MUST_END = set(SYNCS)
MAY_END = {("pwrite", "ENOSPC"), ("fdatasync", "ENOSPC")}  # a page of LMDB that says which commit holds
MAY_END |= {(x, "EIO") for x in EVERYTHING}  # where it is a commit that needs the file
END_SECONDS_MAX = 1.0
FAIL_SECONDS_MAX = 15  # until the call comes
LACK_SECONDS = 1.0
RESUME_SECONDS_MAX = 10
LIBRARY = "libfailing_calls.so"


class Recorded:
    """A server whose answers are kept with the time of their requests."""

    def __init__(self, server):
        self.server, self.seen = server, []

    def request(self, method, path, **more):
        begin = time.monotonic()
        answer = self.server.request(method, path, **more)
        self.seen.append((begin, method, path, answer))
        return answer

    def get(self, path, **more):
        return self.request("GET", path, **more)


class Case:
    """One call that fails in one server, with clients."""

    def __init__(self, call, number, error, seed, environment):
        self.what, self.number = (call, error), number
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="convertd-calls-"))
        self.ledger_folder = tempfile.mkdtemp(prefix="convertd-ledger-", dir="/dev/shm")
        self.armed, self.hold, self.seen = (self.folder / x for x in ("armed", "hold", "seen"))
        self.ledger = Ledger(self.ledger_folder)
        self.server = Server("--http-connections-per-address", "1000", "--log-level", "warn", data=self.folder)
        self.server.environment = {
            **environment, "LD_PRELOAD": str(library()), "FAILING_UNDER": str(self.server.data),
            "FAILING_CALL": f"{call}:{number}:{error}", "FAILING_ARMED": str(self.armed),
            "FAILING_SEEN": str(self.seen), "FAILING_WHILE": "" if error == "EIO" else str(self.hold)}
        self.server.start()
        self.server.key = self.server.make_key()
        self.recorded = Recorded(self.server)
        self.clients = [Client(self.recorded, self.ledger, seed * 10), Client(self.recorded, self.ledger, seed * 10 + 1),
                        Keeper(self.recorded, self.ledger, seed * 10 + 2)]

    def play(self):
        """Gives what did not go as it must."""
        self.hold.touch()
        for client in self.clients:
            client.start()
        time.sleep(0.1)
        self.armed.touch()
        deadline = time.monotonic() + FAIL_SECONDS_MAX
        while not self.seen.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        if not self.seen.exists():
            return ["the call never came"]
        time.sleep(0.002)
        failed_at = float(self.seen.read_text() or time.monotonic())
        if self.what in MUST_END:
            return self.must_end(failed_at)
        return self.must_resume(failed_at)

    def must_end(self, failed_at):
        while self.server.process.poll() is None and time.monotonic() < failed_at + END_SECONDS_MAX:
            time.sleep(0.002)
        code = self.server.process.poll()
        wrong = []
        if code is None:
            wrong.append(f"it runs {END_SECONDS_MAX:.0f} s after the failure")
            time.sleep(0.2)
        elif code <= 0:
            wrong.append(f"it ended with {code}")
        after = [x for x in self.recorded.seen
                 if x[0] > failed_at and x[1] in ("POST", "DELETE") and x[3].status == 200]
        return wrong + ([f"{len(after)} requests were answered with 200 after it"] if after else [])

    def must_resume(self, failed_at):
        time.sleep(LACK_SECONDS)
        self.hold.unlink()
        until = time.monotonic()
        if self.server.process.poll() is not None:
            return [] if self.what in MAY_END and self.server.process.returncode > 0 else [
                f"it ended with {self.server.process.returncode}: {self.server.log()[-300:]}"]
        return self.unclear(failed_at, until) + self.does_it_work()

    def unclear(self, begin, end):
        """Answers that do not say that there was no room. EIO is no lack of room: 500 is right."""
        if self.what[1] == "EIO":
            return []
        wrong = [x for x in self.recorded.seen
                 if begin < x[0] < end and x[3].status >= 500
                 and (x[3].status != 503 or b"storage_full" not in x[3].body or not x[3].headers["Retry-After"])]
        return [f"{method} {path}: {answer.status} {answer.body[:200]!r}" for _, method, path, answer in wrong[:3]]

    def does_it_work(self):
        deadline = time.monotonic() + RESUME_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                job = self.server.submit([("a.png", noise_png(1)), ("b.png", noise_png(2, 220, 220))], format="bmp")
                self.ledger.acknowledged(job, 2)
                found = self.server.wait_for(job)
                return [] if found["status"] == "completed" else [f"a job afterwards: {found}"]
            except (AssertionError, OSError):
                if self.server.process.poll() is not None:
                    break
                time.sleep(0.1)
        return ["nothing works afterwards"]

    def verify(self):
        """Starts again, and nothing fails any more; gives (lost, doubled, orphaned)."""
        self.server.process.kill()
        self.server.process.wait()
        self.server.environment = {}
        self.server.start()
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join(60)
        keeper = self.clients[2]
        settle(self.server, self.ledger, 60)
        lost = check_saved(self.server, keeper)
        for job, files in self.ledger.jobs.items():
            if job not in keeper.touched_jobs:
                check_job(self.server, self.ledger, job, files, lost)
        jobs = all_jobs(self.server)
        return lost, self.ledger.doubled, orphans(self.server, jobs) + orphaned_files(self.server, set())

    def close(self):
        for client in self.clients:
            client.stopping.set()
        self.server.process.kill()
        self.server.process.wait()
        self.ledger.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.ledger_folder, ignore_errors=True)


def library():
    """Built beside the tests."""
    from server import program
    return pathlib.Path(program()).resolve().parent.parent / "tests" / LIBRARY


def one(call, number, error, seed, environment, log):
    """True if all was as it must be; what was not is told."""
    case = Case(call, number, error, seed, environment)
    try:
        wrong = case.play()
        for name, found in zip(("lost", "doubled", "orphaned"), case.verify()):
            wrong += [f"{name}: {x}" for x in found[:3]]
        for line in wrong:
            log(f"  {call} number {number}, {error}: {line}")
        return not wrong, len(case.ledger.jobs)
    finally:
        case.close()


def run(rounds=3, seed=1, cases=CASES, log=print):
    if not library().exists():
        log(f"syscalls: {library()} is not there; the preset torture builds it")
        return False
    right = total = jobs = 0
    for call, error in cases:
        for i in range(rounds):
            fine, acknowledged = one(call, 1 + 3 * i, error, seed + total, {}, log)
            right, total, jobs = right + fine, total + 1, jobs + acknowledged
    noticed = not one("fsync", 2, "EIO", seed, {"CONVERTD_FAULT": "ignore-sync-error"}, lambda line: None)[0]
    log(f"control ignore-sync-error: {'noticed' if noticed else 'NOT NOTICED'}")
    log(f"syscalls: {total} failing calls, {jobs} jobs acknowledged, {total - right} not as they must be")
    return right == total and noticed
