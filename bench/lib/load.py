"""The client. Single requests go through Python; load comes from bench_client and wrk, which cost little."""

import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import uuid

SECONDS_MAX = 600
WRK_THREADS = 1


def form(fields, name, content):
    """A multipart/form-data body and its type. `content`: bytes, or a list with those of each file."""
    mark = uuid.uuid4().hex
    out = bytearray()
    for key, value in fields.items():
        out += f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    for number, each in enumerate(content if isinstance(content, list) else [content]):
        called = f"{number}-{name}" if isinstance(content, list) else name
        out += (f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{called}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n").encode() + each + b"\r\n"
    out += f"--{mark}--\r\n".encode()
    return bytes(out), f"multipart/form-data; boundary={mark}"


class Bodies:
    """Forms as files, for bench_client. A context manager."""

    def __init__(self, forms):
        self.forms = forms

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="convertd-bench-bodies-")
        self.files = []
        for number, (body, _) in enumerate(self.forms):
            self.files.append(pathlib.Path(self._folder.name) / str(number))
            self.files[-1].write_bytes(body)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()


class Client:
    def __init__(self, port, key=None):
        self.port = port
        self.key = key
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)

    def ask(self, connection, method, path, body=None, headers=None):
        connection.request(method, path, body, {**self.headers, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def run_job(self, connection, body, kind):
        """The job once it is done."""
        job = json.loads(self.ask(connection, "POST", "/api/jobs", body, {"Content-Type": kind}))["jobId"]
        while True:
            state = json.loads(self.ask(connection, "GET", f"/api/jobs/{job}?wait=30&resultsLimit=100"))
            if state["status"] == "completed" and state["results"]:
                return state
            if state["status"] in ("completed", "failed"):
                raise RuntimeError(f"a job failed: {str(state)[:1000]}")

    def fetch(self, url):
        path = url.removeprefix(f"http://127.0.0.1:{self.port}")
        return self.ask(self.connect(), "GET", path)

    def _native(self, program, what, in_flight, count, files):
        words = [program, what, self.port, self.key or "-", in_flight, count, *files]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip()[:1000])
        return json.loads(done.stdout)

    def jobs(self, program, files, count, in_flight):
        """Runs so many jobs, taking the bodies in turn: {seconds, creates, …}."""
        return self._native(program, "jobs", min(in_flight, count), count, files)

    def creates(self, program, files, seconds, in_flight):
        return self._native(program, "creates", in_flight, seconds, files)

    def polls(self, paths, seconds, connections):
        """Requests a second, of these paths at random; raises where one was not answered with 200."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua", prefix="convertd-bench-") as script:
            script.write("local paths = {" + ",".join(f'"{x}"' for x in paths) + "}\n"
                         "request = function() return wrk.format('GET', paths[math.random(#paths)]) end\n")
            script.flush()
            words = ["wrk", "-t", WRK_THREADS, "-c", connections, "-d", f"{seconds}s", "--latency",
                     "--timeout", "30s", "-s", script.name]
            for name, value in self.headers.items():
                words += ["-H", f"{name}: {value}"]
            done = subprocess.run([*map(str, words), f"http://127.0.0.1:{self.port}"], capture_output=True,
                                  text=True, timeout=SECONDS_MAX, check=True).stdout
        if "Non-2xx" in done or "Socket errors" in done:
            raise RuntimeError(done)
        return float(re.search(r"Requests/sec:\s*([\d.]+)", done).group(1))
