"""Power cuts on ext4 and XFS: the file system stops at once, and what was not synced is gone.

A file system in a file is mounted through a loop device, and the server works in it. The ioctl that shuts a file
system down without writing its log (as fstests do it) is the cut: every dirty page is lost, and nothing is
written any more. After that the server is killed, the file system mounted again, and the ledger compared.
Needs root and a loop device; without them it is skipped, and says so.
"""

import fcntl
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import time

from server import Server
from torture.kill import CLIENTS, Client, all_jobs, orphans, verify
from torture.ledger import Ledger
from torture.machine import children, kill_all

GOING_DOWN = 0x8004587D  # XFS_IOC_GOINGDOWN; ext4 has the same
WITHOUT_LOG = 2
IMAGE_MIB = 4096  # a sparse file; 100 rounds filled 512
CONTROL_ROUNDS = 5
TRIES = 600  # 50 ms each, to unmount


class Disk:
    """A file system of its own in a file."""

    def __init__(self, kind):
        self.kind = kind
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="convertd-power-"))
        self.image, self.at = self.folder / "image", self.folder / "mounted"
        self.at.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_MIB << 20)
        call(f"mkfs.{kind}", "-q", self.image)

    def mount(self):
        call("mount", "-o", "loop", self.image, self.at)

    def cut(self):
        fd = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, GOING_DOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(fd)

    def unmount(self):
        """Returns once nobody has it any more: a copy of the mount elsewhere would be found again, still cut off."""
        left = True
        for _ in range(TRIES):
            left = left and subprocess.run(["umount", self.at], capture_output=True, check=False).returncode != 0
            if not left and not subprocess.run(["losetup", "-j", self.image], capture_output=True,
                                               check=True).stdout:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.at} stays {'mounted' if left else 'in use elsewhere'}")

    def close(self):
        subprocess.run(["umount", "-l", self.at], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def call(*words):
    subprocess.run([str(x) for x in words], check=True, capture_output=True, timeout=60)


def obstacle(kind):
    """Why it cannot be done here; nothing if it can."""
    if os.geteuid() != 0:
        return "only root may mount"
    if not shutil.which(f"mkfs.{kind}"):
        return f"mkfs.{kind} is not installed"
    disk = Disk(kind)
    try:
        disk.mount()
        disk.cut()
        disk.unmount()
        return None
    except (subprocess.SubprocessError, OSError) as trouble:
        return f"there is no loop device that can be used ({trouble})"
    finally:
        disk.close()


def cut_once(server, disk, chooser):
    time.sleep(chooser.uniform(0.05, 0.5))
    below = children(server.process.pid)
    disk.cut()
    server.process.kill()
    kill_all(below)
    server.process.wait()
    disk.unmount()
    disk.mount()


def torment(kind, rounds, seed, environment=None):
    """Gives (lost, doubled, orphaned), jobs acknowledged; a start that fails counts as lost."""
    chooser = random.Random(seed)
    disk = Disk(kind)
    ledger_folder = tempfile.mkdtemp(prefix="convertd-ledger-", dir="/dev/shm")
    ledger = Ledger(ledger_folder)
    server = Server("--http-connections-per-address", "1000", "--log-level", "warn", "--store-map", "1GiB",
                    data=disk.folder, environment=environment)
    server.data = disk.at / "data"
    clients = []
    try:
        disk.mount()
        server.start()
        server.key = server.make_key()
        os.sync()
        clients = [Client(server, ledger, seed * 10 + i) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(rounds):
            cut_once(server, disk, chooser)
            try:
                server.start(poll=0.01)
            except AssertionError as trouble:
                return ([f"it did not start: {trouble}"], [], []), len(ledger.jobs)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(30)
        lost = verify(server, ledger)
        jobs = all_jobs(server)
        doubled = ledger.doubled + [x for x in jobs if x not in ledger.jobs]
        return (lost, doubled, orphans(server, jobs)), len(ledger.jobs)
    finally:
        for client in clients:
            client.stopping.set()
        if server.process and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        ledger.close()
        disk.close()
        shutil.rmtree(ledger_folder, ignore_errors=True)


def run_on(kind, rounds, seed, log):
    if why := obstacle(kind):
        log(f"power-cut on {kind}: skipped, {why}")
        return True
    counts, jobs = torment(kind, rounds, seed)
    for name, found in zip(("lost", "doubled", "orphaned"), counts):
        for line in found[:5]:
            log(f"  {name}: {line}")
    log(f"power-cut: {rounds} cuts on {kind}, {jobs} jobs acknowledged: {len(counts[0])} lost, {len(counts[1])} "
        f"doubled, {len(counts[2])} orphaned")
    if jobs < rounds:
        log("  too little was done to say anything")
    noticed = any(torment(kind, CONTROL_ROUNDS, seed, {"CONVERTD_FAULT": "no-sync"})[0])
    log(f"control no-sync on {kind}: {'noticed' if noticed else 'NOT NOTICED'}")
    return not any(counts) and jobs >= rounds and noticed


def run(rounds=100, seed=1, log=print):
    return all([run_on(kind, rounds, seed, log) for kind in ("ext4", "xfs")])
