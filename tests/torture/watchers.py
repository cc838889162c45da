"""5,000 clients that watch jobs: few threads, little memory, and nobody else notices; after a
kill -9 of the server in the middle no event of a file is missing."""

import multiprocessing
import threading
import time

from server import Server
from torture.machine import MemoryWatch, percentile, threads
from torture.pictures import noise_png
from torture.watching import EventWatcher, WaitWatcher, watch

WATCHERS = 5000
PROCESSES = 2
JOBS = 50
FILES = 40
SECONDS_MAX = 180
THREADS_MAX = 100
MEMORY_MIB_MAX = 64
FLAGS = ("--http-connections-max", "8000", "--http-connections-per-address", "8000", "--log-level", "warn")


def make_jobs(running):
    pictures = [noise_png(i, 400, 300) for i in range(8)]
    files = [(f"{i}.png", pictures[i % 8]) for i in range(FILES)]
    return [running.submit(files) for _ in range(JOBS)]


def watch_in_process(port, key, jobs, count, answer):
    """Half of them events, half of them ?wait=."""
    kinds = (EventWatcher, WaitWatcher)
    watchers = [kinds[i % 2](port, key, jobs[i // 2 % len(jobs)]) for i in range(count)]
    watch(watchers, SECONDS_MAX)
    events = [x for x in watchers if isinstance(x, EventWatcher)]
    answer.send({
        "unfinished": sum(not x.done for x in watchers),
        "missing": sum(FILES - len(x.seen) for x in events),
        "reconnects": sum(x.connects - 1 for x in events),
        "troubles": [x.trouble for x in watchers if x.trouble][:3],
    })


class Crowd:
    """The watchers, in processes of their own."""

    def __init__(self, running, jobs, count):
        self.started = []
        for _ in range(PROCESSES):
            ours, theirs = multiprocessing.Pipe()
            one = multiprocessing.Process(
                target=watch_in_process, args=(running.port, running.key, jobs, count // PROCESSES, theirs))
            one.start()
            self.started.append((one, ours))

    def results(self):
        answers = []
        for one, ours in self.started:
            answers.append(ours.recv() if ours.poll(SECONDS_MAX + 30) else
                           {"unfinished": 1, "missing": 0, "reconnects": 0, "troubles": ["no answer"]})
            one.join()
        return {name: sum((x[name] for x in answers), [] if name == "troubles" else 0) for name in answers[0]}


class HonestClient:
    """Posts a small job again and again; `took` has the seconds."""

    def __init__(self, running):
        self.running, self.took, self.stopping = running, [], False
        self.key = running.make_key("--account", f"honest-{time.monotonic_ns()}")
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()

    def _work(self):
        fields = [("format", "png"), ("saveToStorage", "true")]
        while not self.stopping:
            begin = time.monotonic()
            answer = self.running.post_form("/api/jobs", fields, [("files", "a.png", noise_png(1, 8, 8))],
                                            key=self.key)
            if answer.status == 200:
                self.took.append(time.monotonic() - begin)
            time.sleep(0.005)


def ended(running, jobs):
    pages = [running.get(f"/api/jobs?limit=100&offset={i}").json()["jobs"] for i in (0, 100)]
    found = {x["jobId"]: x for page in pages for x in page}
    return sum(found[x]["completedFiles"] + found[x]["failedFiles"] for x in jobs)


def quiet(running):
    """p99 of an honest POST beside the same jobs, with nobody watching."""
    jobs = make_jobs(running)
    with HonestClient(running) as honest:
        while ended(running, jobs) < JOBS * FILES:
            time.sleep(0.2)
    return honest.took


def crowded(running, count):
    """The same with the crowd: (seconds, most threads, MiB, results)."""
    jobs = make_jobs(running)
    most = 0
    with MemoryWatch(running.process.pid) as memory, HonestClient(running) as honest:
        crowd = Crowd(running, jobs, count)
        while any(one.is_alive() for one, _ in crowd.started) and not all(x.poll() for _, x in crowd.started):
            most = max(most, threads(running.process.pid))
            time.sleep(0.1)
    return honest.took, most, memory.most, crowd.results()


def killed(running, count):
    """kill -9 in the middle; everybody comes back."""
    jobs = make_jobs(running)
    crowd = Crowd(running, jobs, count)
    until = time.monotonic() + SECONDS_MAX
    while ended(running, jobs) < JOBS * FILES // 3 and time.monotonic() < until:
        time.sleep(0.02)
    at = ended(running, jobs)
    running.kill()
    running.start()
    return at, crowd.results()


def control(count, log):
    """Events that are numbered in memory: somebody must miss some."""
    with Server(*FLAGS, environment={"CONVERTD_FAULT": "changes-in-memory"}) as running:
        _, found = killed(running, count)
    log(f"watchers: control with changes-in-memory: {found['missing']} events missing"
        f"{'' if found['missing'] else ' — NOT NOTICED'}")
    return found["missing"] > 0


def run(quick=False, log=print):
    count = 500 if quick else WATCHERS
    with Server(*FLAGS) as running:
        alone = quiet(running)
        took, most, memory, found = crowded(running, count)
        at, after = killed(running, count)
    p99s = [percentile(x, 0.99) * 1000 for x in (alone, took)]
    holds = (most < THREADS_MAX and memory < MEMORY_MIB_MAX
             and not any(x[name] for x in (found, after) for name in ("unfinished", "missing"))
             and after["reconnects"] > 0)
    for troubles in (found["troubles"], after["troubles"]):
        if troubles:
            log(f"watchers: {troubles}")
    noticed = control(count // 5, log)
    log(f"watchers: {count} ({count // 2} events, {count // 2} waits), {most} threads, {memory:.1f} MiB; "
        f"honest POST p99 {p99s[1]:.1f} ms of {len(took)}, {p99s[0]:.1f} ms of {len(alone)} with nobody "
        f"watching (ratio {p99s[1] / p99s[0]:.2f}); {found['unfinished']} unfinished, {found['missing']} "
        f"events missing; kill -9 after {at} of {JOBS * FILES} files: {after['reconnects']} came back, "
        f"{after['unfinished']} unfinished, {after['missing']} events missing"
        f"{'' if holds and noticed else ' — DOES NOT HOLD'}")
    return holds and noticed
