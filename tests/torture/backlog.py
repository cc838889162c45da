"""A start with 100,000 pending jobs in the store, after a kill -9: it must be ready within two seconds.

The storage layer puts the jobs there (`store_kill --backlog`); the server is killed as soon as it is ready, and
starts again. In the end all of them must still be there, and another account's job must not wait for them.
"""

import subprocess

from server import Server
from torture.kill import ready_after
from torture.machine import percentile
from torture.pictures import noise_png
from torture.store_kill import writer

READY_SECONDS_MAX = 2.0
FILL_SECONDS_MAX = 120
NEWCOMER_SECONDS_MAX = 10


def total(server, query=""):
    return server.get(f"/api/jobs?limit=1{query}").json()["pagination"]["total"]


def run(rounds=20, jobs=100_000, log=print):
    with Server("--log-level", "warn") as server:
        server.stop()
        subprocess.run([writer(), server.data, "--backlog", str(jobs)], check=True, timeout=FILL_SECONDS_MAX)
        ready, pending = [], []
        for _ in range(rounds):
            ready.append(ready_after(server))
            pending.append(total(server, "&status=pending"))
            server.kill()
        server.start()
        wrong = [f"a start took {x:.2f} s" for x in ready if x >= READY_SECONDS_MAX]
        if total(server) != jobs:
            wrong.append(f"{jobs - total(server)} jobs are gone")
        wrong += newcomer(server)
    for line in wrong:
        log(f"  {line}")
    log(f"backlog: {rounds} starts with {min(pending)} to {max(pending)} pending jobs: ready p50 "
        f"{percentile(ready, 0.5):.2f} s, most {max(ready):.2f} s; {len(wrong)} things wrong")
    return not wrong and min(pending) > jobs / 2


def newcomer(server):
    """What is wrong with a job of an account that has none."""
    server.key = server.make_key("--account", "newcomer", "--plan", "unlimited")
    job = server.submit([("a.png", noise_png(1, 16, 16))])
    answer = server.get(f"/api/jobs/{job}?wait={NEWCOMER_SECONDS_MAX}").json()
    return [] if answer["status"] == "completed" else [f"another account's job is {answer['status']}"]
