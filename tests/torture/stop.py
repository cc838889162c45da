"""SIGTERM under load: the server ends by itself, with 0, within ten seconds, and nothing is lost.

Clients go on as in `kill`; what was acknowledged before, during and after the stop is compared in the end.
"""

import random
import shutil
import signal
import tempfile
import time

from server import Server
from torture.kill import CLIENTS, Client, all_jobs, orphans, verify
from torture.ledger import Ledger
from torture.machine import percentile

STOP_SECONDS_MAX = 10


def one_stop(server, chooser):
    """Seconds until it ended, and its exit code; nothing if it did not end."""
    time.sleep(chooser.uniform(0.05, 0.4))
    begin = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    while server.process.poll() is None and time.monotonic() - begin < 3 * STOP_SECONDS_MAX:
        time.sleep(0.005)
    code = server.process.poll()
    if code is None:
        server.kill()
    return time.monotonic() - begin, code


def run(rounds=50, seed=1, log=print):
    chooser = random.Random(seed)
    folder, ledger_folder = tempfile.mkdtemp(prefix="convertd-stop-"), tempfile.mkdtemp(dir="/dev/shm")
    ledger = Ledger(ledger_folder)
    server = Server("--http-connections-per-address", "1000", "--log-level", "warn", data=folder)
    clients = []
    try:
        server.start()
        server.key = server.make_key()
        clients = [Client(server, ledger, seed * 10 + i) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        stops = []
        for _ in range(rounds):
            stops.append(one_stop(server, chooser))
            server.start(poll=0.005)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(30)
        lost = verify(server, ledger)
        jobs = all_jobs(server)
        counts = [lost, ledger.doubled + [x for x in jobs if x not in ledger.jobs], orphans(server, jobs)]
    finally:
        for client in clients:
            client.stopping.set()
        server.kill()
        ledger.close()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(ledger_folder, ignore_errors=True)
    seconds = [x for x, _ in stops]
    wrong = [code for _, code in stops if code != 0]
    log(f"stop: {rounds} times SIGTERM, {len(ledger.jobs)} jobs acknowledged: {len(counts[0])} lost, "
        f"{len(counts[1])} doubled, {len(counts[2])} orphaned; ended after p50 {percentile(seconds, 0.5):.2f} s, "
        f"most {max(seconds):.2f} s; {len(wrong)} with another code than 0")
    return not any(counts) and not wrong and max(seconds) <= STOP_SECONDS_MAX
