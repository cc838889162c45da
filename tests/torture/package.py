"""The Debian package in a fresh root: install, first job, upgrade under load, remove, purge."""

import json
import os
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

ROOT = server.ROOT
FILES = 120  # of the job that an upgrade interrupts
READY_SECONDS_MAX = 60
# What dpkg and apt keep of any package, and what is not of the root's own file systems.
BOOKKEEPING = re.compile(r"^/(proc|sys|dev|tmp|run|var/lib/(dpkg|apt|systemd/deb-systemd-helper-\w+/?$)|var/cache|"
                         r"var/log|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$)")


def why_not():
    """Why it cannot be run here, as a sentence; nothing if it can."""
    if os.geteuid() != 0:
        return "only root can make a root"
    for tool, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("cpack", "cmake")):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            return f"{tool} is not there; it is in the Debian package {package}"
    return "" if mirror() else "apt has no source that a root could be made from"


def run(*words, **more):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=900, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def release():
    return dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                if "=" in line)["VERSION_CODENAME"].strip('"')


def mirror():
    """Where apt has the main packages of this release from."""
    lines = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)").splitlines()
    return next((line.split()[0] for line in lines if line.split()[1:] == [release(), "main"]), "")


class Chroot:
    """A root of its own; each command runs in mounts of its own, so that nothing stays mounted."""

    ENTER = ('mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"')

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        run("debootstrap", "--variant=minbase", release(), folder, mirror())
        (self.folder / "etc/apt/sources.list").write_text(f"deb {mirror()} {release()} main\n")
        for path in pathlib.Path("/etc/apt/apt.conf.d").glob("*proxy*"):
            shutil.copy(path, self.folder / "etc/apt/apt.conf.d")
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        policy = self.folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def words(self, *words):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", self.ENTER,
                str(self.folder), *map(str, words)]

    def run(self, *words, **more):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        return run(*self.words(*words), env={**environment, **more})

    def as_convertd(self, *words, **more):
        return self.run("setpriv", "--reuid=convertd", "--regid=convertd", "--init-groups", *words, **more)

    def install(self, package):
        shutil.copy(package, self.folder / "convertd.deb")
        self.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/convertd.deb")
        (self.folder / "convertd.deb").unlink()

    def names(self):
        """Everything that a package could leave behind."""
        found = set()
        for folder, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = "/" + str((pathlib.Path(folder) / name).relative_to(self.folder))
                if not BOOKKEEPING.match(path):
                    found.add(path)
        return found


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


def run_package(preset, log):
    reason = why_not()
    if reason:
        log(f"package: skipped: {reason}")
        return True
    with tempfile.TemporaryDirectory(prefix="convertd-package-") as holder:
        folder = pathlib.Path(holder)
        packages = []
        for revision in ("1", "2"):
            run(ROOT / "packaging" / "build", "--preset", preset, "--no-install", "--revision", revision, folder / revision)
            packages += (folder / revision).glob("*.deb")
        log(f"package: {', '.join(x.name for x in packages)}")
        begun = time.monotonic()
        root = Chroot(folder / "root")
        holds = run_in(root, *packages, log) and booted.run(root, packages[-1], log)
        log(f"package: Debian {release()}, {time.monotonic() - begun:.0f} s: {'holds' if holds else 'DOES NOT HOLD'}")
        return holds
