"""The client: sends jobs of one file, so many at a time, and waits for each. The same for both sides."""

import http.client
import json
import threading
import uuid

SECONDS_MAX = 600


def form(fields, name, content):
    """A multipart/form-data body and its type."""
    mark = uuid.uuid4().hex
    out = bytearray()
    for key, value in fields.items():
        out += f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    out += (f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n").encode()
    out += content + f"\r\n--{mark}--\r\n".encode()
    return bytes(out), f"multipart/form-data; boundary={mark}"


class Client:
    def __init__(self, port, key=None):
        self.port = port
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
            state = json.loads(self.ask(connection, "GET", f"/api/jobs/{job}?wait=30"))
            if state["status"] == "completed" and state["results"]:
                return state
            if state["status"] in ("completed", "failed"):
                raise RuntimeError(f"a job failed: {state}")

    def fetch(self, url):
        path = url.removeprefix(f"http://127.0.0.1:{self.port}")
        return self.ask(self.connect(), "GET", path)

    def run(self, bodies, jobs, in_flight):
        """Runs so many jobs, taking the bodies in turn. The first error of any thread is raised."""
        numbers, lock, errors = iter(range(jobs)), threading.Lock(), []

        def work():
            connection = self.connect()
            try:
                while not errors:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    self.run_job(connection, *bodies[number % len(bodies)])
            except Exception as error:  # to be raised by the thread that waits
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(min(in_flight, jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
