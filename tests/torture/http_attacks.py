"""Every attack on the port, one after the other, while an honest client works.

Holds if an honest GET takes at most 100 ms and an honest upload at most a second throughout, if the
server's memory grows by less than 16 MiB, if no byte of a body is ever answered as a request, and if
no answer tells what goes on inside. An attack beside which only the times are too long is tried
again, at most three times in all: they are taken on whatever machine this is. The same attacks on a
server that does everything wrong must all be noticed.
"""

import pathlib
import subprocess
import sys
import time

from server import Server, free_port, multipart
from torture import attacks
from torture.machine import MemoryWatch, memory_mib, percentile
from torture.pictures import noise_png
from torture.raw_http import Honest, leaks

GET_SECONDS_MAX = 0.1
UPLOAD_SECONDS_MAX = 1.0
GROWTH_MIB_MAX = 16
TRIES = 3
ATTACK_SECONDS_MIN = 2.0
HARM = ("smuggled", "memory grew", "an answer tells", "honest gets took", "were read")
BAD_SERVER = pathlib.Path(__file__).with_name("bad_server.py")


def a_download(server):
    """Path and size of an output of some MiB."""
    job = server.wait_for(server.submit([("a.png", noise_png(9, 1000, 1000))], format="bmp"))
    result = job["results"][0]
    return "/" + result["downloadUrl"].split("/", 3)[3], result["finalSize"]


def honest_times(measured):
    """Complaints about an honest client's requests, and their figures."""
    found, told = [], []
    for kind, most in (("get", GET_SECONDS_MAX), ("upload", UPLOAD_SECONDS_MAX)):
        some = [x for x in measured if x.kind == kind]
        times = [x.seconds for x in some]
        wrong = [x.status for x in some if x.status != 200]
        slow = [x for x in times if x > most]
        told.append(f"{len(some)} {kind}s, p99 {percentile(times, 0.99) * 1000:.0f} ms, most "
                    f"{max(times, default=0) * 1000:.0f} ms")
        if wrong:
            found.append(f"{len(wrong)} of {len(some)} honest {kind}s were answered {sorted(set(map(str, wrong)))}")
        if slow:
            found.append(f"{len(slow)} of {len(some)} honest {kind}s took up to {max(slow):.2f} s")
    return found, "; ".join(told)


class Watched:
    """A server under attack, its memory, and the honest client beside it."""

    def __init__(self, target, pid):
        self.target, self.pid = target, pid
        body, kind = multipart([("format", "png"), ("saveToStorage", "true")],
                               [("files", "a.png", noise_png(5))])
        self.honest = Honest(target.port, target.key, body, kind)
        self.memory = MemoryWatch(pid)

    def once(self, attack):
        """(complaints of the attack, complaints about times, figures)"""
        self.honest.take()
        self.target.heard.clear()
        before = memory_mib(self.pid)
        with self.memory:
            complaints = self.long_enough(attack)
        slow, told = honest_times(self.honest.take())
        growth = self.memory.most - before
        if growth >= GROWTH_MIB_MAX:
            complaints.append(f"the server's memory grew by {growth:.1f} MiB")
        for answer in self.target.heard.values():
            if leaks(answer):
                complaints.append(f"an answer tells {leaks(answer)}: {answer[:300]!r}")
                break
        return complaints, slow, f"{told}; memory +{growth:.1f} MiB"

    def long_enough(self, attack):
        """Once, or as often as it takes for the honest client to meet it."""
        complaints, begin = [], time.monotonic()
        while not complaints and time.monotonic() - begin < ATTACK_SECONDS_MIN:
            try:
                complaints = attack(self.target)
            except OSError as trouble:
                complaints = [f"the attack broke off: {trouble}"]
        return complaints

    def run(self, attack, tries, log):
        for number in range(1, tries + 1):
            complaints, slow, told = self.once(attack)
            log(f"  {attack.__name__}: {told}")
            if complaints or not slow or number == tries:
                return complaints + slow
            log(f"  {attack.__name__}: once more, for {'; '.join(slow)}")
            time.sleep(2)
        return []


def on_ours(seed, quick, log):
    complaints = []
    with Server("--log-level", "warn", "--http-max-upload", str(attacks.Target.UPLOAD_MAX)) as server:
        target = attacks.Target(server.port, server.key, a_download(server), seed, quick)
        watched = Watched(target, server.process.pid)
        time.sleep(2)  # memory and caches of the first requests
        before = memory_mib(server.process.pid)
        try:
            for attack in attacks.ALL:
                for text in watched.run(attack, TRIES, log):
                    complaints.append(f"{attack.__name__}: {text}")
                    log(f"  {complaints[-1]}")
            if server.process.poll() is not None:
                complaints.append(f"the server ended with {server.process.returncode}: {server.log()}")
            else:
                growth = memory_mib(server.process.pid) - before
                log(f"  all attacks: memory +{growth:.1f} MiB")
                if growth >= GROWTH_MIB_MAX:
                    complaints.append(f"the server's memory grew by {growth:.1f} MiB in all")
        finally:
            watched.honest.end()
        if server.process.poll() is None and server.stop() != 0:
            complaints.append("the server did not stop cleanly")
    return complaints


def on_a_bad_one(seed, log):
    """The same on a server without any bound: what went unnoticed, attacks and kinds of harm."""
    unnoticed, harm = [], set(HARM)
    port = free_port()
    process = subprocess.Popen([sys.executable, str(BAD_SERVER), str(port)])
    try:
        time.sleep(1)
        target = attacks.Target(port, "any", ("/download", 1000), seed, True)
        watched = Watched(target, process.pid)
        for attack in attacks.ALL:
            complaints, slow, _ = watched.once(attack)
            harm -= {kind for kind in HARM for text in complaints + slow if kind in text}
            if complaints or slow:
                log(f"  control {attack.__name__}: noticed, {(complaints + slow)[0][:140]}")
            else:
                unnoticed.append(attack.__name__)
                log(f"  control {attack.__name__}: NOT NOTICED")
        watched.honest.process.kill()
    finally:
        process.kill()
        process.wait()
    return unnoticed + [f"'{kind}'" for kind in sorted(harm)]


def run(seed=1, quick=False, log=print):
    log(f"http: {len(attacks.ALL)} attacks, seed {seed}")
    complaints = on_ours(seed, quick, log)
    unnoticed = on_a_bad_one(seed, log)
    log(f"http: {len(complaints)} violations in {len(attacks.ALL)} attacks; control: on a bad server "
        f"{'all are noticed' if not unnoticed else 'NOT noticed: ' + ', '.join(unnoticed)}"
        f"{'' if not complaints and not unnoticed else ' — DOES NOT HOLD'}")
    return not complaints and not unnoticed
