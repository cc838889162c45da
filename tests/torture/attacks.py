"""The attacks on the port, one function each: gives what the server should not have done.

Every attack is bounded in time and bytes, and comes from 127.0.0.3 and up. What answers say is
checked by the caller for leaks; see `heard`.
"""

import gzip
import random
import socket
import threading
import time

from torture.raw_http import (attacker_address, connect, read_all, read_answer, send_and_read,
                              statuses)

MIB = 1 << 20
ROUTES = ("/api/jobs", "/api/jobs/{id}", "/api/files/{id}/content", "/livez", "/healthz", "/readyz",
          "/api/convert", "/api/nothing", "/")
METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD")
SOME_ID = "01890000-0000-7000-8000-000000000000"
FILE_HEAD = b'--M\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
# A request that nobody sent as one: if it is answered, bytes of another request were read as it.
INNER = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n"


class Target:
    """The server under attack; `heard` keeps what it said, each answer once by its beginning."""

    UPLOAD_MAX = 16 * MIB  # what the server is told to accept

    def __init__(self, port, key, download, seed=1, quick=False):
        self.port, self.key, self.download = port, key, download
        self.random, self.quick = random.Random(seed), quick
        self.heard = {}
        self.lock = threading.Lock()

    def hear(self, answer):
        with self.lock:
            if len(self.heard) < 5000:
                self.heard.setdefault(answer[:64] + answer[-64:], answer[:16384])
        return statuses(answer)

    def ask(self, request, **more):
        answer = send_and_read(self.port, request, **more)
        self.hear(answer)
        return answer

    def head(self, method, path, *fields):
        lines = [f"{method} {path} HTTP/1.1", "Host: a", f"Authorization: Bearer {self.key}", *fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def upload_head(self, *framing):
        return self.head("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=M", *framing)

    def open(self, count, first=b""):
        """Many connections from many addresses, each with its first bytes sent."""
        found = []
        for i in range(count):
            try:
                found.append(connect(self.port, attacker_address(i)))
                found[-1].sendall(first)
            except OSError:
                pass  # refused already: that is the server's right
        return found


def feed(connections, piece, every, seconds):
    """Sends `piece` on each connection again and again; gives those that still took it at the end."""
    alive, until = list(connections), time.monotonic() + seconds
    for one in alive:
        one.setblocking(False)
    while time.monotonic() < until and alive:
        begin = time.monotonic()
        for one in list(alive):
            try:
                one.send(piece)
            except BlockingIOError:
                pass
            except OSError:
                alive.remove(one)
        time.sleep(max(0.0, every - (time.monotonic() - begin)))
    return alive


def close_all(target, connections, count_max=200):
    """What the server said on some of them, then all are closed."""
    for one in connections[:count_max]:
        one.setblocking(False)
        try:
            target.hear(one.recv(65536))
        except OSError:
            pass
    for one in connections:
        one.close()


def slow_heads(target):
    """A byte of a head each second. They have 5 s, then an answer and 2 s to read it; that the
    connection is gone shows in the second send after that."""
    some = target.open(200, b"GET /livez HTTP/1.1\r\nHost: a\r\n")
    alive = feed(some, b"X", 1.0, 12)
    close_all(target, some)
    return [f"{len(alive)} of 200 slow heads were still read after 12 s"] if alive else []


def slow_bodies(target):
    """Bodies just above the least rate that is allowed, by somebody with a key."""
    some = target.open(1000, target.upload_head(f"Content-Length: {8 * MIB}") + FILE_HEAD)
    alive = feed(some, b"x" * 18_000, 1.0, 12 if target.quick else 25)
    close_all(target, some)
    # That the honest client goes on is what counts, and that there was something to bear.
    return [f"only {len(alive)} of 1000 slow bodies were read to the end"] if len(alive) < 900 else []


def slow_chunks(target):
    """The same in chunks, whose end nobody knows beforehand."""
    first = b"%x\r\n%s\r\n" % (len(FILE_HEAD), FILE_HEAD)
    some = target.open(1000, target.upload_head("Transfer-Encoding: chunked") + first)
    alive = feed(some, b"%x\r\n%s\r\n" % (18_000, b"x" * 18_000), 1.0, 12 if target.quick else 20)
    close_all(target, some)
    return [f"only {len(alive)} of 1000 slow chunked bodies were read to the end"] if len(alive) < 900 else []


def dribbling_bodies(target):
    """Bodies of a few bytes each second."""
    some = target.open(1000, target.upload_head("Content-Length: 1000000") + FILE_HEAD)
    alive = feed(some, b"xyz", 1.0, 22)
    close_all(target, some)
    return [f"{len(alive)} of 1000 dribbling bodies were still read after 22 s"] if alive else []


def idle(target):
    """Connections that say nothing."""
    some = target.open(200)
    time.sleep(4)
    close_all(target, some)
    return []


def pour(target, first, piece, total):
    """Sends `first`, then `piece` until `total` bytes or until the server has had enough."""
    sent = 0
    with connect(target.port) as one:
        try:
            one.sendall(first)
            while sent < total:
                one.sendall(piece)
                sent += len(piece)
            one.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return sent, target.hear(read_all(one, 10))


def judge_pour(name, sent, found, right, sent_max):
    complaints = []
    if found and found[0] not in right:
        complaints.append(f"{name}: answered {found}")
    if sent > sent_max:
        complaints.append(f"{name}: {sent // MIB} MiB were read")
    return complaints


def endless_line(target):
    """200 MiB without a line feed."""
    sent, found = pour(target, b"GET /", b"a" * 65536, 200 * MIB)
    return judge_pour("endless line", sent, found, (400, 431), 8 * MIB)


def million_headers(target):
    """10^6 header fields, 116 MB."""
    fields = b"".join(b"X-Header-%06d: %s\r\n" % (i, b"v" * 98) for i in range(1000))
    sent, found = pour(target, b"GET /livez HTTP/1.1\r\nHost: a\r\n", fields, 1000 * len(fields))
    return judge_pour("million headers", sent, found, (400, 431), 8 * MIB)


def chunked_over_limit(target):
    """A chunked body many times as long as the limit allows."""
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    first = target.upload_head("Transfer-Encoding: chunked") + (
        b"%x\r\n%s\r\n" % (len(FILE_HEAD), FILE_HEAD))
    sent, found = pour(target, first, chunk, 200 * MIB)
    return judge_pour("chunked over the limit", sent, found, (400, 408, 413), target.UPLOAD_MAX + 16 * MIB)


def gzip_bomb(target):
    """300 KB that would be 300 MiB."""
    body = gzip.compress(bytes(300 * MIB), 9)
    complaints = []
    for field in ("Content-Encoding: gzip", "Content-Encoding: deflate", "Transfer-Encoding: gzip, chunked"):
        framing = () if field.startswith("Transfer") else (f"Content-Length: {len(body)}",)
        found = statuses(target.ask(target.upload_head(field, *framing) + body))
        if found[:1] not in ([415], [400]):
            complaints.append(f"{field}: answered {found}")
    return complaints


def many_ranges(target):
    """1,500 overlapping parts of one download, by twenty clients at a time."""
    path, size = target.download
    ranges = ",".join(f"{i}-" for i in range(1500))
    complaints = []

    def one(number):
        answer = target.ask(target.head("GET", path, f"Range: bytes={ranges}", "Connection: close"),
                            address=attacker_address(number))
        if not answer or statuses(answer)[0] not in (200, 416):
            complaints.append(f"ranges: answered {statuses(answer)}")
        if len(answer) > size + 8192:
            complaints.append(f"ranges: {len(answer)} bytes for a file of {size}")

    clients = [threading.Thread(target=one, args=(i,)) for i in range(20)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return complaints


def ambiguous_requests():
    """Requests whose end or meaning two readers could see differently: name and bytes."""
    host = "Host: a\r\n"
    size = f"Content-Length: {len(INNER)}\r\n"
    fields = {
        "length and chunked": host + size + "Transfer-Encoding: chunked\r\n",
        "chunked and length": host + "Transfer-Encoding: chunked\r\n" + size,
        "two lengths": host + "Content-Length: 0\r\n" + size,
        "two equal lengths": host + size + size,
        "list of lengths": host + f"Content-Length: 0, {len(INNER)}\r\n",
        "length 3x": host + "Content-Length: 3x\r\n",
        "length -1": host + "Content-Length: -1\r\n",
        "length +3": host + "Content-Length: +3\r\n",
        "length 0x3": host + "Content-Length: 0x3\r\n",
        "length too big": host + "Content-Length: 18446744073709551616\r\n",
        "length empty": host + "Content-Length: \r\n",
        "xchunked": host + "Transfer-Encoding: xchunked\r\n",
        "chunked twice": host + "Transfer-Encoding: chunked, chunked\r\n",
        "chunked then identity": host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "tab before chunked": host + "Transfer-Encoding:\x0bchunked\r\n",
        "space before colon": host + f"Content-Length : {len(INNER)}\r\n",
        "host with space": "Host : a\r\n",
        "no host": "",
        "two hosts": host + "Host: b\r\n",
        "host of two words": "Host: a b\r\n",
        "folded field": host + "X-A: 1\r\n Transfer-Encoding: chunked\r\n",
        "bare line feed": host + "X-A: 1\nTransfer-Encoding: chunked\r\n",
        "bare return": host + "X-A: 1\rTransfer-Encoding: chunked\r\n",
        "zero byte": host + "X-A: 1\0\r\n",
        "no colon": host + "Transfer-Encoding chunked\r\n",
        "empty name": host + ": chunked\r\n",
    }
    for name, lines in fields.items():
        yield name, b"POST /api/jobs HTTP/1.1\r\n" + lines.encode("latin-1") + b"\r\n" + INNER
    for line in ("POST  /api/jobs HTTP/1.1", "POST /api/jobs HTTP/1.1 ", "POST /api/jobs HTTP/2.0",
                 "POST /api/jobs", "POST /api/jobs\tHTTP/1.1", " POST /api/jobs HTTP/1.1",
                 "POST /a b HTTP/1.1", "POST api HTTP/1.1", "POST /api/jobs http/1.1",
                 "POST /api/jobs HTTP/1.10", "PRI * HTTP/2.0"):
        yield f"line {line!r}", line.encode() + b"\r\nHost: a\r\n\r\n" + INNER
    yield "chunked in 1.0", (b"POST /api/jobs HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER)


def bad_chunks(target):
    """Chunked bodies that are not exactly the grammar, by somebody with a key."""
    for body in (b"-2\r\nab\r\n", b"0x2\r\nab\r\n", b"2 \r\nab\r\n", b"2\nab\r\n", b"2\r\nabc\r\n",
                 b"\r\n", b"fffffffffffffffff\r\nab\r\n", b"2;\nab\r\n", b"0\r\nX: 1\n\r\n"):
        yield f"chunk {body!r}", target.upload_head("Transfer-Encoding: chunked") + body + INNER


def ambiguous(target):
    complaints = []
    for name, request in (*ambiguous_requests(), *bad_chunks(target)):
        answer = target.ask(request, seconds=6)
        found = statuses(answer)
        if len(found) > 1 or b"smuggled" in answer:
            complaints.append(f"smuggled by {name}: {found}")
        elif found and not 400 <= found[0] < 500:
            complaints.append(f"{name}: answered {found}")
        elif not found:
            complaints.append(f"{name}: no answer")
    return complaints


def early_refusal(target, method, path, key):
    """A body that comes after the answer, and is a request: never to be served as one."""
    lines = [f"{method} {path} HTTP/1.1", "Host: a", f"Content-Length: {len(INNER)}"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    with connect(target.port) as one:
        try:
            one.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            first = read_answer(one, 0.3)
            time.sleep(0.2)
            one.sendall(INNER)
            answer = first + read_all(one, 2.5)
        except OSError:
            answer = first
    found = target.hear(answer)
    if len(found) > 1 or b"smuggled" in answer:
        return f"smuggled: {method} {path} {'with' if key else 'without'} a key: {found}"
    return ""


def early_refusals(target):
    """On every route, with every method; several at a time."""
    todo = [(method, path.replace("{id}", SOME_ID), key) for path in ROUTES for method in METHODS
            for key in (None, "wrong", target.key)]
    complaints = []

    def work():
        while True:
            with target.lock:
                if not todo:
                    return
                method, path, key = todo.pop()
            complaint = early_refusal(target, method, path, key)
            if complaint:
                complaints.append(complaint)

    clients = [threading.Thread(target=work) for _ in range(24)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return complaints


def valid_requests(target):
    body = (b'--M\r\nContent-Disposition: form-data; name="format"\r\n\r\npng\r\n--M\r\nContent-Disposition: '
            b'form-data; name="saveToStorage"\r\n\r\ntrue\r\n--M\r\nContent-Disposition: form-data; '
            b'name="files"; filename="a.png"\r\n\r\nno image\r\n--M--\r\n')
    yield target.upload_head(f"Content-Length: {len(body)}") + body
    yield target.upload_head("Transfer-Encoding: chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    yield target.head("GET", "/api/jobs?limit=1&offset=0&status=failed", "Accept: */*")
    yield target.head("GET", f"/api/jobs/{SOME_ID}?wait=0", "Prefer: wait=0")
    yield target.head("DELETE", f"/api/jobs/{SOME_ID}?force=true")
    yield target.head("GET", target.download[0], "Range: bytes=0-9", 'If-None-Match: "x"')
    yield target.head("HEAD", "/readyz", "Connection: keep-alive")


PIECES = (b"\r\n", b"\n", b"\0", b" ", b":", b"%00", b"%0d%0a", b"../", b"--M", b"\xff\xfe", b'"', b";",
          b"=", b",", b"18446744073709551615", b"-1", b"chunked", b"Content-Length: 5\r\n",
          b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1", b"?", b"\xe2\x80\xae", b"0\r\n\r\n", b"[0]")


def mutated(request, chooser):
    """One to six small changes."""
    out = bytearray(request)
    for _ in range(chooser.randint(1, 6)):
        at = chooser.randrange(len(out) + 1)
        kind = chooser.randrange(5)
        if kind == 0 and at < len(out):
            out[at] = chooser.randrange(256)
        elif kind == 1:
            out[at:at] = chooser.choice(PIECES)
        elif kind == 2:
            del out[at : at + chooser.randint(1, 20)]
        elif kind == 3:
            out[at:at] = out[at : at + chooser.randint(1, 60)]
        else:
            del out[at:]
    return bytes(out)


def mutations(target):
    """10^4 mutations of valid requests: an answer below 500, or none; never a leak."""
    valid = list(valid_requests(target))
    total = 1000 if target.quick else 10_000
    todo = [(i, mutated(valid[i % len(valid)], target.random)) for i in range(total)]
    complaints = []

    def work():
        while True:
            with target.lock:
                if not todo:
                    return
                number, request = todo.pop()
            for status in statuses(target.ask(request, address=attacker_address(number % 240), seconds=8)):
                if status >= 500:
                    complaints.append(f"mutation {number}: answered {status}: {request[:200]!r}")

    clients = [threading.Thread(target=work) for _ in range(8)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return complaints[:20]


ALL = (slow_heads, idle, slow_bodies, slow_chunks, dribbling_bodies, endless_line, million_headers,
       chunked_over_limit, gzip_bomb, many_ranges, ambiguous, early_refusals, mutations)
