"""Steady load for minutes, then ten times as much work, then steady load again.

Jobs of one small file are posted at 80 % of what the server was seen to do in the slowest of some
pieces of time, for a shared machine moves by half from one minute to the next: memory, descriptors, children and
store must stay flat. Then every request brings ten files: what is too much must be refused with 503 and
Retry-After, what is accepted must be answered as fast as before, and five seconds after the end all is as it was.
"""

import http.client
import threading
import time

from server import Server, multipart
from torture.machine import children, descriptors, memory_mib, percentile
from torture.pictures import noise_png

CLIENTS = 12
CAPACITY_SECONDS = 24  # long enough that jobs expire meanwhile, which takes its share
CAPACITY_PIECES = 5
SHARE = 0.8
TIMES = 10
QUEUE_SECONDS = 4  # of work that may wait: less than BACK_SECONDS_MAX
BACK_SECONDS_MAX = 5
RATIO_MAX = 2.0  # p99 of what is accepted, beside steady load
FLAT_MAX = {"memory": 1.25, "descriptors": 1.25, "children": 1.25, "store": 1.1}
FLAT_SLACK = {"memory": 4.0, "descriptors": 16, "children": 2, "store": 1.0}  # MiB, or a number
RETENTION_SECONDS = 3
STORE_SECONDS_MIN = 240  # until pages that were freed are used again
LATENCY_FLAT_MAX = 2.0  # p99 of the last fifth of the time, beside the middle one
LATENCY_SLACK = 0.05  # seconds


class Poster:
    """Posts jobs at a rate, with connections that stay open."""

    def __init__(self, server, files):
        settings = [("format", "webp"), ("saveToStorage", "true")]
        image = noise_png(1, 32, 32)
        self.server = server
        self.body, self.kind = multipart(settings, [("files", f"{i}.png", image) for i in range(files)])
        self.lock = threading.Lock()
        self.seen = []  # (when it was due, seconds, status, has Retry-After)

    def post(self, connection, due):
        try:
            connection.request("POST", "/api/jobs", body=self.body, headers={
                "Content-Type": self.kind, "Authorization": f"Bearer {self.server.key}"})
            answer = connection.getresponse()
            answer.read()
            status, after = answer.status, "Retry-After" in answer.headers
        except (OSError, http.client.HTTPException):
            connection.close()
            status, after = 0, False
        with self.lock:
            self.seen.append((due, time.monotonic() - due, status, after))

    def run(self, seconds, rate=None):
        """Without a rate as fast as it goes."""
        begin, turn = time.monotonic(), iter(range(10**9))

        def work():
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            while True:
                with self.lock:
                    due = begin + next(turn) / rate if rate else time.monotonic()
                if due > begin + seconds:
                    return connection.close()
                time.sleep(max(0.0, due - time.monotonic()))
                self.post(connection, due)

        threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self

    def p99(self, begin=0.0, end=1.0):
        """Of what was accepted; the two say which part of the time."""
        seen = sorted(self.seen)
        part = seen[int(begin * len(seen)):int(end * len(seen))]
        return percentile([seconds for _, seconds, status, _ in part if status == 200], 0.99)

    def refused(self):
        return [x for x in self.seen if x[2] != 200]


class Gauge(threading.Thread):
    """Looks at the server every second."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.stopping, self.seen = server, threading.Event(), []

    def run(self):
        pid = self.server.process.pid
        while not self.stopping.wait(1):
            store = (self.server.data / "store" / "data.mdb").stat()
            self.seen.append({"memory": memory_mib(pid), "descriptors": descriptors(pid),
                              "children": len(children(pid)), "store": store.st_blocks * 512 / (1 << 20)})

    def grown(self, judged):
        """What was more in the last fifth of the time than in the middle one."""
        n = len(self.seen) // 5
        middle, last = self.seen[2 * n:3 * n], self.seen[-n:]
        found = []
        for name in judged:
            before, after = (sorted(x[name] for x in part)[len(part) // 2] for part in (middle, last))
            if after > max(before * FLAT_MAX[name], before + FLAT_SLACK[name]):
                found.append(f"{name} grew from {before:.1f} to {after:.1f}")
        return found


def own_cost(load, begin):
    """Our own processor time for a request, ms: the same work each time, so it tells the machine's speed."""
    return 1000 * (time.process_time() - begin) / len(load.seen)


