"""kill -9 of the server at random moments, between what happens and the events that tell of it.

Every event of every job must arrive at least once; none may be told that did not happen; those of one job
come in their order; every signature fits. Then the same with a fault built in, which must be noticed.
"""

import http.client
import json
import random
import shutil
import tempfile
import threading
import time

from receiver import Receiver
from server import Server, multipart
from torture.kill import all_jobs, one_round, ready_after, settle
from torture.ledger import Ledger
from torture.pictures import noise_png

EVERYTHING = ["conversion.started", "conversion.progress", "conversion.completed", "conversion.failed",
              "file.uploaded"]
FINAL = ("conversion.completed", "conversion.failed")
CALLBACK_SECRET = "the secret of every callback"
SETTLE_SECONDS_MAX = 180
REFUSED_PER_CENT = 2  # of events, the first time


class Client(threading.Thread):
    """Posts jobs with a callback until told to stop; errors are what kills cause."""

    def __init__(self, server, ledger, callback, seed):
        super().__init__(daemon=True)
        self.server, self.ledger, self.callback = server, ledger, callback
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.images = [noise_png(seed * 10 + i, 16, 16) for i in range(3)]

    def run(self):
        while not self.stopping.is_set():
            try:
                self.post()
            except (OSError, http.client.HTTPException, ValueError):
                pass
            self.stopping.wait(self.random.uniform(0.0, 0.06))

    def post(self):
        files = self.random.choices([*self.images, b"no image"], k=self.random.randint(1, 3))
        body, kind = multipart(
            [("format", "png"), ("saveToStorage", "true"), ("callbackUrl", self.callback),
             ("callbackSecret", CALLBACK_SECRET)],
            [("files", f"{i}.png", content) for i, content in enumerate(files)])
        answer = self.server.request("POST", "/api/jobs", body=body, headers={"Content-Type": kind})
        if answer.status == 200:
            self.ledger.acknowledged(answer.json()["jobId"], len(files))


def behaviour(seed):
    """Refuses a few events once."""
    refused, chooser, lock = set(), random.Random(seed), threading.Lock()

    def behave(event):
        with lock:
            name = (event.path, event.json["id"])
            if name not in refused and chooser.randrange(100) < REFUSED_PER_CENT:
                refused.add(name)
                return 503
        return 200

    return behave


def step_of(event):
    """What an event tells of its job, so that two that tell the same are the same."""
    data = event.json["data"]
    if event.type == "file.uploaded":
        return ("output" if "storedFileId" in data["file"] else "source", data["file"]["index"])
    if event.type == "conversion.progress":
        return ("progress", data["file"]["index"])
    return (event.type,)


def expected_steps(job, results):
    steps = {("conversion.started",), ("conversion." + job["status"],)}
    for i in range(job["totalFiles"]):
        steps.add(("source", i))
    for item in results:
        steps.add(("progress", item["index"]))
        if item["status"] == "completed":
            steps.add(("output", item["index"]))
    return steps


def expected_events(server):
    """{(path, job): steps} for every job that the server has."""
    found = {}
    for job in all_jobs(server):
        whole = server.get(f"/api/jobs/{job}").json()
        found["/hook", job] = expected_steps(whole, whole["results"] or [])
        found["/callback", job] = {("conversion." + whole["status"],)}
    return found


def rank(step):
    return {"source": 0, "conversion.started": 1, "output": 2, "progress": 2}.get(step[0], 3)


def is_ordered(steps):
    """`steps` as they were accepted the first time."""
    ranks = [rank(x) for x in steps]
    told = {x: i for i, x in enumerate(steps)}
    return ranks == sorted(ranks) and all(
        told[("output", x[1])] < i for x, i in told.items() if x[0] == "progress" and ("output", x[1]) in told)


def first_accepted(receiver):
    """{(path, job): [steps]}, {(path, job, step): {event ids}}"""
    steps, ids = {}, {}
    with receiver.lock:
        accepted = list(receiver.accepted)
    for event in accepted:
        where, step = (event.path, event.job), step_of(event)
        if step not in steps.setdefault(where, []):
            steps[where].append(step)
        ids.setdefault((*where, step), set()).add(event.json["id"])
    return steps, ids


def missing(expected, receiver):
    steps, _ = first_accepted(receiver)
    return [f"{where}: {step}" for where, wanted in expected.items()
            for step in sorted(wanted - set(steps.get(where, [])))]


