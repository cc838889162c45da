"""A disk, or the store's map, that is full: new work is refused, the rest goes on, and nothing is lost.

Fills a small file system (tmpfs, and ext4 in a file) from outside while clients post, fills a small map with
jobs, and stops at a high-water mark. Each time: new work is 503 storage_full, what was acknowledged can be
read, files can be erased, and work goes on by itself once there is room.
"""

import contextlib
import os
import pathlib
import subprocess
import tempfile
import time

from server import Server
from torture.pictures import noise_png

SIZE_MIB = 48
RESUMED_SECONDS_MAX = 10.0
JOBS_MAX = 3_000
CONTROL_JOBS = 400  # more than the map has room for


@contextlib.contextmanager
def mounted(kind):
    """A folder on a small file system of its own; nothing if this machine does not allow it."""
    with tempfile.TemporaryDirectory(prefix="convertd-full-") as name:
        folder = pathlib.Path(name) / "mnt"
        folder.mkdir()
        if kind == "tmpfs":
            words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=700", "tmpfs", str(folder)]
        else:
            image = pathlib.Path(name) / "image"
            with open(image, "wb") as file:
                file.truncate(SIZE_MIB << 20)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True, capture_output=True)
            words = ["mount", "-o", "loop", str(image), str(folder)]
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            yield None
            return
        try:
            folder.chmod(0o700)
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True, capture_output=True)


class Story:
    """One server whose room ends; collects what went wrong."""

    def __init__(self, running, name):
        self.running, self.name = running, name
        self.jobs, self.wrong, self.refused = [], [], 0

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(f"{self.name}: {what}")

    def post(self, seed, side=64, target="bmp"):
        answer = self.running.post_form("/api/jobs", [("format", target), ("saveToStorage", "true")],
                                        [("files", "a.png", noise_png(seed, side, side))])
        if answer.status == 200:
            self.jobs.append(answer.json()["jobId"])
            return True
        right = (answer.status == 503 and answer.json().get("code") == "storage_full"
                 and answer.headers.get("Retry-After"))
        self.expect(right, f"a refusal with {answer.status} {answer.body[:200]!r}")
        self.refused += 1
        return False

    def post_until_refused(self, side):
        for seed in range(JOBS_MAX):
            if not self.post(seed, side):
                return
        self.expect(False, f"{JOBS_MAX} jobs, and it was never full")

    def read_all(self, final):
        """Every job that was acknowledged is there; if `final`, it has ended and its result too."""
        for job in self.jobs:
            answer = self.running.get(f"/api/jobs/{job}{'?wait=20' if final else ''}")
            self.expect(answer.status == 200, f"job {job}: {answer.status}")
            found = answer.json() if answer.status == 200 else {}
            self.expect(not final or found.get("status") == "completed", f"job {job}: {found.get('status')}")
            for item in found.get("results") or []:
                self.expect("downloadUrl" in item, f"job {job}: a file failed with {item.get('errorCode')}")
                if item.get("downloadUrl"):
                    self.expect(len(self.running.fetch(item["downloadUrl"]).body) == item["finalSize"],
                                f"output of {job}")

    def erase(self, share):
        """The files of a part of the jobs that have ended."""
        ended = [x for x in self.jobs if self.running.get(f"/api/jobs/{x}").json()["status"] == "completed"]
        chosen = ended[:max(1, int(len(ended) * share))] if ended else []
        self.expect(bool(chosen), "nothing had ended that could be erased")
        for job in chosen:
            answer = self.running.request("DELETE", f"/api/jobs/{job}/files")
            self.expect(answer.status == 200, f"erasing files of {job}: {answer.status} {answer.body[:200]!r}")
            self.jobs.remove(job)

    def resume(self):
        """Seconds until new work is taken again."""
        begin = time.monotonic()
        while time.monotonic() - begin < RESUMED_SECONDS_MAX:
            if self.post(9_999):
                break
            time.sleep(0.1)
        else:
            self.expect(False, "new work is still refused")
        took = time.monotonic() - begin
        self.expect(self.running.process.poll() is None, "the server ended")
        return took


def fill(folder):
    """A file that takes all the room there is."""
    path = folder / "ballast"
    with open(path, "wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
            file.flush()
    return path


def full_disk(folder, kind):
    with Server("--disk-high-water", "100", "--log-level", "warn", "--retention", "1d", data=folder) as running:
        story = Story(running, f"full {kind}")
        for seed in range(30):
            story.post(seed, 200 if seed % 2 else 40)
        ballast = fill(folder)
        story.post_until_refused(120)
        story.read_all(False)
        story.erase(0.2)
        story.read_all(False)
        os.unlink(ballast)
        took = story.resume()
        story.read_all(True)
        story.expect(running.stop() == 0, "a stop")
    return story, took


def full_map():
    with Server("--store-map", "8MiB", "--disk-high-water", "100", "--log-level", "warn") as running:
        story = Story(running, "full map")
        for side in (100, 20, 2):  # to the last page
            story.post_until_refused(side)
        story.read_all(False)
        story.erase(0.5)
        took = story.resume()
        story.read_all(True)
        story.expect(running.stop() == 0, "a stop")
    return story, took


def control(log):
    """With the answer sent before the commit, a job that there was no room for counts as taken."""
    with Server("--store-map", "8MiB", "--disk-high-water", "100", "--log-level", "error",
                environment={"CONVERTD_FAULT": "ack-before-commit"}) as running:
        story = Story(running, "control")
        for seed in range(CONTROL_JOBS):
            story.post(seed, 100)
        story.read_all(False)
    lost = sum(": 404" in line for line in story.wrong)
    log(f"disk-full, control ack-before-commit: {len(story.jobs)} jobs acknowledged, {lost} not there: "
        + ("noticed" if lost else "not noticed"))
    return lost > 0


def high_water(folder, kind):
    """The mark comes long before the end: everything still works there."""
    with Server("--disk-high-water", "50", "--log-level", "warn", data=folder) as running:
        story = Story(running, f"high water on {kind}")
        for seed in range(30):
            story.post(seed, 120)
        story.read_all(True)
        path = folder / "ballast"
        path.write_bytes(bytes(SIZE_MIB << 19))
        story.expect(not story.post(1), "a job above the mark was taken")
        story.read_all(True)
        path.unlink()
        took = story.resume()
        story.read_all(True)
        story.expect(running.stop() == 0, "a stop")
    return story, took


def run(log=print):
    noticed = control(log)
    stories, skipped = [full_map()], []
    for kind in ("tmpfs", "ext4"):
        for story in (full_disk, high_water):
            with mounted(kind) as folder:
                if folder is None:
                    skipped.append(kind)
                else:
                    stories.append(story(folder, kind))
    wrong = [line for story, _ in stories for line in story.wrong]
    for line in wrong[:12]:
        log(f"  wrong: {line}")
    for story, took in stories:
        log(f"  {story.name}: {len(story.jobs)} jobs, {story.refused} refusals, work again after {took:.1f} s")
    log(f"disk-full: {len(stories)} disks and maps that were full, {sum(len(x.jobs) for x, _ in stories)} jobs "
        f"acknowledged: {len(wrong)} wrong; work again after at most {max(took for _, took in stories):.1f} s"
        + (f"; skipped, cannot mount: {', '.join(sorted(set(skipped)))}" if skipped else ""))
    return not wrong and noticed