def capacity(server, seconds, log):
    """Jobs of one file that come in and end in a second."""
    begin, own = time.monotonic(), time.process_time()
    load = Poster(server, 1).run(seconds)
    while any(server.get(f"/api/jobs?status={state}&limit=1").json()["pagination"]["total"]
              for state in ("pending", "processing")):
        time.sleep(0.02)
    rate = len(load.seen) / (time.monotonic() - begin)
    log(f"load: as fast as it goes: {rate:.0f} jobs/s; the client used {own_cost(load, own):.2f} ms for each")
    return rate


def steady(server, rate, seconds, log):
    gauge = Gauge(server)
    gauge.start()
    own = time.process_time()
    load = Poster(server, 1).run(seconds, rate)
    own = own_cost(load, own)
    gauge.stopping.set()
    gauge.join()
    judged = [x for x in FLAT_MAX if x != "store" or seconds >= STORE_SECONDS_MIN]
    wrong = gauge.grown(judged)
    if load.refused():
        wrong.append(f"{len(load.refused())} requests were refused under steady load")
    middle, late = load.p99(0.4, 0.6), load.p99(0.8, 1.0)
    if late > max(LATENCY_FLAT_MAX * middle, middle + LATENCY_SLACK):
        wrong.append(f"p99 grew from {middle * 1000:.1f} to {late * 1000:.1f} ms: the load was not steady")
    last = gauge.seen[-1]
    log(f"load: {rate:.0f} jobs/s for {seconds} s: p99 {load.p99() * 1000:.1f} ms; "
        + ", ".join(f"{name} {last[name]:.0f}" for name in last)
        + f"; {len(load.refused())} refused; the client used {own:.2f} ms for each")
    return load.p99(), wrong


def overload(server, rate, seconds, normal, log):
    load = Poster(server, TIMES).run(seconds, rate)
    refused = load.refused()
    unclear = [x for x in refused if x[2] != 503 or not x[3]]
    after = Poster(server, 1).run(2 * BACK_SECONDS_MAX, rate)
    begin = min(x[0] for x in after.seen)
    late = [x for x in after.seen if x[0] > begin + BACK_SECONDS_MAX and x[2] != 200]
    log(f"load: {TIMES} times as much for {seconds} s: {len(load.seen) - len(refused)} accepted, p99 "
        f"{load.p99() * 1000:.1f} ms ({load.p99() / normal:.2f} of steady), {len(refused)} refused, {len(unclear)} of "
        f"them not with 503 and Retry-After; {len(late)} refused later than {BACK_SECONDS_MAX} s after it")
    wrong = [f"an answer {x[2]}" for x in unclear[:3]] + [f"a refusal {x[2]} afterwards" for x in late[:3]]
    if not refused:
        wrong.append("nothing was refused")
    if load.p99() > RATIO_MAX * normal:
        wrong.append("what was accepted took too long")
    return wrong


def run(seconds=300, overload_seconds=120, log=print):
    with Server("--log-level", "warn", "--http-connections-per-address", "1000", "--retention", f"{RETENTION_SECONDS}s") as server:
        rate = SHARE * min(capacity(server, CAPACITY_SECONDS, log) for _ in range(CAPACITY_PIECES))
        server.stop()
        server.flags += ["--queue-files-max", str(int(QUEUE_SECONDS * rate / SHARE))]
        server.start()
        normal, wrong = steady(server, rate, seconds, log)
        wrong += overload(server, rate, overload_seconds, normal, log)
    for line in wrong:
        log(f"  {line}")
    log(f"load: {'all as it must be' if not wrong else f'{len(wrong)} things wrong'}")
    return not wrong
