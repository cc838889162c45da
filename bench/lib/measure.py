"""One row of images: both sides in alternation on the same images and processors."""

import dataclasses
import statistics

import load
import processes
import quality
import rows
import sides

CLIENT = sides.PROGRAMS / "bench_client"
RIVAL_CONCURRENCY = (1, 2, 8)
NODE_OF_SHARP_0_35 = (20, 9)


@dataclasses.dataclass
class Round:
    speed: float   # images a second
    cpu: float     # seconds for an image
    memory: int    # bytes at the peak, of all processes


def forms_of(row, paths, more=None):
    shared = {"stripMetadata": "true", "saveToStorage": "true"}
    return [load.form({**row.fields_for(path), **shared, **(more or {})}, path.name, path.read_bytes())
            for path in paths]


def one_round(side, bodies, jobs):
    side.client.jobs(CLIENT, bodies.files, max(len(bodies.files), min(jobs // 4, 64)), rows.IN_FLIGHT)  # warm
    before = processes.cpu_seconds(side.roots)
    with processes.PeakMemory(side.roots) as peak:
        done = side.client.jobs(CLIENT, bodies.files, jobs, rows.IN_FLIGHT)
    cpu = processes.cpu_seconds(side.roots) - before
    return Round(jobs / done["seconds"], cpu / jobs, peak.bytes)


def best_setup(folder, row, bodies, jobs, say):
    """Of the rival: the version of sharp, then how many images at a time, that it does best with."""
    def speed(setup):
        with sides.Rival(folder, setup) as side:
            found = one_round(side, bodies, jobs).speed
        say(f"{row.name}: the rival with {setup.sharp}, {setup.concurrency} at a time: {found:.1f} images/s")
        return found

    found = {}
    versions = ("sharp", "sharp-0.35") if sides.node_version() >= NODE_OF_SHARP_0_35 else ("sharp",)
    for version in versions:
        setup = sides.Setup(version, 2, row.durable)
        found[setup] = speed(setup)
    faster = max(found, key=found.get).sharp
    for concurrency in RIVAL_CONCURRENCY:
        setup = sides.Setup(faster, concurrency, row.durable)
        if setup not in found:
            found[setup] = speed(setup)
    return max(found, key=found.get)


def results_of(side, paths, forms):
    """Mean bytes, PSNR and SSIM of what comes of each image."""
    found = []
    for path, form in zip(paths, forms):
        state = side.client.run_job(side.client.connect(), *form)
        content = side.client.fetch(state["results"][0]["downloadUrl"])
        found.append((len(content), *quality.compare(path, content)))
    return {name: statistics.fmean(values) for name, values in zip(("bytes", "psnr", "ssim"), zip(*found))}


def like_quality(folder, row, paths, sharp, say):
    """The quality of this version of the rival's whose results are as near to the sources as ours, by SSIM;
    never nearer than the next lower one would be."""
    with sides.Ours() as side:
        wanted = results_of(side, paths, forms_of(row, paths))["ssim"]
    found = {}
    with sides.Rival(folder, sides.Setup(sharp)) as side:
        low, high = 1, 99
        while low <= high:
            middle = (low + high) // 2
            forms = forms_of(row, paths, {"compression": str(middle)})
            found[middle] = results_of(side, paths, forms)["ssim"]
            low, high = (middle + 1, high) if found[middle] < wanted else (low, middle - 1)
    best = min(found, key=lambda x: abs(found[x] - wanted))
    say(f"{row.name}: our quality {row.fields['compression']} has SSIM {wanted:.4f}, "
        f"the rival's {best} has {found[best]:.4f}")
    return {"compression": str(best)}


def _summary(rounds):
    return {name: statistics.median(getattr(x, name) for x in rounds) for name in ("speed", "cpu", "memory")}


def measure(row, paths, count, jobs, folder, say):
    """Runs a row; the rounds of both sides, their medians, and the ratios of each pair of rounds."""
    rival_fields = dict(row.rival_fields)
    if row.like_quality:
        rival_fields |= like_quality(folder, row, paths, "sharp", say)
    with load.Bodies(forms_of(row, paths, rival_fields)) as some:
        setup = best_setup(folder, row, some, max(8, jobs // 2), say)
    if row.like_quality and setup.sharp != "sharp":  # the versions differ at the same quality
        rival_fields |= like_quality(folder, row, paths, setup.sharp, say)
    forms = {"ours": forms_of(row, paths), "rival": forms_of(row, paths, rival_fields)}
    rounds, results = {"ours": [], "rival": []}, {}
    with load.Bodies(forms["ours"]) as ours, load.Bodies(forms["rival"]) as rival:
        bodies = {"ours": ours, "rival": rival}
        makers = {"ours": sides.Ours, "rival": lambda: sides.Rival(folder, setup)}
        for number in range(count):
            for name in list(makers) if number % 2 == 0 else list(reversed(makers)):
                with makers[name]() as side:
                    rounds[name].append(one_round(side, bodies[name], jobs))
                    if name not in results:
                        results[name] = results_of(side, paths, forms[name])
            say(f"{row.name}: round {number + 1}: {rounds['ours'][-1].speed:.1f} and "
                f"{rounds['rival'][-1].speed:.1f} images/s")
    ratios = {name: sorted(getattr(a, name) / getattr(b, name)
                           for a, b in zip(rounds["ours"], rounds["rival"]))
              for name in ("speed", "cpu", "memory")}
    return {"row": row.name, "title": row.title, "images": [x.name for x in paths], "jobs": jobs,
            "rival": {**_summary(rounds["rival"]), **results["rival"]},
            "rival_setup": {**dataclasses.asdict(setup), **rival_fields},
            "ours": {**_summary(rounds["ours"]), **results["ours"]},
            "ratios": ratios}
