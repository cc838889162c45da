"""JPEG files to a size, through the server: never above it, and most of it used."""

import os
import pathlib
import statistics

from server import Server

SHARES = (0.3, 0.5, 0.7)
USED_MIN = 0.92
BYTES_MIN = 50_000


def jpegs(folder):
    """Every JPEG file below the folder of at least 50 KB, by its first bytes."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and path.stat().st_size >= BYTES_MIN:
            with path.open("rb") as opened:
                if opened.read(3) == b"\xff\xd8\xff":
                    yield path


def compress(running, path, target):
    job = running.submit([(path.name, path.read_bytes())], jobType="compress", mode="target-size",
                         targetBytes=str(target))
    return running.wait_for(job)["results"][0]


def run(folder=None, log=print):
    folder = folder or os.environ.get("CONVERTD_CORPUS")
    if folder is None or not pathlib.Path(folder).is_dir():
        log("compress: name a folder with JPEG files")
        return False
    used, above, unreachable, failed = [], 0, 0, []
    with Server("--log-level", "warn") as running:
        for path in jpegs(folder):
            for share in SHARES:
                target = int(path.stat().st_size * share)
                result = compress(running, path, target)
                if result["status"] == "completed":
                    above += result["finalSize"] > target
                    used.append(result["finalSize"] / target)
                elif result["errorCode"] == "target_unreachable":
                    unreachable += 1
                    above += int(result["detail"]) <= target
                else:
                    failed.append((path.name, result["errorCode"]))
    if not used:
        log(f"compress: no JPEG file of {folder} was compressed; failed: {failed}")
        return False
    mean = statistics.mean(used)
    holds = above == 0 and mean >= USED_MIN
    log(f"compress: {len(used)} results, {above} above their target, {mean:.1%} of it used on the mean "
        f"({min(used):.1%} the least), {unreachable} unreachable, failed: {failed or 0}"
        f"{'' if holds else ' — DOES NOT HOLD'}")
    return holds
