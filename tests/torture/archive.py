"""The archive of a job of 10,000 files: constant memory, the same after a kill -9, and whole for
Info-ZIP, Python and 7-Zip."""

import hashlib
import http.client
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import zipfile

from server import Server
from torture.machine import MemoryWatch
from torture.pictures import noise_png
from torture.uploads import FIELDS, file_head, post_pieces

FILES = 10_000
BROKEN_EVERY = 1000
GROWTH_MIB_MAX = 8
FORM = FIELDS + b'--MARK\r\nContent-Disposition: form-data; name="createArchive"\r\n\r\ntrue\r\n'


def make_job(running, files):
    """A job whose outputs are in the store, but for every 200th."""
    small, large = noise_png(1, 16, 16), noise_png(2, 500, 400)
    parts = []
    for i in range(files):
        content = b"no image" if i % BROKEN_EVERY == 7 else large if i % 200 == 0 else small
        parts.append(file_head(f"{i}.png") + content + b"\r\n")
    status, body = post_pieces(running, FORM, parts, sum(map(len, parts)), b"--MARK--\r\n")
    if status != 200:
        raise AssertionError(f"the upload was refused: {body!r}")
    job = json.loads(body)["jobId"]
    while (found := running.get(f"/api/jobs/{job}?wait=60&resultsLimit=1").json())["status"] == "processing":
        pass
    return found


def fetch(running, url, to, first=0):
    """Writes the archive from a byte on; gives its SHA-256 and how many bytes came."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    path = url[url.index("/api/"):]
    connection.request("GET", path, headers={"Range": f"bytes={first}-"} if first else {})
    answer = connection.getresponse()
    if answer.status != (206 if first else 200):
        raise AssertionError(f"{answer.status} for the archive")
    digest, size = hashlib.sha256(), 0
    with open(to, "wb") as out:
        while piece := answer.read(65536):
            digest.update(piece)
            out.write(piece)
            size += len(piece)
    connection.close()
    return digest.hexdigest(), size


def seven_zip():
    return next((found for x in ("7z", "7zz") if (found := shutil.which(x))), None)


def opened_by(path, members):
    """The readers that find the archive whole, and with so many members."""
    good = []
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is None and len(set(archive.namelist())) == members:
            good.append("python")
    if subprocess.run(["unzip", "-tqq", path], capture_output=True, check=False).returncode == 0:
        good.append("unzip")
    if seven_zip():
        done = subprocess.run([seven_zip(), "t", path], capture_output=True, text=True, check=False)
        if done.returncode == 0 and "Everything is Ok" in done.stdout and f"Files: {members}" in done.stdout:
            good.append("7z")
    return good


def run(log=print):
    if not seven_zip():
        log("archive: 7-Zip is not installed; scripts/packages test")
        return False
    with tempfile.TemporaryDirectory() as folder, Server("--log-level", "warn") as running:
        path = pathlib.Path(folder) / "a.zip"
        small = make_job(running, FILES // 10)
        job = make_job(running, FILES)
        growth = []
        for each in (small, job):
            watch = MemoryWatch(running.process.pid)
            before = watch.look()
            begin = time.monotonic()
            with watch:
                digest, size = fetch(running, each["archive"]["downloadUrl"], path)
            seconds = time.monotonic() - begin
            growth.append(max(0.0, watch.most - before))
        good = opened_by(path, job["completedFiles"] + 1)
        running.kill()
        running.start()
        url = running.get(f"/api/jobs/{job['jobId']}?resultsLimit=1").json()["archive"]["downloadUrl"]
        rest = pathlib.Path(folder) / "rest"
        fetch(running, url, rest, size // 3)
        same = path.read_bytes()[size // 3:] == rest.read_bytes()
        again = fetch(running, url, rest) == (digest, size)
    announced = job["archive"]["size"] == size
    holds = len(good) == 3 and same and again and announced and max(growth) < GROWTH_MIB_MAX
    log(f"archive: {job['completedFiles']} results and {job['failedFiles']} failures, {size / (1 << 20):.1f} "
        f"MiB in {seconds:.1f} s, memory +{growth[1]:.1f} MiB (+{growth[0]:.1f} for a tenth as many); "
        f"whole for {', '.join(good) or 'nobody'}; size {'as' if announced else 'NOT as'} announced, "
        f"{'the same' if same and again else 'ANOTHER'} after a kill -9{'' if holds else ' — DOES NOT HOLD'}")
    return holds