def nudge(server, hook):
    """A commit, so that nothing only waits for the next one."""
    server.request("PATCH", f"/api/webhooks/{hook['id']}", body='{"active": true}')


def wait_for_all(server, hook, receiver, seconds):
    expected = expected_events(server)
    deadline = time.monotonic() + seconds
    before = None
    while time.monotonic() < deadline:
        nudge(server, hook)
        time.sleep(0.5)
        lacks = missing(expected, receiver)
        pending = any(x["status"] == "pending" for x in recent_deliveries(server))
        if not lacks or (not pending and lacks == before):
            break
        before = lacks
    return expected


def recent_deliveries(server):
    found, offset = [], 0
    while True:
        page = server.get(f"/api/webhooks/deliveries?limit=100&offset={offset}").json()
        found += page["deliveries"]
        if not page["pagination"]["hasMore"]:
            return found
        offset += 100


def verify(expected, receiver, secret):
    """Gives (lost, invented, disordered, badly signed)."""
    steps, ids = first_accepted(receiver)
    invented = [f"{where}: {step}" for where, told in steps.items()
                for step in set(told) - expected.get(where, set())]
    invented += [f"{what} under {len(names)} ids" for what, names in ids.items() if len(names) > 1]
    disordered = [f"{where}: {told}" for where, told in steps.items() if not is_ordered(told)]
    with receiver.lock:
        unsigned = [x.json["id"] for x in receiver.events
                    if not x.signed_by(secret if x.path == "/hook" else CALLBACK_SECRET)]
    return missing(expected, receiver), invented, disordered, unsigned


def subscribe(server, receiver):
    answer = server.request("POST", "/api/webhooks",
                            body=json.dumps({"url": receiver.url(), "eventTypes": EVERYTHING}))
    if answer.status != 200:
        raise AssertionError(f"subscribe: {answer.status} {answer.body!r}")
    return answer.json()


def torment(rounds, seed, environment=None, log=print):
    """Gives (counts of jobs, events, repetitions), and what verify() gives."""
    chooser = random.Random(seed)
    folder, ledger_folder = tempfile.mkdtemp(prefix="convertd-webhooks-"), tempfile.mkdtemp(prefix="convertd-ledger-")
    ledger = Ledger(ledger_folder)
    receiver = Receiver(behaviour(seed))
    server = Server("--http-connections-per-address", "1000", "--log-level", "warn", "--webhooks-allow", "127.0.0.1",
                    data=folder, environment=environment)
    clients = []
    try:
        ready_after(server)
        server.key = server.make_key()
        hook = subscribe(server, receiver)
        clients = [Client(server, ledger, receiver.url("/callback"), seed * 10 + i) for i in range(2)]
        for client in clients:
            client.start()
        for _ in range(rounds):
            one_round(server, chooser, True)
            ready_after(server)
        for client in clients:
            client.stopping.set()
            client.join(30)
        settle(server, ledger, 120)
        expected = wait_for_all(server, hook, receiver, SETTLE_SECONDS_MAX)
        result = verify(expected, receiver, hook["secret"])
        steps, _ = first_accepted(receiver)
        events = sum(len(x) for x in steps.values())
        lost_jobs = [x for x in ledger.jobs if ("/hook", x) not in expected]
        return (len(expected) // 2, events, len(receiver.accepted) - events), (result[0] + lost_jobs, *result[1:])
    finally:
        for client in clients:
            client.stopping.set()
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        receiver.close()
        ledger.close()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(ledger_folder, ignore_errors=True)


def run(rounds=25, seed=3, quick=False, log=print):
    rounds = min(rounds, 10) if quick else rounds
    (jobs, events, again), found = torment(rounds, seed, log=log)
    for name, lines in zip(("lost", "invented", "out of order", "badly signed"), found):
        for line in lines[:5]:
            log(f"  {name}: {line}")
    lost, invented, disordered, unsigned = found
    log(f"webhooks: {rounds} kills, {jobs} jobs, {events} events, {again} of them sent again: {len(lost)} lost, "
        f"{len(invented)} invented, {len(disordered)} out of order, {len(unsigned)} badly signed")
    (jobs, events, _), (lost_by_fault, *_) = torment(
        max(5, rounds // 2), seed + 1, {"CONVERTD_FAULT": "event-after-commit"}, log)
    log(f"control event-after-commit: {jobs} jobs, {events} events, {len(lost_by_fault)} lost: "
        f"{'noticed' if lost_by_fault else 'NOT NOTICED'}")
    return not (lost or invented or disordered or unsigned) and bool(lost_by_fault)
