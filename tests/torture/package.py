"""The Debian package in a fresh root: install, first job, upgrade under load, remove, purge."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

import server

from torture import booted
from torture.roots import BUILD_SECONDS_MAX, ROOT, Root, own_release, run, why_not

FILES = 120  # of the job that an upgrade interrupts
READY_SECONDS_MAX = 60


class Server:
    """convertd of the root, started by hand as the unit would."""

    def __init__(self, root):
        self.root, self.port, self.process = root, server.free_port(), None

    def start(self):
        self.process = subprocess.Popen(
            self.root.words("setpriv", "--reuid=convertd", "--regid=convertd", "--init-groups",
                            "convertd", "serve", "--http-port", self.port, "--grace-period", "0s"),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, stderr=open(self.root.folder / "tmp/log", "ab"))
        deadline = time.monotonic() + READY_SECONDS_MAX
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                    return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.root.folder / "tmp/log").read_text()
                    raise AssertionError(f"convertd of the package does not start: {log[-2000:]}") from error
            time.sleep(0.05)

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(60)


def first_job(root, running):
    """What a newcomer does; gives the key."""
    key = root.as_convertd("convertd", "keys", "create", "--label", "first").strip()
    root.run("/usr/lib/convertd/convertd-codec", "samples", "/tmp")
    said = root.run("convertd", "convert", "/tmp/photo.jpg", "/tmp/logo.png", "--to", "webp", "--out", "/tmp",
                    CONVERTD_KEY=key, CONVERTD_SERVER=f"http://127.0.0.1:{running.port}")
    assert said.split() == ["/tmp/photo.webp", "/tmp/logo.webp"], said
    for name in said.split():
        assert (root.folder / name[1:]).read_bytes()[:4] == b"RIFF", name
    return key


def upgrade_under_load(root, running, key, newer):
    """A job is at work while the package is replaced and the server killed; gives what is missing of it."""
    remote = {"CONVERTD_KEY": key, "CONVERTD_SERVER": f"http://127.0.0.1:{running.port}"}
    body, kind = server.multipart(
        [("format", "avif"), ("saveToStorage", "true")],
        [("files", f"{i}.jpg", (root.folder / "tmp/photo.jpg").read_bytes()) for i in range(FILES)])
    request = urllib.request.Request(f"http://127.0.0.1:{running.port}/api/jobs", data=body,
                                     headers={"Content-Type": kind, "Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        job = json.load(answer)["jobId"]
    root.install(newer)
    running.end(signal.SIGKILL)
    running.start()
    root.run("convertd", "jobs", "watch", job, **remote)
    found = json.loads(root.run("convertd", "jobs", "show", job, "--json", **remote))
    return FILES - found["completedFiles"]


def look_at_files(root):
    """What a package has to bring besides programs."""
    assert "keys create" in root.run("sh", "-c", "zcat /usr/share/man/man1/convertd.1.gz | sed 's/[\\\\]-/-/g'")
    for name in ("usr/share/man/man5/convertd.toml.5.gz", "usr/share/bash-completion/completions/convertd",
                 "lib/systemd/system/convertd.service", "lib/systemd/system/convertd.socket"):
        assert (root.folder / name).exists(), name
    config = root.folder / "etc/convertd/convertd.toml"
    assert root.run("convertd", "config", "show") == config.read_text(), "the file is not that of this version"
    assert (root.folder / "var/lib/convertd").stat().st_mode & 0o777 == 0o700


def run_in(root, older, newer, log):
    depends = run("dpkg-deb", "-f", older, "Depends")
    root.run("apt-get", "update", "-qq")
    root.run("apt-get", "install", "-y", "-qq", "--no-install-recommends",
             *[re.split(r"[ (|]", x.strip())[0] for x in depends.split(",")])
    before = root.names()
    root.install(older)
    look_at_files(root)
    running = Server(root)
    running.start()
    try:
        key = first_job(root, running)
        log("package: installed, started, first job done")
        lost = upgrade_under_load(root, running, key, newer)
        log(f"package: upgraded under load; {lost} of {FILES} files lost")
        code = running.end(signal.SIGTERM)
    finally:
        if running.process.poll() is None:
            running.end(signal.SIGKILL)
    shutil.rmtree(root.folder / "tmp")
    (root.folder / "tmp").mkdir(mode=0o1777)
    root.run("apt-get", "remove", "-y", "-qq", "convertd")
    kept = (root.folder / "var/lib/convertd/store").exists() and (root.folder / "etc/convertd").exists()
    root.run("apt-get", "purge", "-y", "-qq", "convertd")
    left = sorted(root.names() - before)
    user = "convertd" in (root.folder / "etc/passwd").read_text()
    log(f"package: removed, data {'kept' if kept else 'LOST'}; purged, left: {left or 'nothing'}"
        f"{', and the user' if user else ''}")
    return lost == 0 and code == 0 and kept and not left and not user


def build(folder, preset, release):
    """Two packages that differ in their revision, built on the release that they are for."""
    builder = None
    if release != own_release():
        builder = Root(folder / "builder", release)
        builder.bring_tree()
        builder.run(ROOT / "scripts" / "packages", "build", "run", "package", seconds=BUILD_SECONDS_MAX)
    packages = []
    for revision in ("1", "2"):
        words = [ROOT / "packaging" / "build", "--preset", preset, "--no-install", "--revision", revision]
        if builder:
            builder.run(*words, f"/packages/{revision}", seconds=BUILD_SECONDS_MAX)
            packages += (builder.folder / "packages" / revision).glob("*.deb")
        else:
            run(*words, folder / revision, seconds=BUILD_SECONDS_MAX)
            packages += (folder / revision).glob("*.deb")
    return packages


def run_package(preset, release, corpus_folder, log):
    reason = why_not()
    if reason:
        log(f"package: skipped: {reason}")
        return True
    release = release or own_release()
    with tempfile.TemporaryDirectory(prefix="convertd-package-") as holder:
        folder = pathlib.Path(holder)
        packages = build(folder, preset, release)
        log(f"package: {', '.join(x.name for x in packages)}")
        begun = time.monotonic()
        root = Root(folder / "root", release)
        holds = run_in(root, *packages, log) and booted.run(root, packages[-1], corpus_folder, log)
        log(f"package: Debian {release}, {time.monotonic() - begun:.0f} s: {'holds' if holds else 'DOES NOT HOLD'}")
        return holds
