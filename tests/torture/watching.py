"""Thousands of clients that watch jobs, in one process and without threads: events and ?wait=."""

import json
import re
import resource
import selectors
import socket
import time

RECONNECT_SECONDS = 0.2
FINAL = ("completed", "failed")


class Watcher:
    """One client. Comes back after a connection that broke, until its job is final."""

    def __init__(self, port, key, job):
        self.port, self.key, self.job = port, key, job
        self.done = False
        self.socket = None
        self.connects = 0
        self.trouble = None

    def open(self):
        self.buffer = bytearray()
        self.body = None
        self.connects += 1
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", self.port))

    def request(self):
        lines = [f"GET {self.path()} HTTP/1.1", "Host: watchers", f"Authorization: Bearer {self.key}",
                 *self.fields()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def fields(self):
        return []

    def receive(self):
        """False if the connection is at its end."""
        try:
            got = self.socket.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.buffer += got
        return bool(got) and self.advance()

    def advance(self):
        if self.body is None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return True
            head = bytes(self.buffer[:end]).decode()
            del self.buffer[:end + 4]
            status = int(head.split()[1])
            if status != 200:
                self.trouble = head.splitlines()[0]
                return False
            length = re.search(r"(?im)^content-length: (\d+)", head)
            self.left = int(length.group(1)) if length else None
            self.body = bytearray()
        return self.take_sized() if self.left is not None else self.take_chunks()

    def take_sized(self):
        self.body += self.buffer
        self.buffer.clear()
        return self.ended() if len(self.body) >= self.left else True

    def take_chunks(self):
        while (line := self.buffer.find(b"\r\n")) >= 0:
            size = int(self.buffer[:line], 16)
            if len(self.buffer) < line + 2 + size + 2:
                return True
            self.body += self.buffer[line + 2:line + 2 + size]
            del self.buffer[:line + 2 + size + 2]
            if size == 0:
                return self.ended()
            self.piece()
        return True

    def piece(self):
        pass


class EventWatcher(Watcher):
    def __init__(self, *where):
        super().__init__(*where)
        self.seen = set()
        self.last_id = None

    def path(self):
        return f"/api/jobs/{self.job}/events"

    def fields(self):
        return [f"Last-Event-ID: {self.last_id}"] if self.last_id else []

    def piece(self):
        while (end := self.body.find(b"\n\n")) >= 0:
            event = bytes(self.body[:end]).decode()
            del self.body[:end + 2]
            fields = dict(line.split(": ", 1) for line in event.splitlines() if not line.startswith(":"))
            if "event" not in fields:
                continue
            data = json.loads(fields["data"])
            if fields["event"] == "file":
                self.seen.add(data["index"])
            elif data["status"] in FINAL and "id" in fields:
                self.done = True
            self.last_id = fields.get("id", self.last_id)

    def ended(self):
        return False


class WaitWatcher(Watcher):
    def path(self):
        return f"/api/jobs/{self.job}?wait=60&resultsLimit=1"

    def ended(self):
        self.done = json.loads(self.body)["status"] in FINAL
        return False


def allow_descriptors(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard) if hard > 0 else count, hard))


def watch(watchers, seconds):
    """Until all are done, or the time is over."""
    allow_descriptors(len(watchers) + 100)
    selector = selectors.EpollSelector()
    until = time.monotonic() + seconds
    again = [(0.0, x) for x in watchers]
    left = len(watchers)
    while left and time.monotonic() < until:
        now = time.monotonic()
        due = [x for at, x in again if at <= now]
        again = [(at, x) for at, x in again if at > now]
        for each in due:
            each.open()
            selector.register(each.socket, selectors.EVENT_WRITE, each)
        for key, events in selector.select(0.05):
            each = key.data
            if events & selectors.EVENT_WRITE:
                going_on = begin(each)
                selector.modify(each.socket, selectors.EVENT_READ, each)
            else:
                going_on = each.receive()
            if not going_on:
                selector.unregister(each.socket)
                each.socket.close()
                if each.done:
                    left -= 1
                else:
                    again.append((time.monotonic() + RECONNECT_SECONDS, each))
    selector.close()


def begin(watcher):
    if watcher.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
        return False
    try:
        watcher.socket.sendall(watcher.request())
        return True
    except OSError:
        return False
