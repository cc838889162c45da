"""One row: both sides in alternation on the same images and processors."""

import dataclasses
import statistics
import time

import load
import processes
import quality
import rows
import sides


@dataclasses.dataclass
class Round:
    speed: float   # images a second
    cpu: float     # seconds for an image
    memory: int    # bytes at the peak, of all processes


def bodies_of(row, paths):
    fields = {**row.fields, "stripMetadata": "true", "saveToStorage": "true"}
    return [load.form(fields, path.name, path.read_bytes()) for path in paths]


def one_round(side, bodies, jobs):
    side.client.run(bodies, min(jobs, len(bodies)), rows.IN_FLIGHT)  # warm
    before, start = processes.cpu_seconds(side.roots), time.monotonic()
    with processes.PeakMemory(side.roots) as peak:
        side.client.run(bodies, jobs, rows.IN_FLIGHT)
        seconds = time.monotonic() - start
    cpu = processes.cpu_seconds(side.roots) - before
    return Round(jobs / seconds, cpu / jobs, peak.bytes)


def best_concurrency(folder, bodies, jobs):
    """Of the rival: how many images at a time it does best with."""
    def speed(concurrency):
        with sides.Rival(folder, concurrency) as side:
            return one_round(side, bodies, jobs).speed
    return max(sides.RIVAL_CONCURRENCY, key=speed)


def results_of(side, paths, bodies):
    """Mean bytes, PSNR and SSIM of what comes of each image."""
    found = []
    for path, body in zip(paths, bodies):
        state = side.client.run_job(side.client.connect(), *body)
        content = side.client.fetch(state["results"][0]["downloadUrl"])
        found.append((len(content), *quality.compare(path, content)))
    return {name: statistics.fmean(values) for name, values in zip(("bytes", "psnr", "ssim"), zip(*found))}


def _summary(rounds):
    return {name: statistics.median(getattr(x, name) for x in rounds) for name in ("speed", "cpu", "memory")}


def measure(row, paths, count, jobs, folder, say):
    """Runs a row; the rounds of both sides, their medians, and the ratios of each pair of rounds."""
    bodies = bodies_of(row, paths)
    concurrency = best_concurrency(folder, bodies, max(8, jobs // 2))
    say(f"{row.name}: the rival does best with {concurrency} at a time")
    makers = {"ours": sides.Ours, "rival": lambda: sides.Rival(folder, concurrency)}
    rounds, results = {"ours": [], "rival": []}, {}
    for number in range(count):
        order = list(makers) if number % 2 == 0 else list(reversed(makers))
        for name in order:
            with makers[name]() as side:
                rounds[name].append(one_round(side, bodies, jobs))
                if name not in results:
                    results[name] = results_of(side, paths, bodies)
        say(f"{row.name}: round {number + 1}: {rounds['ours'][-1].speed:.1f} and "
            f"{rounds['rival'][-1].speed:.1f} images/s")
    ratios = {name: sorted(getattr(a, name) / getattr(b, name)
                           for a, b in zip(rounds["ours"], rounds["rival"]))
              for name in ("speed", "cpu", "memory")}
    return {"row": row.name, "title": row.title, "images": [x.name for x in paths], "jobs": jobs,
            "rival_concurrency": concurrency,
            "ours": {**_summary(rounds["ours"]), **results["ours"]},
            "rival": {**_summary(rounds["rival"]), **results["rival"]},
            "ratios": ratios}
