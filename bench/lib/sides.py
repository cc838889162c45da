"""Both sides as servers: set up, started, stopped."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import load

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "bench"
RIVAL_CONCURRENCY = (1, 2, 8)
START_SECONDS_MAX = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build_ours():
    """The programs of the preset release."""
    subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "convertd", "convertd-codec"],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def set_up_rival():
    """Installs its packages where they are missing, and says its folder."""
    folder = BUILD / "rival"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (ROOT / "bench" / "rival" / "package.json").read_text()
    installed = folder / "installed.json"
    if not installed.exists() or installed.read_text() != wanted:
        (folder / "package.json").write_text(wanted)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        installed.write_text(wanted)
    shutil.copy(ROOT / "bench" / "rival" / "server.mjs", folder)
    return folder


class Side:
    """A context manager; `roots` are the processes that it started, `client` speaks to it."""

    def __init__(self, name):
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="convertd-bench-", dir=BUILD))
        self.port = free_port()
        self.client = load.Client(self.port)
        self.processes = []

    @property
    def roots(self):
        return [x.pid for x in self.processes]

    def spawn(self, *words, **more):
        with open(self.folder / "log", "ab") as log:
            self.processes.append(subprocess.Popen(list(map(str, words)), stdout=log, stderr=log, **more))

    def wait_until(self, ready):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if any(x.poll() is not None for x in self.processes):
                break
            try:
                ready()
                return
            except OSError:
                time.sleep(0.05)
            except RuntimeError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Ours(Side):
    def __init__(self):
        super().__init__("convertd")

    def start(self):
        program = ROOT / "build" / "release" / "bin" / "convertd"
        self.folder.chmod(0o700)
        self.spawn(program, "serve", "--data", self.folder / "data", "--http-listen", "127.0.0.1",
                   "--http-port", self.port)
        self.wait_until(lambda: self.client.ask(self.client.connect(), "GET", "/readyz"))
        key = subprocess.run([program, "keys", "create", "--data", self.folder / "data"],
                             capture_output=True, text=True, check=True).stdout.strip()
        self.client = load.Client(self.port, key)


class Rival(Side):
    def __init__(self, folder, concurrency):
        super().__init__("rival")
        self.program_folder = folder
        self.concurrency = concurrency

    def start(self):
        redis_port = free_port()
        self.spawn("redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--dir", self.folder,
                   "--appendonly", "yes", "--appendfsync", "everysec", "--save", "")
        environment = {**os.environ, "PORT": str(self.port), "REDIS_PORT": str(redis_port),
                       "DATA": str(self.folder / "data"), "CONCURRENCY": str(self.concurrency),
                       "UV_THREADPOOL_SIZE": "8", "NODE_ENV": "production"}
        self.spawn("node", self.program_folder / "server.mjs", env=environment)
        self.wait_until(lambda: self.client.ask(self.client.connect(), "GET", "/"))
