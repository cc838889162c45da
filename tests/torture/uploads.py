"""Large uploads stay out of memory; one over the limit is refused while it uploads."""

import http.client
import pathlib
import subprocess
import tempfile
import threading
import time

from server import Server
from torture.machine import MemoryWatch
from torture.pictures import noise_png

MEMORY_MIB_MAX = 64
PIECE = 1 << 20


def watched(running, work):
    """Does `work` in a thread of its own and looks at the server's memory meanwhile."""
    memory = MemoryWatch(running.process.pid)
    result = []
    worker = threading.Thread(target=lambda: result.append(work()))
    worker.start()
    while worker.is_alive():
        memory.look()
        worker.join(0.02)
    if not result:
        raise AssertionError("the upload failed")
    return result[0], memory.most


def post_pieces(running, head, pieces, length, tail):
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=300)
    connection.putrequest("POST", "/api/jobs")
    connection.putheader("Authorization", f"Bearer {running.key}")
    connection.putheader("Content-Type", "multipart/form-data; boundary=MARK")
    connection.putheader("Content-Length", str(len(head) + length + len(tail)))
    connection.endheaders()
    connection.send(head)
    for piece in pieces:
        connection.send(piece)
    connection.send(tail)
    answer = connection.getresponse()
    return answer.status, answer.read()


FIELDS = (b'--MARK\r\nContent-Disposition: form-data; name="format"\r\n\r\nwebp\r\n'
          b'--MARK\r\nContent-Disposition: form-data; name="saveToStorage"\r\n\r\ntrue\r\n')


def file_head(name):
    return (f'--MARK\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
            ).encode()


def one_large(running, mib, log):
    piece = noise_png(3) * (PIECE // 8192)
    piece = piece[:PIECE].ljust(PIECE, b"x")
    begin = time.monotonic()
    (status, _), memory = watched(running, lambda: post_pieces(
        running, FIELDS + file_head("large.bin"), (piece for _ in range(mib)), mib * PIECE,
        b"\r\n--MARK--\r\n"))
    holds = status == 200 and memory < MEMORY_MIB_MAX
    log(f"uploads: {mib} MiB in {time.monotonic() - begin:.1f} s: {status}, at most {memory:.1f} MiB"
        f"{'' if holds else ' — DOES NOT HOLD'}")
    return holds


def many_small(running, count, log):
    picture = noise_png(4, 16, 16)
    parts = [file_head(f"{i}.png") + picture + b"\r\n" for i in range(count)]
    (status, body), memory = watched(running, lambda: post_pieces(
        running, FIELDS, parts, sum(map(len, parts)), b"--MARK--\r\n"))
    holds = status == 200 and memory < MEMORY_MIB_MAX
    log(f"uploads: {count} files in one request: {status}, at most {memory:.1f} MiB"
        f"{'' if holds else f' — DOES NOT HOLD {body[:200]!r}'}")
    return holds


def over_the_limit(running, log):
    """By curl, as a person would: a file over the plan's size, with and without its length said."""
    key = running.make_key("--account", "small", "--plan", "free")  # 50 MB a file
    holds = True
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "large.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(120 << 20))
        for how, extra in (("with", []), ("without", ["-H", "Transfer-Encoding: chunked"])):
            done = subprocess.run(
                ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", *extra,
                 "-H", f"Authorization: Bearer {key}", "-F", "format=webp", "-F",
                 "saveToStorage=true", "-F", f"files=@{path}",
                 f"http://127.0.0.1:{running.port}/api/jobs"],
                capture_output=True, text=True, timeout=120, check=False)
            status, _, sent = done.stdout.partition(" ")
            seen = status == "413" and int(sent) < 120 << 20
            holds &= seen
            log(f"uploads: 120 MiB against 50 MB, {how} Content-Length: curl saw {status} after "
                f"{int(sent or 0) >> 20} MiB{'' if seen else ' — DOES NOT HOLD ' + done.stderr}")
    return holds


def run(quick=False, log=print):
    with Server("--log-level", "warn") as running:
        results = [one_large(running, 128 if quick else 1024, log),
                   many_small(running, 10_000, log), over_the_limit(running, log)]
        leftover = [x for x in (running.data / "live").iterdir()]
        log(f"uploads: {'all hold' if all(results) else 'NOT all hold'}; "
            f"{len(leftover)} job folders live")
    return all(results)
