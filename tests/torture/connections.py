"""1,000 idle keep-alive connections and 64 active ones: nobody starves, few threads, little memory."""

import http.client
import socket
import threading
import time

from server import Server
from torture.machine import MemoryWatch, percentile, threads
from torture.pictures import noise_png

IDLE = 1000
ACTIVE = 64
SECONDS = 8
THREADS_MAX = 100
MEMORY_MIB_MAX = 64
LATENCY_SECONDS_MAX = 1.0


def idle_connections(running, count):
    """Each has had one answer and is kept open."""
    opened = []
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", running.port), timeout=10)
        one.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if not one.recv(4096).startswith(b"HTTP/1.1 200"):
            raise AssertionError("an idle connection was refused")
        opened.append(one)
    return opened


def poll(running, job, until, took, troubles):
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    headers = {"Authorization": f"Bearer {running.key}"}
    while time.monotonic() < until:
        begin = time.monotonic()
        try:
            connection.request("GET", f"/api/jobs/{job}", headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                troubles.append(answer.status)
        except OSError as trouble:
            troubles.append(str(trouble))
            return
        took.append(time.monotonic() - begin)
    connection.close()


def still_answers(connection):
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection.recv(4096).startswith(b"HTTP/1.1 200")


def run(log=print):
    with Server("--http-connections-per-address", "2000", "--log-level", "warn") as running:
        job = running.submit([("a.png", noise_png(1))])
        running.wait_for(job)
        idle = idle_connections(running, IDLE)
        memory = MemoryWatch(running.process.pid)
        took, troubles = [], []
        until = time.monotonic() + SECONDS
        active = [threading.Thread(target=poll, args=(running, job, until, took, troubles))
                  for _ in range(ACTIVE)]
        for one in active:
            one.start()
        most_threads = 0
        while time.monotonic() < until:
            memory.look()
            most_threads = max(most_threads, threads(running.process.pid))
            time.sleep(0.1)
        for one in active:
            one.join()
        kept = sum(still_answers(one) for one in idle)
        for one in idle:
            one.close()
        holds = (not troubles and kept == IDLE and most_threads < THREADS_MAX
                 and memory.most < MEMORY_MIB_MAX and max(took) < LATENCY_SECONDS_MAX)
        log(f"connections: {kept} of {IDLE} idle ones still answer; {ACTIVE} active made {len(took)} "
            f"requests, p99 {percentile(took, 0.99) * 1000:.1f} ms, max {max(took) * 1000:.1f} ms, "
            f"{len(troubles)} troubles; {most_threads} threads, {memory.most:.1f} MiB"
            f"{'' if holds else ' — DOES NOT HOLD'}")
        return holds
