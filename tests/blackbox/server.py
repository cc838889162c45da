"""Starts the built convertd in a data directory of its own, and speaks HTTP to it.

Only the standard library. The program is the one named by the environment variable CONVERTD.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
READY_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
ANSWER_SECONDS_MAX = 30


def program():
    path = os.environ.get("CONVERTD")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError("the environment variable CONVERTD must name the built program")
    return path


def clean_environment(**more):
    """Without variables that would set something by accident."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CONVERTD")}
    return {**kept, **more}


def run(*words, environment=None, cwd=None):
    """Runs the program to its end; gives the CompletedProcess with text output."""
    return subprocess.run(
        [program(), *map(str, words)],
        env=clean_environment(**(environment or {})),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    """Processes that any thread of `pid` has started: of a server, its zygote."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:  # a thread that has just ended
            continue
    return found


class Answer:
    """One HTTP response, read whole."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("application/json"):
            raise AssertionError(f"no JSON but {kind}: {self.body[:200]!r}")
        return json.loads(self.body)


def multipart(fields, files):
    """A multipart/form-data body: `fields` are pairs, `files` are (field, filename, bytes)."""
    mark = uuid.uuid4().hex
    out = bytearray()
    for name, value in fields:
        out += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, filename, content in files:
        out += (
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        out += content + b"\r\n"
    out += f"--{mark}--\r\n".encode()
    return bytes(out), f"multipart/form-data; boundary={mark}"


class Server:
    """A running convertd; use it as a context manager. `key` is one of an unlimited account."""

    def __init__(self, *flags, environment=None, data=None):
        self.flags = list(flags)
        self.environment = environment or {}
        self.owns_folder = data is None
        self.folder = pathlib.Path(data or tempfile.mkdtemp(prefix="convertd-blackbox-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.process = None
        self.key = None

    def __enter__(self):
        try:
            self.start()
            self.key = self.make_key()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self, text):
        """Starts again with that configuration file; gives its path."""
        path = self.folder / "convertd.toml"
        path.write_text(text)
        self.stop()
        self.flags += ["--config", str(path)]
        self.start()
        return path

    def start(self, poll=0.05):
        """Returns once it is ready, looked at every `poll` seconds."""
        self.folder.chmod(0o700)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [program(), "serve", "--data", str(self.data), "--http-listen", "127.0.0.1",
                 "--http-port", str(self.port), *self.flags],
                env=clean_environment(**self.environment),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self.is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"convertd ended with {self.process.returncode}: {self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready after {READY_SECONDS_MAX} s: {self.log()}")
            time.sleep(poll)

    def is_ready(self):
        try:
            return self.get("/readyz", key=None).status == 200
        except OSError:
            return False

    def stop(self):
        """Asks it to end; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def make_key(self, *words):
        done = run("keys", "create", "--data", self.data, *words)
        if done.returncode != 0:
            raise AssertionError(f"keys create: {done.stderr}")
        return done.stdout.strip()

    def request(self, method, path, body=None, headers=None, key=""):
        """`key` "" is the server's own; None sends none."""
        headers = dict(headers or {})
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key or self.key}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post_form(self, path, fields, files, **more):
        body, kind = multipart(fields, files)
        headers = {**more.pop("headers", {}), "Content-Type": kind}
        return self.request("POST", path, body=body, headers=headers, **more)

    def submit(self, files, **fields):
        """Sends a job of (filename, bytes) pairs; gives its id."""
        all_fields = {"format": "webp", "saveToStorage": "true", **fields}
        answer = self.post_form("/api/jobs", all_fields.items(),
                                [("files", name, content) for name, content in files])
        if answer.status != 200:
            raise AssertionError(f"submit: {answer.status} {answer.body!r}; {self.log()}")
        return answer.json()["jobId"]

    def wait_for(self, job):
        """The job once it is final."""
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < deadline:
            found = self.get(f"/api/jobs/{job}?wait=20").json()
            if found["status"] in ("completed", "failed"):
                return found
        raise AssertionError(f"job {job} did not end: {self.log()}")

    def fetch(self, url):
        """The bytes behind a signed URL, fetched without a key."""
        prefix = f"http://127.0.0.1:{self.port}"
        if not url.startswith(prefix + "/"):
            raise AssertionError(f"{url} does not start with {prefix}")
        answer = self.get(url[len(prefix):], key=None)
        if answer.status != 200:
            raise AssertionError(f"{url}: {answer.status} {answer.body!r}")
        return answer


def samples():
    """photo.jpg, logo.png and scan.tiff as a dictionary, drawn by convertd-codec."""
    codec = pathlib.Path(program()).parent / "convertd-codec"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([codec, "samples", folder], check=True, timeout=60)
        return {x.name: x.read_bytes() for x in pathlib.Path(folder).iterdir()}
