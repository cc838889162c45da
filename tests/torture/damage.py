"""Damages a data directory in every way and looks whether it is noticed, by the check and by a start.

Each variant is a copy of one good directory with one thing broken. Counted: processes that ended by a
signal, and variants that are silent: the check calls the store whole, and a server that was started on it
gives something else than the good one.
"""

import hashlib
import http.client
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

from server import Server, clean_environment, program
from torture.pictures import noise_png

PAGE = 4096
SECONDS_MAX = 60
DAMAGED, NEWER = 3, 4
REFUSED = (DAMAGED, NEWER)


def make_good(folder, log):
    """A data directory with jobs of every kind, saved files, accounts; gives (key, what it holds)."""
    with Server("--log-level", "warn", data=folder) as running:
        for i in range(40):
            running.make_key("--account", f"account{i}")
        large = [noise_png(1000 + i, 260, 260) for i in range(3)]  # files outside of the store, both ways
        for i in range(60):
            running.submit([(f"{j}.png", noise_png(i * 10 + j, 24 + i, 24)) for j in range(6)])
        for i in range(8):
            running.wait_for(running.submit([("a.png", large[i % 3]), ("b.png", b"no image")], format="bmp"))
        for i in range(12):
            content = large[i % 3] if i % 2 else noise_png(i, 16, 16)
            answer = running.post_form("/api/files", [], [("file", f"{i}.png", content)])
            assert answer.status in (200, 201), answer.body
        for job in jobs_of(running):
            running.wait_for(job)
        key, seen = running.key, look(running)
        assert running.stop() == 0
    log(f"  the good one: {len(seen)} answers, {(folder / 'data/store/data.mdb').stat().st_size // PAGE} pages, "
        f"{len(spool(folder / 'data'))} files")
    return key, seen


def jobs_of(running):
    found, offset = [], 0
    while True:
        page = running.get(f"/api/jobs?limit=100&offset={offset}").json()
        found += [x["jobId"] for x in page["jobs"]]
        if not page["pagination"]["hasMore"]:
            return found
        offset += 100


def look(running):
    """Everything that the account can see, as path -> status and digest; URLs differ in their signatures."""
    seen = {}

    def get(path, key=""):
        answer = running.get(path, key=key)
        body = answer.body
        seen[path.partition("?")[0]] = answer
        return answer if answer.status == 200 and body else None

    def fetch(url):
        get(url.removeprefix(f"http://127.0.0.1:{running.port}"), key=None)

    for job in jobs_of(running):
        found = get(f"/api/jobs/{job}")
        for item in (found.json()["results"] or []) if found else []:
            if item["status"] == "completed":
                fetch(item["downloadUrl"])
    page = get("/api/files?limit=100")
    for item in page.json()["files"] if page else []:
        fetch(item["downloadUrl"])
    return {path: (x.status, digest(path, x)) for path, x in seen.items()}


def digest(path, answer):
    if path.endswith("/content"):
        return hashlib.sha256(answer.body).hexdigest()
    found = answer.json()
    if path.startswith("/api/jobs/"):
        return repr([(x["index"], x["status"], x.get("finalSize")) for x in found["results"] or []] + [found["status"]])
    return repr([(x["id"], x["filename"], x["size_bytes"]) for x in found["files"]] if "files" in found else found)


def spool(data):
    return [x for name in ("live", "kept", "files") for x in (data / name).rglob("*") if x.is_file()]


# Each takes the data directory and a source of chance, and gives what it did.

def change(path, at, content):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(content)


def pages_of(store):
    return store.stat().st_size // PAGE


def zeroed(data, chance):
    page = chance.randrange(pages_of(data / "store/data.mdb"))
    change(data / "store/data.mdb", page * PAGE, bytes(PAGE))
    return f"page {page} zeroed"


def garbled(data, chance):
    page = chance.randrange(pages_of(data / "store/data.mdb"))
    change(data / "store/data.mdb", page * PAGE, chance.randbytes(PAGE))
    return f"page {page} garbled"


def garbled_head(data, chance):
    page = chance.randrange(pages_of(data / "store/data.mdb"))
    change(data / "store/data.mdb", page * PAGE, chance.randbytes(16))
    return f"head of page {page} garbled"


def flipped_bits(data, chance):
    store = data / "store/data.mdb"
    content = store.read_bytes()
    places = [chance.randrange(len(content)) for _ in range(8)]
    for at in places:
        change(store, at, bytes([content[at] ^ (1 << chance.randrange(8))]))
    return f"bits flipped at {places}"


def flipped_in_root(data, chance):
    """In the pages where a commit begins, or a small part of a page that is in use."""
    store = data / "store/data.mdb"
    at = chance.randrange(2) * PAGE + chance.randrange(152)
    old = store.read_bytes()[at]
    change(store, at, bytes([old ^ (1 << chance.randrange(8))]))
    return f"bit flipped at {at}"


def swapped(data, chance):
    store = data / "store/data.mdb"
    content = store.read_bytes()
    a, b = chance.sample(range(pages_of(store)), 2)
    change(store, a * PAGE, content[b * PAGE:(b + 1) * PAGE])
    change(store, b * PAGE, content[a * PAGE:(a + 1) * PAGE])
    return f"pages {a} and {b} swapped"


