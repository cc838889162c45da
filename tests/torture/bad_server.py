"""An HTTP server that does everything wrong, as the negative control of http_attacks.py.

Eight threads, no deadline, no bound on lines, heads and bodies; the first Content-Length wins and
Transfer-Encoding is taken as it comes; a refused body stays in the socket and is read as the next
request; gzip is unpacked; each range is copied; exceptions are shown.
"""

import queue
import socket
import sys
import threading
import zlib

FILE = bytes(1000)
kept = []  # so that what a request cost shows


def number(text):
    digits = "".join(x for x in text if x.isdigit())
    return int(digits or 0)


def read_head(stream):
    lines = []
    while True:
        line = stream.readline()
        if not line:
            return None
        if not line.strip():
            return lines
        lines.append(line.decode("latin-1"))


def read_body(stream, fields):
    if "chunked" in fields.get("transfer-encoding", ""):
        body = bytearray()
        while True:
            size = int(stream.readline().strip() or b"0", 16)
            body += stream.read(size)
            stream.readline()
            if size <= 0:
                return bytes(body)
    return stream.read(number(fields.get("content-length", "0")))


def answer_to(stream, lines):
    words = lines[0].split() + ["", ""]
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    extra = f"X-Request-Id: {fields.get('x-request-id', 'none')}\r\n"
    if words[0] != "GET" and fields.get("authorization") is None:
        return 401, extra, b"missing key"  # and its body is still to come
    body = read_body(stream, fields)
    if fields.get("content-encoding") == "gzip":
        body = zlib.decompress(body, 31)
    kept[:] = kept[-3:] + [body, lines]
    if "range" in fields:
        return 206, extra, FILE * (fields["range"].count(",") + 1)
    return 200, extra, b"{}"


def serve(connection):
    stream = connection.makefile("rb")
    while (lines := read_head(stream)) is not None:
        if not lines:
            continue
        try:
            status, extra, body = answer_to(stream, lines)
        except Exception as trouble:
            status, extra, body = 500, f"EXCEPTION_WHAT: {trouble!r}\r\n", b""
        connection.sendall(f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
                           .encode("latin-1", "replace") + body)


def work(waiting):
    while True:
        connection = waiting.get()
        with connection:
            try:
                serve(connection)
            except OSError:
                pass


def main():
    waiting = queue.Queue()
    for _ in range(8):
        threading.Thread(target=work, args=(waiting,), daemon=True).start()
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as listener:
        while True:
            waiting.put(listener.accept()[0])


if __name__ == "__main__":
    main()
