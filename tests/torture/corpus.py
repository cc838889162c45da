"""Real and hostile images: every file to PNG and to WebP, three at a time, twice, as jobs.

A folder with MANIFEST.tsv says what to expect of each file: `converts`, `error` (a clean failure of
that file) or `either`. Whatever a file does, it may do to itself only.
"""

import csv
import os
import pathlib
import re
import tempfile
import threading
import time
from collections import Counter

import images
from server import ROOT, Server
from torture import headers, likeness
from torture.machine import ChildWatch, MemoryWatch, kill_all, percentile, zygote

TARGETS = ("png", "webp")
CLIENTS = 3
PASSES = 2
SECONDS_MAX = 10
LARGE_PIXELS = 50_000_000
LIKENESS_MAX = 6.0
# Folders of the corpus whose formats are not read: a clean failure is what is right.
LATER = {"svg", "jxl", "pdf"}
# One picture in several orientations: all must look the same once they are turned. (The set
# imgproxy__orientation-N.png is none: its files have the same pixels and differ in the tag alone.)
SETS = re.compile(r"(images__Landscape|images__Portrait)[_-][1-8]\.")
MIME = {"png": "image/png", "webp": "image/webp"}


class Case:
    def __init__(self, folder, row):
        self.name, self.expected, self.what = row["file"], row["expected"], row["what"]
        self.content = (folder / self.name).read_bytes()
        self.header = headers.read(self.content)
        self.later = pathlib.PurePath(self.name).parts[1] in LATER

    def sizes(self):
        """The sizes that an output may have; empty if the header does not tell."""
        if self.header:
            return {self.header.shown}
        return headers.avif_sizes(self.content) if self.content[4:8] == b"ftyp" else set()

    @property
    def large(self):
        return bool(self.header) and self.header.width * self.header.height > LARGE_PIXELS


def cases_of(folder):
    with open(folder / "MANIFEST.tsv", newline="", encoding="utf-8") as manifest:
        rows = csv.DictReader(manifest, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Case(folder, row) for row in rows
                if row["expected"] in ("converts", "error", "either")]


class Run:
    """What all clients found; `complaints` are the violations."""

    def __init__(self, server, cases):
        self.server, self.lock = server, threading.Lock()
        self.todo = [(case, target) for case in cases for target in TARGETS]
        self.complaints, self.seconds = [], []
        self.ended, self.errors, self.later = Counter(), Counter(), Counter()
        self.tiles = {}  # of the SETS, by set: the first one's PNG

    def complain(self, case, target, text):
        with self.lock:
            self.complaints.append(f"{case.name} to {target}: {text}")

    def work(self):
        while True:
            with self.lock:
                if not self.todo:
                    return
                case, target = self.todo.pop(0)
            try:
                self.one(case, target)
            except Exception as trouble:  # whatever it is, it belongs to this file's report
                self.complain(case, target, f"{type(trouble).__name__}: {trouble}")

    def one(self, case, target):
        begin = time.monotonic()
        job = self.server.submit([(pathlib.PurePath(case.name).name.replace('"', ""), case.content)],
                                 format=target)
        answer = self.server.get(f"/api/jobs/{job}?wait=60")
        seconds = time.monotonic() - begin
        if answer.status != 200:
            return self.complain(case, target, f"the job answers {answer.status}")
        found = answer.json()
        if found["status"] not in ("completed", "failed"):
            return self.complain(case, target, f"still {found['status']} after {seconds:.0f} s")
        with self.lock:
            self.seconds.append(seconds)
        if seconds > SECONDS_MAX and not case.large:
            self.complain(case, target, f"took {seconds:.1f} s")
        return self.judge(case, target, found["results"][0])

    def judge(self, case, target, result):
        completed = result["status"] == "completed"
        code = result.get("errorCode")
        with self.lock:
            self.ended["converted" if completed else "failed"] += 1
            if not completed:
                self.errors[code] += 1
            if case.later and not completed:
                self.later[case.name] += 1
        if completed:
            if case.expected == "error":
                self.complain(case, target, "converted, and should be an error")
            self.look_at(case, target, result)
        elif not code or code == "internal" or not result.get("errorMessage"):
            self.complain(case, target, f"no clean failure: {result}")
        elif case.later and case.expected == "converts":
            if code != "unsupported_input":
                self.complain(case, target, f"is not read yet, and fails as {code}")
        elif case.expected == "converts":
            self.complain(case, target, f"{code}: {result['errorMessage']}")

    def look_at(self, case, target, result):
        content = self.server.fetch(result["downloadUrl"]).body
        if not content.startswith(images.MAGIC[MIME[target]]) or len(content) != result["finalSize"]:
            return self.complain(case, target, f"the output starts {content[:12]!r}")
        made = headers.read(content)
        size = (made.width, made.height)
        if size != (result["width"], result["height"]):
            self.complain(case, target, f"the output has {size}, the result says otherwise: {result}")
        allowed = case.sizes()
        if case.expected == "converts" and allowed and size not in allowed:
            self.complain(case, target, f"came out as {size}, not {sorted(allowed)}")
        if made.orientation != 1:
            self.complain(case, target, f"was turned and still says orientation {made.orientation}")
        if target == "png" and SETS.search(case.name):
            self.compare(case, target, content)
        return None

    def compare(self, case, target, content):
        group = SETS.search(case.name).group(1)
        with self.lock:
            first = self.tiles.setdefault(group, content)
        if first is not content:
            apart = likeness.difference(first, content)
            if apart > LIKENESS_MAX:
                self.complain(case, target, f"is turned the wrong way: {apart:.1f} from its sisters")