def truncated(data, chance):
    store = data / "store/data.mdb"
    size = chance.randrange(1, store.stat().st_size)
    os.truncate(store, size)
    return f"cut to {size} bytes"


def empty(data, _):
    os.truncate(data / "store/data.mdb", 0)
    return "empty file"


def gone(data, chance):
    if chance.random() < 0.5:
        (data / "store/data.mdb").unlink()
        return "file missing"
    shutil.rmtree(data / "store")
    return "store missing"


def newer(data, chance):
    store = data / "store/data.mdb"
    content = store.read_bytes()
    at = content.find(b"format4")
    while at >= 0:
        change(store, at, b"format%d" % chance.randrange(5, 10))
        at = content.find(b"format4", at + 1)
    return "newer format"


def spool_flipped(data, chance):
    file = chance.choice(spool(data))
    at = chance.randrange(file.stat().st_size)
    change_own(file, lambda x: x[:at] + bytes([x[at] ^ 1]) + x[at + 1:])
    return f"bit flipped in {file.relative_to(data)}"


def spool_cut(data, chance):
    file = chance.choice(spool(data))
    change_own(file, lambda x: x[:chance.randrange(len(x))])
    return f"{file.relative_to(data)} cut"


def spool_gone(data, chance):
    file = chance.choice(spool(data))
    file.unlink()
    return f"{file.relative_to(data)} missing"


def change_own(file, how):
    """The variant's files are links to the good ones."""
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(how(content))


KINDS = [zeroed, garbled, garbled_head, flipped_bits, flipped_in_root, swapped, truncated, spool_flipped,
         spool_cut, zeroed, garbled_head, flipped_bits, spool_gone]
RARE = [empty, gone, newer]


def variant(good, folder, kind, chance):
    shutil.copytree(good / "data", folder / "data", copy_function=os.link)
    for name in ("data.mdb", "lock.mdb"):
        path = folder / "data/store" / name
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    folder.chmod(0o700)
    (folder / "data").chmod(0o700)
    return kind(folder / "data", chance)


def check(data):
    done = subprocess.run([program(), "store", "check", "--data", str(data)], env=clean_environment(),
                          capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    return done.returncode, done.stdout + done.stderr


class Verdict:
    def __init__(self):
        self.signals, self.silent, self.unnamed = [], [], []
        self.named = self.harmless = self.started = 0

    def judge(self, what, code, text, started, seen, good):
        if code < 0:
            self.signals.append(f"{what}: the check ended with {code}")
        if started is not None and started < 0:
            self.signals.append(f"{what}: the server ended with {started}")
        self.started += seen is not None
        if code in REFUSED:
            self.named += 1
            if "convertd: The store in" not in text:
                self.unnamed.append(f"{what}: {text}")
        elif code == 0 and seen == good:
            self.harmless += 1
        else:
            self.silent.append(f"{what}: check {code}, start {started}, "
                               f"{'the same' if seen == good else 'not the same'}; {text[-300:]}")
        if seen is None and started not in REFUSED:
            self.unnamed.append(f"{what}: the start ended with {started}")


def start(folder, key, environment):
    """(exit code of the server, what it showed); nothing of what it did not come to."""
    running = Server("--log-level", "warn", data=folder, environment=environment)
    running.key = key
    try:
        try:
            running.start(poll=0.01)
            seen = look(running)
        except (AssertionError, OSError, http.client.HTTPException, KeyError, TypeError):
            seen = None
        if running.process.poll() is None:
            return running.stop(), seen or {}
        return running.process.returncode, seen
    finally:
        if running.process and running.process.poll() is None:
            running.kill()


def run(rounds=500, seed=1, environment=None, log=print):
    chance = random.Random(seed)
    verdict = Verdict()
    with tempfile.TemporaryDirectory(prefix="convertd-damage-", dir="/dev/shm") as name:
        good = pathlib.Path(name) / "good"
        good.mkdir(mode=0o700)
        key, seen = make_good(good, log)
        code, text = check(good / "data")
        if code != 0:
            log(f"damage: the good one is not whole: {text}")
            return False
        for number in range(rounds):
            kind = RARE[number // 13 % len(RARE)] if number % 13 == 12 else KINDS[number % len(KINDS)]
            folder = pathlib.Path(name) / "variant"
            folder.mkdir()
            what = f"{number} {variant(good, folder, kind, chance)}"
            code, text = check(folder / "data")
            started, shown = start(folder, key, environment or {})
            verdict.judge(what, code, text, started, shown, seen)
            shutil.rmtree(folder)
    return report(verdict, rounds, log)


def report(x, rounds, log):
    for name in ("signals", "silent", "unnamed"):
        for line in getattr(x, name)[:8]:
            log(f"  {name}: {line}")
    log(f"damage: {rounds} variants: {len(x.signals)} signals, {x.named} named by the check, {x.harmless} harmless, "
        f"{len(x.silent)} silent, {len(x.unnamed)} without a clear sentence; {x.started} of them started")
    return not (x.signals or x.silent or x.unnamed)
