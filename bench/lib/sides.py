"""Both sides as servers: set up, started, stopped."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import load

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "bench"
PROGRAMS = pathlib.Path(os.environ.get("BENCH_PROGRAMS", BUILD / "bin"))
START_SECONDS_MAX = 120
# More than the default: a client that follows another may come before the other's connections are seen to be closed.
CONNECTIONS_OF_ONE_CLIENT = ("--http-connections-per-address", "4096")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build_ours():
    """The preset bench: the programs as they ship, and those that measure."""
    subprocess.run(["cmake", "--preset", "bench"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    targets = ["convertd", "convertd-codec", "bench_bare_upload", "bench_client", "bench_engine", "bench_fill_store",
               "bench_inner"]
    subprocess.run(["cmake", "--build", "--preset", "bench", "--target", *targets],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def node_version():
    """(major, minor)"""
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


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


_kept = None  # folders, inside of removed_at_the_end()


@contextlib.contextmanager
def removed_at_the_end():
    """Folders of sides stay until then. Whenever ext4 without a journal makes a file it looks over all that were
    removed in the last minutes: without this a round pays for the files of the round before."""
    global _kept
    _kept = []
    try:
        yield
    finally:
        folders, _kept = _kept, None
        for folder in folders:
            remove(folder)


def remove(folder):
    if _kept is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        _kept.append(folder)


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
            except (OSError, RuntimeError):
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
        remove(self.folder)


class Ours(Side):
    """`data`: a data directory to go on with; else a fresh one. `settings`: more flags."""

    def __init__(self, *settings, data=None):
        super().__init__("convertd")
        self.settings = settings
        self.data = data or self.folder / "data"

    def start(self):
        self.folder.chmod(0o700)
        self.spawn(PROGRAMS / "convertd", "serve", "--data", self.data, "--http-listen", "127.0.0.1",
                   "--http-port", self.port, *self.settings)
        self.wait_until(lambda: self.client.ask(self.client.connect(), "GET", "/readyz"))
        self.client = load.Client(self.port, new_key(self.data))


def new_key(data):
    """Of the account `default`."""
    return subprocess.run([PROGRAMS / "convertd", "keys", "create", "--data", data],
                          capture_output=True, text=True, check=True).stdout.strip()


@dataclasses.dataclass(frozen=True)
class Setup:
    """How the rival is run. What is durable: Redis syncs each command, files are synced, too."""
    sharp: str = "sharp"   # which of the versions in package.json
    concurrency: int = 2   # images at a time; 0: nothing is converted
    durable: bool = False


class Rival(Side):
    def __init__(self, folder, setup=Setup()):
        super().__init__("rival")
        self.program_folder = folder
        self.setup = setup

    def start(self):
        redis_port = free_port()
        self.spawn("redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--dir", self.folder,
                   "--appendonly", "yes", "--appendfsync", "always" if self.setup.durable else "everysec",
                   "--save", "")
        environment = {**os.environ, "PORT": str(self.port), "REDIS_PORT": str(redis_port),
                       "DATA": str(self.folder / "data"), "CONCURRENCY": str(self.setup.concurrency),
                       "SHARP": self.setup.sharp, "DURABLE": "1" if self.setup.durable else "",
                       "UV_THREADPOOL_SIZE": "8", "NODE_ENV": "production"}
        self.spawn("node", self.program_folder / "server.mjs", env=environment)
        self.wait_until(lambda: self.client.ask(self.client.connect(), "GET", "/"))
