"""A receiver of webhooks: keeps what comes, and answers as a test wants it to."""

import hashlib
import hmac
import http.server
import json
import threading
import time


class Event:
    """One POST that came in."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        self.when = time.monotonic()
        self.json = json.loads(body)

    @property
    def type(self):
        return self.json["type"]

    @property
    def job(self):
        return self.json["data"]["jobId"]

    def signed_by(self, secret):
        """As the hosted service's documentation checks it, with several v1."""
        parts = [x.split("=", 1) for x in self.headers.get("convertly-signature", "").split(",") if "=" in x]
        stamp = dict(parts).get("t", "")
        if stamp != self.headers.get("convertly-timestamp"):
            return False
        right = hmac.new(secret.encode(), stamp.encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return any(hmac.compare_digest(v, right) for k, v in parts if k == "v1")


class Receiver:
    """Listens on a free port of 127.0.0.1. `behave(event)` gives a status, or a status and a dictionary
    of headers; it may take its time. Without it everything is accepted."""

    def __init__(self, behave=None, port=0):
        receiver = self
        self.behave = behave or (lambda event: 200)
        self.lock = threading.Lock()
        self.events = []  # all
        self.accepted = []  # those that were answered with a 2xx, in the order of the answers

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.take(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path="/hook"):
        return f"http://127.0.0.1:{self.port}{path}"

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        event = Event(handler.path, {k.lower(): v for k, v in handler.headers.items()}, body)
        with self.lock:
            self.events.append(event)
        status = self.behave(event)
        status, headers = status if isinstance(status, tuple) else (status, {})
        if 200 <= status < 300:
            with self.lock:
                self.accepted.append(event)
        answer = f"answer {status}".encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def wait_for(self, found, seconds=30):
        """The events once `found(events)` is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.lock:
                events = list(self.events)
            if found(events):
                return events
            time.sleep(0.02)
        raise AssertionError(f"waited {seconds} s in vain; got {[x.type for x in self.events]}")

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
