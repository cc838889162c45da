"""Behind nginx and Caddy, with the configurations that docs/operations.md prints."""

import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import server

NAME = "images.example.com"
START_SECONDS_MAX = 30
PIECE = 1 << 20
UPLOAD = 12 * PIECE
SYSTEM_PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
# Of one client at a time: then it shows who a request counts for.
ONE_EACH = "connections_per_address = 1\n"


def printed(mark):
    """The block of that name in docs/operations.md."""
    page = (server.ROOT / "docs" / "operations.md").read_text()
    return re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```\n<!-- {mark}: end -->", page, re.DOTALL)[1]


def changed(text, changes):
    """With every one of them made, exactly once."""
    for old, new in changes.items():
        if text.count(old) != 1:
            raise AssertionError(f"{old!r} is there {text.count(old)} times")
        text = text.replace(old, new)
    return text


class Connection(http.client.HTTPConnection):
    """TLS to the proxy as the name that it serves, from an address of our own choice."""

    def __init__(self, port, source):
        super().__init__(NAME, port, timeout=server.ANSWER_SECONDS_MAX)
        self.source = source

    def connect(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout, (self.source, 0))
        self.sock = context.wrap_socket(plain, server_hostname=NAME)


class Proxy:
    """A program that runs in a folder of its own until the end of `with`."""

    def __init__(self, upstream):
        self.upstream, self.port = upstream, server.free_port()
        self.holder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.holder.name)

    def __enter__(self):
        words, environment = self.prepare()
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder,
                                            env={"PATH": SYSTEM_PATH, **environment})
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                if self.ask("GET", "/livez").status == 200:
                    return self
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__()
                    raise AssertionError(f"the proxy does not start: {self.log}") from error
            time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS_MAX)
        self.log = (self.folder / "log").read_text(errors="replace")[-3000:]
        self.holder.cleanup()

    def open(self, method, path, headers, source="127.0.0.2"):
        """A connection whose request has its head sent."""
        connection = Connection(self.port, source)
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def ask(self, method, path, body=None, headers=None, source="127.0.0.2"):
        connection = Connection(self.port, source)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return server.Answer(connection.getresponse())
        finally:
            connection.close()


class Nginx(Proxy):
    PROGRAM, PACKAGE = "nginx", "nginx"

    def prepare(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                        "-keyout", "privkey.pem", "-out", "fullchain.pem"],
                       cwd=self.folder, check=True, capture_output=True, timeout=60)
        site = changed(printed("nginx").replace(f"/etc/ssl/{NAME}/", f"{self.folder}/"), {
            "listen 443 ": f"listen 127.0.0.1:{self.port} ", "server 127.0.0.1:8080;": f"server 127.0.0.1:{self.upstream};"})
        folders = "".join(f"{x}_temp_path {self.folder}/{x};\n"
                          for x in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {self.folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{folders}{site}}}\n")
        return ["nginx", "-p", self.folder, "-e", "stderr", "-c", self.folder / "nginx.conf"], {}


class Caddy(Proxy):
    PROGRAM, PACKAGE = "caddy", "caddy"

    def prepare(self):
        """Certificates of its own making, where nobody else would give it one."""
        site = changed(printed("caddy"), {"127.0.0.1:8080": f"127.0.0.1:{self.upstream}"})
        (self.folder / "Caddyfile").write_text(
            f"{{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tauto_https disable_redirects\n"
            f"\thttps_port {self.port}\n\tdefault_bind 127.0.0.1\n}}\n{site}")
        words = ["caddy", "run", "--adapter", "caddyfile", "--config", self.folder / "Caddyfile"]
        return words, {"HOME": str(self.folder), "XDG_DATA_HOME": f"{self.folder}/data"}


class Behind:
    """What must hold, whatever the proxy is. `connections_per_address` is 1: a client that holds a request has
    no second one."""

    PROXY = None

    @classmethod
    def setUpClass(cls):
        if not shutil.which(cls.PROXY.PROGRAM, path=SYSTEM_PATH):
            raise unittest.SkipTest(f"{cls.PROXY.PROGRAM} is not there; scripts/packages proxy brings it")
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.convertd.configure(printed("proxy settings") + ONE_EACH)
        cls.proxy = cls.PROXY(cls.convertd.port).__enter__()
        cls.addClassCleanup(cls.proxy.__exit__)
        cls.auth = {"Authorization": f"Bearer {cls.convertd.key}"}

    def file_body(self):
        content = os.urandom(UPLOAD)
        return content, *server.multipart([], [("file", "noise.bin", content)])

    def upload(self):
        content, body, kind = self.file_body()
        answer = self.proxy.ask("POST", "/api/files", body, {**self.auth, "Content-Type": kind})
        self.assertEqual(answer.status, 200, answer.body[:500])
        return content, answer.json()["file"]["downloadUrl"]

    def test_large_upload_comes_back_whole_and_in_parts(self):
        content, url = self.upload()
        start = f"https://{NAME}"
        self.assertTrue(url.startswith(f"{start}/api/files/"), url)
        path = url[len(start):]
        whole = self.proxy.ask("GET", path)
        self.assertEqual((whole.status, len(whole.body)), (200, UPLOAD))
        self.assertEqual(hashlib.sha256(whole.body).digest(), hashlib.sha256(content).digest())
        first, last = PIECE + 1, UPLOAD - 5
        part = self.proxy.ask("GET", path, headers={"Range": f"bytes={first}-{last}"})
        self.assertEqual((part.status, part.headers["Content-Range"]), (206, f"bytes {first}-{last}/{UPLOAD}"))
        self.assertEqual(part.body, content[first:last + 1])
        same = self.proxy.ask("GET", path, headers={"If-None-Match": whole.headers["ETag"]})
        self.assertEqual((same.status, same.body), (304, b""))
        head = self.proxy.ask("HEAD", path)
        self.assertEqual((head.status, head.headers["Content-Length"]), (200, str(UPLOAD)))

    def formats(self, source, **more):
        return self.proxy.ask("GET", "/api/formats", headers={**self.auth, **more}, source=source)

    def test_upload_goes_on_as_it_comes_and_counts_for_its_client(self):
        """While half of it has been sent the server has it already, as one request of that client."""
        _, body, kind = self.file_body()
        upload = self.proxy.open("POST", "/api/files", {**self.auth, "Content-Type": kind, "Content-Length": str(len(body))})
        self.addCleanup(upload.close)
        upload.send(body[:UPLOAD // 2])
        deadline = time.monotonic() + server.ANSWER_SECONDS_MAX
        while (refused := self.formats("127.0.0.2")).status == 200:
            self.assertLess(time.monotonic(), deadline, "nobody but the proxy knows of the upload")
        self.assertEqual((refused.status, refused.json()["code"]), (503, "too_many_connections"))
        self.assertEqual(self.formats("127.0.0.3").status, 200)
        forged = self.formats("127.0.0.2", **{"X-Forwarded-For": "203.0.113.9"})
        self.assertEqual(forged.status, 503, "a client can say that it is another one")
        upload.send(body[UPLOAD // 2:])
        self.assertEqual(server.Answer(upload.getresponse()).status, 200)
        self.assertEqual(self.formats("127.0.0.2").status, 200)

    def test_upload_that_is_too_large_gets_our_answer_and_not_the_proxys(self):
        key = self.convertd.make_key("--account", "small", "--plan", "free")
        body, kind = server.multipart([("format", "webp"), ("saveToStorage", "true")], [("files", "a.png", b"")])
        end = body.rindex(b"\r\n--")
        size = 120_000_000
        upload = self.proxy.open("POST", "/api/jobs", {"Authorization": f"Bearer {key}", "Content-Type": kind,
                                                      "Content-Length": str(size + len(body))})
        self.addCleanup(upload.close)
        upload.send(body[:end])
        try:
            for _ in range(size // PIECE):
                upload.send(b"\x89PNG\r\n\x1a\n" + bytes(PIECE - 8))
            upload.send(body[end:])
        except OSError:
            pass  # the proxy has closed its side; its answer is there to be read
        answer = server.Answer(upload.getresponse())
        self.assertEqual((answer.status, answer.json()["code"]), (413, "file_too_large"))

    def test_events_come_when_they_happen(self):
        photo = server.samples()["photo.jpg"]
        body, kind = server.multipart([("format", "avif"), ("saveToStorage", "true")],
                                      [("files", f"{i}.jpg", photo) for i in range(60)])
        answer = self.proxy.ask("POST", "/api/jobs", body, {**self.auth, "Content-Type": kind})
        self.assertEqual(answer.status, 200, answer.body)
        job = f"/api/jobs/{answer.json()['jobId']}"
        watch = self.proxy.open("GET", f"{job}/events", self.auth)
        self.addCleanup(watch.close)
        events = watch.getresponse()
        self.assertEqual(events.headers["Content-Type"], "text/event-stream")
        while events.readline() != b"event: file\n":
            pass
        self.assertEqual(self.convertd.get(job).json()["status"], "processing")
        stopped = self.proxy.ask("DELETE", f"{job}?force=true", headers=self.auth, source="127.0.0.3")
        self.assertEqual(stopped.status, 200, stopped.body)
        last = [line for line in events.read().splitlines() if line.startswith(b"data: ")][-1]
        self.assertEqual(json.loads(last[6:])["status"], "failed")

    def test_synchronous_answer_is_the_image_itself(self):
        photo = server.samples()["photo.jpg"]
        body, kind = server.multipart([("format", "webp")], [("files", "photo.jpg", photo)])
        answer = self.proxy.ask("POST", "/api/convert", body, {**self.auth, "Content-Type": kind, "Accept": "image/*"})
        self.assertEqual((answer.status, answer.body[:4]), (200, b"RIFF"))
        self.assertTrue(answer.headers["X-Request-Id"])


class NginxTest(Behind, unittest.TestCase):
    PROXY = Nginx


class CaddyTest(Behind, unittest.TestCase):
    PROXY = Caddy


class ConfigurationTest(unittest.TestCase):
    def test_page_has_all_three(self):
        self.assertIn("trusted_proxies", printed("proxy settings"))
        self.assertIn("proxy_pass", printed("nginx"))
        self.assertIn("reverse_proxy", printed("caddy"))


if __name__ == "__main__":
    unittest.main()
