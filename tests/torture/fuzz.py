"""Every parser of ours under libFuzzer, with address and undefined-behaviour checks.

The targets are tests/fuzz/*_fuzz.cpp, their seeds tests/fuzz/seeds/<target>/. A run leaves the seeds
as they are; with `keep` what reached new code is added to them, reduced to what is needed for it.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from server import ROOT

SOURCES = ROOT / "tests" / "fuzz"
SEED_BYTES_MAX = 2048
SEEDS_MAX = 28
ONE_INPUT_SECONDS = 10
INPUT_BYTES_MAX = 16 * 1024
MEMORY_MIB_MAX = 1024
PLANTED_SECONDS = 30


def build_folder():
    return pathlib.Path(os.environ.get("CONVERTD_FUZZ_BUILD", ROOT / "build" / "fuzz"))


def build(log):
    """False if the targets cannot be built."""
    folder = build_folder()
    for command in (["cmake", "--preset", "fuzz", "-B", str(folder)],
                    ["cmake", "--build", str(folder), "--target", "fuzz"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            log(done.stdout[-4000:] + done.stderr[-2000:])
            return False
    return True


def targets():
    return sorted(x.name.removesuffix("_fuzz.cpp") for x in SOURCES.glob("*_fuzz.cpp"))


def command(target, *more):
    # Its own path: libFuzzer runs itself once more for a merge.
    return [str(build_folder() / "tests" / "fuzz" / f"fuzz_{target}"), f"-max_len={INPUT_BYTES_MAX}",
            f"-timeout={ONE_INPUT_SECONDS}", f"-rss_limit_mb={MEMORY_MIB_MAX}", *more]


def keep_new_seeds(target, found, folder):
    """Adds what of `found` reaches code that the seeds do not."""
    merged = pathlib.Path(folder) / "merged"
    shutil.copytree(SOURCES / "seeds" / target, merged)
    before = {x.name for x in merged.iterdir()}
    subprocess.run(command(target, "-merge=1", str(merged), str(found)), capture_output=True, check=False)
    new = sorted((x for x in merged.iterdir() if x.name not in before), key=lambda x: x.stat().st_size)
    room = max(0, SEEDS_MAX - len(before))
    kept = [x for x in new if x.stat().st_size <= SEED_BYTES_MAX][:room]
    for each in kept:
        shutil.copy(each, SOURCES / "seeds" / target / each.name)
    return len(kept)


def one(target, seconds, keep, log):
    """True if nothing was found wrong."""
    seeds = SOURCES / "seeds" / target
    with tempfile.TemporaryDirectory(prefix="convertd-fuzz-") as folder:
        found = pathlib.Path(folder) / "found"
        found.mkdir()
        done = subprocess.run(
            command(target, f"-max_total_time={seconds}", "-print_final_stats=1",
                    f"-artifact_prefix={folder}/", str(found), str(seeds)),
            capture_output=True, text=True, errors="replace", check=False)
        runs = re.findall(r"stat::number_of_executed_units: (\d+)", done.stderr)
        coverage = re.findall(r"cov: (\d+) ft: (\d+)", done.stderr)
        edges, features = coverage[-1] if coverage else ("0", "0")
        log(f"  {target}: {runs[-1] if runs else 0} runs, {edges} edges, {features} features, "
            f"{len(list(seeds.iterdir()))} seeds{'' if done.returncode == 0 else ' — FAILED'}")
        if done.returncode == 0:
            if keep:
                log(f"  {target}: {keep_new_seeds(target, found, folder)} new seeds kept")
            return True
        log(done.stderr[-3000:])
        for path in pathlib.Path(folder).iterdir():
            if path.is_file():
                kept = shutil.copy(path, build_folder() / f"{target}-{path.name}")
                log(f"  {target}: the input is {kept}: {path.read_bytes()[:200]!r}")
        return False


def finds_what_was_planted(log):
    """The control: a property that does not hold must be found."""
    seeds = SOURCES / "planted_seeds"
    with tempfile.TemporaryDirectory(prefix="convertd-fuzz-") as folder:
        done = subprocess.run(command("planted", f"-max_total_time={PLANTED_SECONDS}", f"-artifact_prefix={folder}/",
                                      folder, str(seeds)), capture_output=True, check=False)
    log(f"fuzz: what was planted was {'found' if done.returncode != 0 else 'NOT found'}")
    return done.returncode != 0


def run(seconds=60, keep=False, log=print):
    log(f"fuzz: {len(targets())} targets, {seconds} s each")
    if not build(log):
        log("fuzz: the targets could not be built; clang++ 14 and libclang-rt-14-dev are needed")
        return False
    noticed = finds_what_was_planted(log)
    failed = [target for target in targets() if not one(target, seconds, keep, log)]
    log(f"fuzz: {len(targets()) - len(failed)} of {len(targets())} targets found nothing"
        f"{'' if not failed else ' — FAILED: ' + ', '.join(failed)}")
    return noticed and not failed
