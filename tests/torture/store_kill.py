"""The storage layer alone: killed at random microseconds, and the order of its syncs looked at.

A kill shows what is committed too early or named too late. It cannot show a sync that is missing, since what
was written stays with the kernel: for that the calls are recorded, and no record may become durable before the
bytes and names that it tells of. `power-cut` loses what was not synced for real.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from server import clean_environment, program
from torture.syscalls import library

STEPS = 60
TIME_MAX = 3_600


def writer():
    return pathlib.Path(program()).resolve().parent.parent / "tests" / "store_kill"


def kill(kills, seed, environment, log):
    """True if nothing was lost, doubled or orphaned."""
    folder = tempfile.mkdtemp(prefix="convertd-store-")
    try:
        with subprocess.Popen([writer(), folder, str(kills), str(seed)], env=clean_environment(**environment),
                              stdout=subprocess.PIPE, text=True) as done:
            for line in done.stdout:
                log(line.rstrip())
            return done.wait(TIME_MAX) == 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recorded(environment):
    """The calls of a writer that is left alone, as (name, path below its folder)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="convertd-store-"))
    record = folder / "calls"
    data = folder / "data"
    data.mkdir()
    try:
        subprocess.run([writer(), data, "--steps", str(STEPS)], check=True, timeout=60,
                       env=clean_environment(**environment, LD_PRELOAD=str(library()), FAILING_UNDER=str(data),
                                             FAILING_RECORD=str(record)))
        lines = [line.split(" ", 1) for line in record.read_text().splitlines()]
        return [(name, os.path.relpath(path, data)) for name, path in lines]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def needed_after(call, path):
    """The syncs that must come between a call and the next commit that is durable."""
    parent = os.path.dirname(path)
    if call == "link":
        return {("fsync", "bytes"), ("fsync", parent), ("fsync", os.path.dirname(parent))}
    if call == "unlink" and path.startswith("kept/") and path.count("/") == 2:
        return {("fsync", parent)}  # a job's folder went
    return set()


def disorder(calls):
    """Commits that became durable before something that they tell of."""
    found, open_syncs, commits = [], set(), 0
    for call, path in calls:
        open_syncs |= needed_after(call, path)
        if call == "fsync":  # a file that was made without a name keeps none for the kernel
            open_syncs.discard(("fsync", "bytes" if path.endswith("(deleted)") else path))
        if (call, path) == ("fdatasync", "store/data.mdb"):
            commits += 1
            found += [f"commit {commits} came before the sync of {what}" for _, what in sorted(open_syncs)]
            open_syncs = set()
    found += [f"nothing was committed after {len(open_syncs)} names"] if open_syncs else []
    return found if commits >= STEPS else [*found, f"{commits} commits were synced in {STEPS} steps"]


def run(kills=10_000, seed=1, log=print):
    if not writer().exists():
        log(f"store-kill: {writer()} is not there; the preset torture builds it")
        return False
    right = kill(kills, seed, {}, log)
    wrong = disorder(recorded({}))
    for line in wrong[:5]:
        log(f"  {line}")
    log(f"store-kill: {len(wrong)} commits before what they tell of")
    noticed = {"record-before-bytes": not kill(max(200, kills // 20), seed, {"CONVERTD_FAULT": "record-before-bytes"},
                                              lambda line: log(f"  control: {line}"))}
    for fault in ("no-sync", "no-directory-sync"):
        noticed[fault] = bool(disorder(recorded({"CONVERTD_FAULT": fault})))
    for fault, seen in noticed.items():
        log(f"control {fault}: {'noticed' if seen else 'NOT NOTICED'}")
    return right and not wrong and all(noticed.values())
