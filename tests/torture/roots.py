"""Roots of a release of Debian, made by debootstrap; and convertd from its sources in a bare one."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import images
import server

ROOT = server.ROOT
SECONDS_MAX = 900
BUILD_SECONDS_MAX = 3 * 3600  # everything, and all tests, with an empty compiler cache
DATA = "root/data"  # of the server in a bare root
RESULTS = ("photo.webp", "logo.webp", "scan.webp")
# What dpkg and apt keep of any package, and what is not of the root's own file systems.
BOOKKEEPING = re.compile(r"^/(proc|sys|dev|tmp|run|var/lib/(dpkg|apt|systemd/deb-systemd-helper-\w+/?$)|var/cache|"
                         r"var/log|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$)")


def why_not():
    """Why no root can be made here, as a sentence; nothing if one can."""
    if os.geteuid() != 0:
        return "only root can make a root"
    for tool, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("cpack", "cmake")):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            return f"{tool} is not there; it is in the Debian package {package}"
    return "" if mirror() else "apt has no source that a root could be made from"


def run(*words, seconds=SECONDS_MAX, **more):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=seconds, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def own_release():
    return dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                if "=" in line)["VERSION_CODENAME"].strip('"')


def mirror():
    """Where apt has the main packages of this machine's release from; other releases are there as well."""
    lines = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)").splitlines()
    return next((line.split()[0] for line in lines if line.split()[1:] == [own_release(), "main"]), "")


class Root:
    """Debian in a folder; each command runs in mounts of its own, so that nothing stays mounted."""

    ENTER = ('mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --rbind /sys "$0/sys" && '
             'if [ -n "$CCACHE_DIR" ]; then mount --bind "$CCACHE_DIR" "$0$CCACHE_DIR"; fi && exec chroot "$0" "$@"')

    def __init__(self, folder, release):
        self.folder, self.release = pathlib.Path(folder), release
        if (self.folder / "usr/sbin/policy-rc.d").exists():  # one of an earlier run
            return
        run("debootstrap", "--variant=minbase", release, folder, mirror())
        (self.folder / "etc/apt/sources.list").write_text(f"deb {mirror()} {release} main\n")
        for path in pathlib.Path("/etc/apt/apt.conf.d").glob("*proxy*"):
            shutil.copy(path, self.folder / "etc/apt/apt.conf.d")
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        (self.folder / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")  # it need not survive a power cut
        policy = self.folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def words(self, *words):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", self.ENTER,
                str(self.folder), *map(str, words)]

    def environment(self, **more):
        """A compiler cache of the caller's, named by CCACHE_DIR, is used in there as well."""
        cache = {name: value for name, value in os.environ.items() if name.startswith("CCACHE_")}
        if "CCACHE_DIR" in cache:
            (self.folder / cache["CCACHE_DIR"].lstrip("/")).mkdir(parents=True, exist_ok=True)
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                "HOME": "/root", **cache, **more}

    def run(self, *words, seconds=SECONDS_MAX, **more):
        return run(*self.words(*words), seconds=seconds, env=self.environment(**more))

    def in_tree(self, *words, seconds=BUILD_SECONDS_MAX):
        """In the copy of the sources; says what it says, and gives the exit code."""
        inside = ["sh", "-c", 'cd "$0" && exec "$@"', ROOT, *words]
        return subprocess.run(self.words(*inside), env=self.environment(), timeout=seconds, check=False,
                              stdin=subprocess.DEVNULL).returncode

    def as_convertd(self, *words, **more):
        return self.run("setpriv", "--reuid=convertd", "--regid=convertd", "--init-groups", *words, **more)

    def install(self, package):
        shutil.copy(package, self.folder / "convertd.deb")
        self.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/convertd.deb")
        (self.folder / "convertd.deb").unlink()

    def bring_tree(self):
        """The sources as git has them, at the path that they have outside."""
        names = run("git", "-C", ROOT, "ls-files", "-z").split("\0")
        for name in filter(None, names):
            to = self.folder / str(ROOT / name).lstrip("/")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to, follow_symlinks=False)

    def names(self):
        """Everything that a package could leave behind."""
        found = set()
        for folder, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = "/" + str((pathlib.Path(folder) / name).relative_to(self.folder))
                if not BOOKKEEPING.match(path):
                    found.add(path)
        return found


def first_results(root):
    """What is wrong with the results of the first job, for programs that are not ours."""
    found = []
    for name in RESULTS:
        path = root.folder / DATA / "first-job" / name
        wrong = images.complaint("image/webp", path.read_bytes()) if path.exists() else "is not there"
        found += [f"{name}: {wrong}"] if wrong else []
    return found


def run_debian(release, folder, tests, log):
    """In a root with nothing of ours: scripts/run --once, then all tests. One in `folder` stays, and is used again."""
    reason = why_not()
    if reason:
        log(f"debian: skipped: {reason}")
        return True
    holder = contextlib.nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="convertd-debian-")
    with holder as place:
        root = Root(place, release or own_release())
        root.bring_tree()
        begun = time.monotonic()
        code = root.in_tree("scripts/run", "--once", "--port", server.free_port(), "--data", f"/{DATA}")
        wrong = first_results(root)
        log(f"debian: {root.release}: scripts/run --once ended with {code} after {time.monotonic() - begun:.0f} s; "
            f"results: {'; '.join(wrong) or 'all of them read by other programs'}")
        holds = code == 0 and not wrong
        if tests:
            begun = time.monotonic()
            code = root.in_tree("scripts/test")
            log(f"debian: {root.release}: scripts/test ended with {code} after {time.monotonic() - begun:.0f} s")
            holds = holds and code == 0
        log(f"debian: {root.release}: {'holds' if holds else 'DOES NOT HOLD'}")
        return holds
