"""Files whose decoder dies, hangs or eats memory fail alone; a zygote that is killed costs no file."""

import contextlib
import multiprocessing
import os
import time

from server import Server
from torture.machine import family_seconds, kill_all, percentile, zygote
from torture.pictures import fault, noise_png

TIME_MAX_SECONDS = 2
EXPECTED = {
    "crash": "decoder_crashed",
    "crash-probe": "decoder_crashed",
    "exit": "decoder_crashed",
    "hang": "timeout",
    "spin": "timeout",
    "memory": "too_large",
}
NEIGHBOUR_RATIO_MAX = 1.2
PAUSE_SECONDS = 0.05
BLOCKS, BLOCK = 10, 200


def server():
    return Server("--limits-time", f"{TIME_MAX_SECONDS}s", "--log-level", "warn",
                  "--http-connections-per-address", "1000")


def fails_alone(running, log):
    """One job with every fault and good files around them."""
    names = list(EXPECTED)
    files = [("first.png", noise_png(1))]
    files += [(f"{name}.png", fault(name)) for name in names]
    files.append(("last.png", noise_png(2)))
    job = running.wait_for(running.submit(files))
    by_index = {x["index"]: x for x in job["results"]}
    wrong = [f"{name}: {by_index[i + 1].get('errorCode')}, not {EXPECTED[name]}"
             for i, name in enumerate(names)
             if by_index[i + 1].get("errorCode") != EXPECTED[name]]
    for index in (0, len(files) - 1):
        if by_index[index]["status"] != "completed":
            wrong.append(f"good file {index}: {by_index[index]}")
    if job["status"] != "completed":
        wrong.append(f"the job is {job['status']}")
    for line in wrong:
        log(f"  decoders: {line}")
    log(f"decoders: {len(names)} faults, {len(wrong)} not as they should be")
    return not wrong


def not_tried_again(running, log):
    """The first timeout is durable: after a kill -9 only one attempt is left."""
    job = running.submit([("hang.png", fault("hang"))])
    time.sleep(TIME_MAX_SECONDS * 1.5)
    running.kill()
    running.start()
    begin = time.monotonic()
    found = running.wait_for(job)
    seconds = time.monotonic() - begin
    right = found["status"] == "failed" and seconds < TIME_MAX_SECONDS * 1.75
    log(f"decoders: after a restart one attempt was left: {seconds:.1f} s of {TIME_MAX_SECONDS} s each"
        f"{'' if right else ' — WRONG'}")
    return right


def latencies(running, count):
    """Seconds from the post of a small job to its result, one after the other."""
    result = []
    for i in range(count):
        begin = time.monotonic()
        running.wait_for(running.submit([("a.png", noise_png(i % 8))]))
        result.append(time.monotonic() - begin)
    return result


def send_for_ever(running, picture, started):
    """The other client: one file after the other."""
    started.set()
    while True:
        running.wait_for(running.submit([("other.png", picture)]))
        time.sleep(PAUSE_SECONDS)


@contextlib.contextmanager
def another(target, *given):
    """A process of its own that does so until the end of the block."""
    started = multiprocessing.Event()
    other = multiprocessing.Process(target=target, args=(*given, started), daemon=True)
    other.start()
    started.wait()
    try:
        yield
    finally:
        other.kill()
        other.join()


def compute_for_ever(share, started):
    """Takes that share of one core, only when nobody else wants it."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    started.set()
    while True:
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass
        time.sleep(0.1 / max(share, 0.01) - 0.1)


def until_idle(running, admin):
    """The files that the other client left at work end before anything else is measured."""
    def at_work():
        codecs = running.get("/api/server/stats", key=admin).json()["codecs"]
        return codecs["filesWaiting"] or any(x["state"] != "idle" for x in codecs["processes"])
    while at_work():
        time.sleep(0.05)


def neighbours(running, log):
    """A client's latency beside another whose files are bad, against that alone; in blocks by turns, so
    that a machine that changes meanwhile changes both. What it is beside a process of the lowest priority, not
    the server's, that computes for as much of the time as the bad files' decoders did is told too: that
    much the machine makes of any second busy core."""
    passed, admin = True, running.make_key("--admin")
    for kind in ("crash", "hang", "memory"):
        alone, beside, floor, share = [], [], [], 0
        for _ in range(BLOCKS):
            values, own, _ = watched(running, lambda: latencies(running, BLOCK))
            alone += values
            with another(send_for_ever, running, fault(kind)):
                values, spent, seconds = watched(running, lambda: latencies(running, BLOCK))
            beside += values
            share = max(0, spent - own) / seconds
            until_idle(running, admin)
            with another(compute_for_ever, min(share, 0.99)):
                floor += latencies(running, BLOCK)
        alone, during, floor = (percentile(x, 0.99) for x in (alone, beside, floor))
        log(f"decoders: beside {kind}, {share * 100:.0f} % of a core: neighbour p99 {during * 1000:.1f} ms; "
            f"{during / alone:.2f} of that alone, {during / floor:.2f} of that beside as much other work")
        passed &= during / alone <= NEIGHBOUR_RATIO_MAX
    return passed


def watched(running, work):
    """What `work` gives, the processor seconds of the decoders meanwhile, and the seconds it took."""
    keeper = zygote(running.process.pid)
    begin, before = time.monotonic(), family_seconds(keeper)
    result = work()
    return result, family_seconds(keeper) - before, time.monotonic() - begin


def zygote_dies(running, kills, log):
    """Work goes on with a new zygote, and no file fails for it."""
    job = running.submit([(f"{i}.png", fault("slow")) for i in range(kills * 6)])
    for _ in range(kills):
        time.sleep(0.4)
        found = zygote(running.process.pid)
        if found:
            kill_all([found])
    done = running.wait_for(job)
    failed = done["failedFiles"]
    log(f"decoders: zygote killed {kills} times under a job of {done['totalFiles']} files: "
        f"{failed} failed")
    return failed == 0 and done["status"] == "completed"


def run(quick=False, log=print):
    with server() as running:
        results = [fails_alone(running, log), not_tried_again(running, log),
                   zygote_dies(running, 3 if quick else 10, log)]
        if not quick:
            results.append(neighbours(running, log))
        code = running.stop()
    log(f"decoders: {'all' if all(results) else 'NOT all'} of {len(results)} checks hold")
    return all(results) and code == 0
