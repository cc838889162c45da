"""Clients for attacks: sockets that say exactly what they are told, and an honest one that measures."""

import http.client
import multiprocessing
import re
import socket
import time

HONEST_ADDRESS = "127.0.0.2"
HONEST_PAUSE_SECONDS = 0.02
UPLOAD_EVERY = 10
ANSWER_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")
# What a client has no business to see: inner names, folders of the machine, versions, and what an
# exception said.
LEAKS = re.compile(rb"exception|std::|what\(\)|terminate|basic_string|httplib|magick|lmdb|mdb_|"
                   rb"/usr/|/tmp/|/home/|/var/|/proc/|\.cpp|\.so\b|convertd/\d|\b0\.1\.0\b|"
                   rb"\r\nserver:|traceback", re.IGNORECASE)
# These may be sent by the attacker himself and come back: the Host in a URL, the id of a request.
ECHOES = re.compile(rb"\r\nX-Request-Id: [^\r]*", re.IGNORECASE)


def attacker_address(number, per_address=60):
    """Loopback addresses for many attackers: no more on each than the server's cap lets in."""
    return f"127.0.0.{3 + number // per_address}"


def connect(port, address="127.0.0.3", timeout=10):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout, source_address=(address, 0))


def read_all(one, seconds=10, bytes_max=1 << 22):
    """What comes until the server ends the connection or the time is over."""
    out, deadline = b"", time.monotonic() + seconds
    while len(out) < bytes_max and (left := deadline - time.monotonic()) > 0:
        one.settimeout(left)
        try:
            more = one.recv(65536)
        except OSError:
            break
        if not more:
            break
        out += more
    return out


def read_answer(one, seconds=10):
    """One answer with its body, on a connection that may stay open."""
    out, deadline = b"", time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        head, found, body = out.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if found and (not length or len(body) >= int(length.group(1))):
            return out
        one.settimeout(left)
        try:
            more = one.recv(65536)
        except OSError:
            break
        if not more:
            break
        out += more
    return out


def send_and_read(port, request, address="127.0.0.3", seconds=10, half_close=True):
    """Everything the server answers to `request` on a connection of its own."""
    try:
        with connect(port, address) as one:
            try:
                one.sendall(request)
                if half_close:
                    one.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server has spoken its last word already: read it
            return read_all(one, seconds)
    except OSError:
        return b""


def statuses(answer):
    """Of every answer in what a connection carried; bodies of ours never hold a status line."""
    return [int(x) for x in ANSWER_LINE.findall(answer)]


def leaks(answer):
    """What an answer tells and should not."""
    return sorted({x.decode("latin-1") for x in LEAKS.findall(ECHOES.sub(b"", answer))})


class Measured:
    """One request of the honest client."""

    def __init__(self, kind, seconds, status):
        self.kind, self.seconds, self.status = kind, seconds, status


def _ask(port, key, kind, body, content_type):
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30,
                                            source_address=(HONEST_ADDRESS, 0))
    try:
        headers = {"Authorization": f"Bearer {key}"}
        if kind == "upload":
            connection.request("POST", "/api/jobs", body, {**headers, "Content-Type": content_type})
        else:
            connection.request("GET", "/api/jobs?limit=1", headers=headers)
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException) as trouble:
        status = type(trouble).__name__
    finally:
        connection.close()
    return Measured(kind, time.monotonic() - begin, status)


def _be_honest(port, key, body, content_type, pipe):
    number, done = 0, []
    while True:
        if pipe.poll():
            if pipe.recv() == "end":
                return
            pipe.send(done)
            done = []
        number += 1
        kind = "upload" if number % UPLOAD_EVERY == 0 else "get"
        done.append(_ask(port, key, kind, body, content_type))
        time.sleep(HONEST_PAUSE_SECONDS)


class Honest:
    """A client in a process of its own, on an address of its own, that never stops working."""

    def __init__(self, port, key, body, content_type):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=_be_honest, args=(port, key, body, content_type, theirs), daemon=True)
        self.process.start()

    def take(self):
        """What it measured since the last call."""
        self.pipe.send("take")
        if not self.pipe.poll(60):
            raise AssertionError("the honest client got no answer within a minute")
        return self.pipe.recv()

    def end(self):
        self.pipe.send("end")
        self.process.join(40)
        if self.process.is_alive():
            self.process.kill()
