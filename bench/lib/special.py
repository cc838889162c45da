"""Rows of the server rather than of images: creates, polls, overhead, processes. Each takes (row, run) and gives
figures; `run` has the images, the rival's folder, the number of rounds and whether they are short."""

import json
import statistics
import subprocess
import tempfile

import figures
import load
import measure
import processes
import rows
import sides

FILES_OF_BARE_UPLOAD = 2  # of each connection


def alternate(makers, count, once, say):
    """{side: results of its rounds} of once(side)."""
    found = {name: [] for name in makers}
    for number in range(count):
        for name in list(makers) if number % 2 == 0 else list(reversed(makers)):
            with makers[name]() as side:
                found[name].append(once(side))
            say(f"round {number + 1}: {name}: {found[name][-1]}")
    return found


def creates(row, run):
    """Ours converts meanwhile. The rival only takes jobs in, which is faster than if it did both."""
    forms = [load.form({**rows.WEBP, "saveToStorage": "true"}, x.name, x.read_bytes()) for x in run.images["tiny"]]
    seconds = 3 if run.quick else 6
    idle = sides.Setup(concurrency=0, durable=True)
    with load.Bodies(forms) as bodies:
        def once(side):
            side.client.creates(measure.CLIENT, bodies.files, 1, rows.IN_FLIGHT)  # warm
            done = side.client.creates(measure.CLIENT, bodies.files, seconds, rows.IN_FLIGHT)
            return done["creates"] / done["seconds"], done["create_p99_ms"]

        found = alternate({"ours": sides.Ours, "rival": lambda: sides.Rival(run.folder, idle)}, run.rounds, once,
                          run.say)
    speeds, rival = ([x[0] for x in found[name]] for name in ("ours", "rival"))
    return [figures.figure("creates/s", speeds, row.goals["creates/s"], rival=statistics.median(rival)),
            figures.figure("p99 ms", [x[1] for x in found["ours"]], row.goals["p99 ms"],
                           rival=statistics.median(x[1] for x in found["rival"])),
            figures.of_both("creates ÷ the rival's", speeds, rival, None)]


def polls(row, run):
    form = load.form({**rows.WEBP, "saveToStorage": "true"}, "a.png", run.images["tiny"][0].read_bytes())
    seconds = 3 if run.quick else 6
    connections = {"polls/s at 64": 64, "polls/s at 1,000": 1000}

    def once(side):
        job = side.client.run_job(side.client.connect(), *form)["jobId"]
        return {name: side.client.polls([f"/api/jobs/{job}"], seconds, count) for name, count in connections.items()}

    found = alternate({"ours": lambda: sides.Ours(*sides.CONNECTIONS_OF_ONE_CLIENT),
                       "rival": lambda: sides.Rival(run.folder)}, run.rounds, once, run.say)
    out = []
    for name in connections:
        speeds, rival = ([x[name] for x in found[side]] for side in ("ours", "rival"))
        out.append(figures.figure(name, speeds, row.goals[name], rival=statistics.median(rival)))
        out.append(figures.of_both(f"{name} ÷ the rival's", speeds, rival, None))
    return out


def start_engines(run, row, paths, seconds):
    """The engine alone, in as many processes as the server has codecs."""
    settings = {"format": row.fields["format"], "quality": row.fields["compression"], "strip": "true"}
    if "resizeWidth" in row.fields:
        settings["width"] = row.fields["resizeWidth"]
    words = [sides.PROGRAMS / "bench_engine", str(seconds), *(f"{a}={b}" for a, b in settings.items()), *paths]
    return [subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True)
            for _ in range(run.processors)]


def end_of(engines):
    """Processor seconds for an image."""
    return statistics.fmean(json.loads(x.communicate()[0])["cpu"] for x in engines)


def bare_upload(size):
    """Milliseconds for a megabyte of a server that does nothing else; files of `size` bytes."""
    folder = tempfile.mkdtemp(prefix="convertd-bench-", dir=sides.BUILD)
    try:
        words = [sides.PROGRAMS / "bench_bare_upload", folder, int(size), rows.IN_FLIGHT, FILES_OF_BARE_UPLOAD]
        said = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, check=True).stdout
        return json.loads(said)["ms_per_megabyte"]
    finally:
        sides.remove(folder)


def _overhead_of(work, run):
    """(codec ÷ engine, server milliseconds for an uploaded megabyte, those of a bare server) of each round. As many
    jobs as are in flight come first: until then each page that an upload takes is new to a virtual machine."""
    paths = run.images[work.kind]
    size = statistics.fmean(x.stat().st_size for x in paths)
    jobs = work.quick_jobs if run.quick else work.jobs
    jobs -= jobs % len(paths)
    found = []
    with load.Bodies(measure.forms_of(work, paths)) as bodies:
        for number in range(run.rounds):
            with sides.Ours() as side:
                side.client.jobs(measure.CLIENT, bodies.files, rows.IN_FLIGHT, rows.IN_FLIGHT)
                before = processes.cpu_by_program(side.roots)
                side.client.jobs(measure.CLIENT, bodies.files, jobs, rows.IN_FLIGHT)
                after = processes.cpu_by_program(side.roots)
            codec, server = ((after[x] - before.get(x, 0)) / jobs for x in ("convertd-codec", "convertd"))
            engines = start_engines(run, work, paths, 4 if run.quick else 8)
            try:
                bare = bare_upload(size)  # beside the engines, as the server works beside its codecs
            finally:
                engine = end_of(engines)
            found.append((codec / engine, 1e9 * server / size, bare))
            run.say(f"round {number + 1}: {work.name}: codec {1000 * codec:.1f} ms, engine {1000 * engine:.1f} ms, "
                    f"server {found[-1][1]:.2f} ms/MB, a bare one {bare:.2f}")
    return found


def overhead(row, run):
    with sides.removed_at_the_end():
        small, large = (_overhead_of(x, run) for x in rows.chosen(["jpeg-1600", "webp-3mp"]))
    name_small, name_large, name_server = row.goals
    return [figures.figure(name_small, [x[0] for x in small], row.goals[name_small]),
            figures.figure(name_large, [x[0] for x in large], row.goals[name_large]),
            figures.figure(name_server, [x[1] for x in small], row.goals[name_server],
                           rival=statistics.median(x[2] for x in small)),
            figures.of_both("server ÷ a bare one", [x[1] for x in small], [x[2] for x in small], None)]


def processes_row(row, run):
    work = rows.chosen(["jpeg-1600"])[0]
    jobs = work.quick_jobs if run.quick else work.jobs
    with load.Bodies(measure.forms_of(work, run.images[work.kind])) as bodies:
        makers = {count: (lambda count=count: sides.Ours("--codec-processes", str(count))) for count in (4, 2)}
        found = alternate(makers, run.rounds, lambda side: measure.one_round(side, bodies, jobs).speed, run.say)
    return [figures.of_both("images/s", found[4], found[2], row.goals["images/s"])]