def strays(own_folder):
    """What decoders could have left in a temporary directory."""
    found = set()
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        found |= {str(x) for x in pathlib.Path(folder).glob("magick-*")}
    return found | {str(x) for x in pathlib.Path(own_folder).iterdir()}


def default_folder():
    given = os.environ.get("CONVERTD_CORPUS")
    return pathlib.Path(given) if given else ROOT.parent / "shared" / "corpus"


def one_pass(server, cases, number, log):
    run = Run(server, cases)
    clients = [threading.Thread(target=run.work) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    log(f"  pass {number}: {run.ended['converted']} converted, {run.ended['failed']} failed "
        f"({', '.join(f'{count} {code}' for code, count in run.errors.most_common())}), "
        f"{len(run.later)} files not read yet; p50 {percentile(run.seconds, 0.5):.2f} s, "
        f"most {max(run.seconds, default=0):.1f} s")
    return run.complaints


def side_effects(server, first_zygote, children, before, after):
    """What the files did to anything but themselves."""
    found = list(children.complaints)
    if server.process.poll() is not None:
        found.append(f"the server ended with {server.process.returncode}")
    elif zygote(server.process.pid) != first_zygote:
        found.append("the zygote was restarted")
    found += [f"left behind: {path}" for path in sorted(after - before)]
    return found


def controls(folder, log):
    """Everything that can go wrong, on a few files: each must be noticed."""
    cases = [x for x in cases_of(folder) if SETS.search(x.name)]
    if not cases:
        log("corpus: no controls, the folder has no picture in several orientations")
        return True
    plants = {
        "pictures that are not turned": {"environment": {"CONVERTD_FAULT": "ignore-orientation"}},
        "a file left behind": {"harm": leave_a_file},
        "a zygote that died": {"harm": lambda server, _: kill_all([zygote(server.process.pid)])},
    }
    missed = [name for name, plant in plants.items() if not look(cases, 1, lambda _: None, **plant)]
    for name in missed:
        log(f"  corpus control: {name} went unnoticed")
    log(f"corpus: {len(plants) - len(missed)} of {len(plants)} controls noticed")
    return not missed


def leave_a_file(_, temporary):
    pathlib.Path(temporary, "magick-left").touch()


def run(folder=None, passes=PASSES, log=print):
    folder = pathlib.Path(folder) if folder else default_folder()
    if not (folder / "MANIFEST.tsv").is_file():
        log(f"corpus: skipped, there is no corpus at {folder} (give a folder, or CONVERTD_CORPUS)")
        return True
    cases = cases_of(folder)
    log(f"corpus: {len(cases)} files of {folder}, to {' and '.join(TARGETS)}, {passes} times")
    complaints = look(cases, passes, log)
    for line in dict.fromkeys(complaints):
        log(f"  {line}")
    log(f"corpus: {len(set(complaints))} violations{'' if not complaints else ' — DOES NOT HOLD'}")
    return not complaints and controls(folder, log)


def look(cases, passes, log, environment=None, harm=None):
    """All violations of so many passes. `harm` is done to the server before the last one ends."""
    complaints = []
    with tempfile.TemporaryDirectory(prefix="convertd-corpus-") as temporary, \
            Server("--log-level", "warn", "--codec-processes", str(CLIENTS),
                   environment={"TMPDIR": temporary, **(environment or {})}) as server:
        before, first_zygote = strays(temporary), zygote(server.process.pid)
        memory = MemoryWatch(server.process.pid)
        with ChildWatch(first_zygote, memory) as children:
            for number in range(1, passes + 1):
                complaints += one_pass(server, cases, number, log)
        if harm:
            harm(server, temporary)
            server.wait_for(server.submit([("a.png", cases[0].content)]))
        complaints += side_effects(server, first_zygote, children, before, strays(temporary))
        if server.stop() != 0:
            complaints.append("the server did not stop cleanly")
    log(f"corpus: children looked at {children.looks} times, at most {children.most_mib:.0f} MiB of a limit of "
        f"{children.limit_mib:.0f} MiB; server at most {memory.most:.1f} MiB")
    return complaints
