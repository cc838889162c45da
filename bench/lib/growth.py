"""What a server does that has had a million jobs, and what a file costs in a job of 100,000."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import figures
import load
import measure
import pictures
import processes
import rows
import sides

FILES_OF_LARGE, FILES_OF_SMALL = 100_000, 100
PATHS_MAX = 1000


class Store:
    """A data directory with so many jobs that have ended. A context manager."""

    def __init__(self, jobs):
        self.jobs = jobs

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="convertd-bench-store-", dir=sides.BUILD))
        self.data = self.folder / "data"
        sides.new_key(self.data)
        subprocess.run([sides.PROGRAMS / "bench_fill_store", self.data, "default", str(self.jobs)], check=True)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def _listed(client, offset, limit=100):
    return json.loads(client.ask(client.connect(), "GET", f"/api/jobs?limit={limit}&offset={offset}"))


def _some_jobs(client):
    """Of all ages."""
    total = _listed(client, 0)["pagination"]["total"]
    steps = max(1, min(10, total // 100))
    return [x["jobId"] for i in range(steps) for x in _listed(client, i * total // steps)["jobs"]][:PATHS_MAX]


def growth(row, run):
    few, many = 1_000, 100_000 if run.quick else 1_000_000
    seconds = 3 if run.quick else 6
    form = load.form({**rows.WEBP, "saveToStorage": "true"}, "a.png", run.images["tiny"][0].read_bytes())
    found = {"many": [], "few": []}
    with Store(few) as small, Store(many) as large, load.Bodies([form]) as bodies:
        for number in range(run.rounds):
            for name, store in (("many", large), ("few", small)) if number % 2 == 0 else (("few", small),
                                                                                       ("many", large)):
                with sides.Ours(*sides.CONNECTIONS_OF_ONE_CLIENT, data=store.data) as side:
                    client = side.client
                    paths = [f"/api/jobs/{x}" for x in _some_jobs(client)]
                    polls = client.polls(paths, seconds, 64)
                    lists = client.polls(["/api/jobs", "/api/jobs?offset=500"], seconds, 64)
                    done = client.creates(measure.CLIENT, bodies.files, seconds, 64)
                    found[name].append({"creates": done["creates"] / done["seconds"], "polls": polls,
                                        "lists": lists, "memory": processes.private_memory(side.roots),
                                        "memory with what is mapped": processes.memory(side.roots)})
                run.say(f"round {number + 1}: {name}: {found[name][-1]}")
    return [figures.of_both(x, [y[x] for y in found["many"]], [y[x] for y in found["few"]], row.goals.get(x))
            for x in found["many"][0]]


def _large_round(side, body, kind, jobs, files):
    """(files a second, processor seconds for a file) of jobs of so many files, one after the other."""
    before, start = processes.cpu_seconds(side.roots), time.monotonic()
    connection = side.client.connect()
    for _ in range(jobs):
        job = json.loads(side.client.ask(connection, "POST", "/api/jobs", body, {"Content-Type": kind}))["jobId"]
        state = {"status": ""}
        while state["status"] not in ("completed", "failed"):
            state = json.loads(side.client.ask(connection, "GET", f"/api/jobs/{job}?wait=60&resultsLimit=1"))
        if state["completedFiles"] != files:
            raise RuntimeError(f"a job of {files} files: {str(state)[:500]}")
    seconds, cpu = time.monotonic() - start, processes.cpu_seconds(side.roots) - before
    return jobs * files / seconds, cpu / (jobs * files)


def large_job(row, run):
    """The same number of files both ways, and the same bytes; jobs of 100 come one after the other."""
    content = pictures.dot()
    large = FILES_OF_LARGE // 10 if run.quick else FILES_OF_LARGE
    found = {"large": [], "small": []}
    sizes = {"large": (large, 1), "small": (FILES_OF_SMALL, large // FILES_OF_SMALL)}
    for number in range(1 if run.quick else min(run.rounds, 3)):
        for name in ("large", "small") if number % 2 == 0 else ("small", "large"):
            files, jobs = sizes[name]
            body, kind = load.form({**rows.WEBP, "saveToStorage": "true"}, "a.png", [content] * files)
            with sides.Ours() as side:
                found[name].append(_large_round(side, body, kind, jobs, files))
            run.say(f"round {number + 1}: {name}: {found[name][-1][0]:.0f} files/s, "
                    f"{1000 * found[name][-1][1]:.2f} ms a file")
    return [figures.of_both(name, [x[i] for x in found["large"]], [x[i] for x in found["small"]], row.goals[name])
            for i, name in enumerate(("files/s", "cpu"))]
