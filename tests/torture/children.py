"""kill -9 of a random codec process every 100 ms, under a load of small files.

A file may fail only if its own process was killed twice: the server's log names the file of each
process that died. Every other file succeeds, and a killed process is replaced within 50 ms.
"""

import collections
import os
import random
import re
import signal
import threading
import time

from server import Server
from torture.machine import direct_children, percentile, zygote
from torture.pictures import noise_png

CLIENTS = 12  # so that files always wait: an idle slot is filled with the next file, not before
FILES = 12
KILL_SECONDS = 0.1
REFILL_SECONDS_MAX = 0.05
DIED = re.compile(r"decoder died: job (\S+) file (\d+): .*signal 9")


class Client(threading.Thread):
    """One job after the other; remembers how each file ended."""

    def __init__(self, running, number, until):
        super().__init__(daemon=True)
        self.running, self.until = running, until
        self.files = [(f"{i}.png", noise_png(number * 100 + i)) for i in range(FILES)]
        self.failed, self.completed = {}, 0

    def run(self):
        while time.monotonic() < self.until:
            job = self.running.submit(self.files)
            for x in self.running.wait_for(job)["results"]:
                if x["status"] == "failed":
                    self.failed[(job, x["index"])] = x["errorCode"]
                else:
                    self.completed += 1


def kill_one(keeper, chooser):
    """Kills a child; gives the seconds until there were as many again, None if there was none to kill."""
    before = direct_children(keeper)
    if not before:
        return None
    victim = chooser.choice(before)
    begin = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    while time.monotonic() < begin + KILL_SECONDS:
        now = direct_children(keeper)
        if victim not in now and len(now) >= len(before):
            break
        time.sleep(0.001)
    return time.monotonic() - begin


def load_and_kill(running, seconds, seed):
    chooser = random.Random(seed)
    clients = [Client(running, i, time.monotonic() + seconds) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    refills = []
    while any(x.is_alive() for x in clients):
        next_kill = time.monotonic() + KILL_SECONDS
        if time.monotonic() < clients[0].until:
            taken = kill_one(zygote(running.process.pid), chooser)
            refills += [taken] if taken is not None else []
        time.sleep(max(0, next_kill - time.monotonic()))
    return clients, refills


def run(seconds=60, seed=11, environment=None, log=print):
    with Server("--log-level", "warn", "--http-connections-per-address", "1000",
                environment=environment) as running:
        before = zygote(running.process.pid)
        clients, refills = load_and_kill(running, seconds, seed)
        same = zygote(running.process.pid) == before
        deaths = collections.Counter((job, int(index)) for job, index in DIED.findall((running.folder / "log").read_text()))
        code = running.stop()
    failed = {file: why for client in clients for file, why in client.failed.items()}
    unjust = {file: why for file, why in failed.items() if deaths[file] != 2 or why != "decoder_crashed"}
    for file, why in list(unjust.items())[:10]:
        log(f"  children: {file} failed as {why} after {deaths[file]} deaths")
    log(f"children: {len(refills)} killed, {sum(deaths.values())} of them at a file, {sum(x.completed for x in clients)} files "
        f"completed, {len(failed)} failed, {len(unjust)} of them unjustly; the zygote "
        f"{'lived' if same else 'DIED'}; replaced after p50 {percentile(refills, 0.5) * 1000:.0f}, p99 "
        f"{percentile(refills, 0.99) * 1000:.0f}, most {max(refills) * 1000:.0f} ms")
    return not unjust and same and code == 0 and sum(deaths.values()) > 0 and max(refills) <= REFILL_SECONDS_MAX
