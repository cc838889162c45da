"""The table, and what of it misses a goal."""

import os
import platform
import statistics
import subprocess

import rows

NO_WORSE = 0.02  # quality and bytes may be worse than the rival's by so much


def median(ratios):
    return statistics.median(ratios)


def misses(found):
    """Sentences, one for each goal of a row that is not met."""
    row = rows.chosen([found["row"]])[0]
    out = []
    speed, cpu, memory = (median(found["ratios"][x]) for x in ("speed", "cpu", "memory"))
    if speed < row.speed:
        out.append(f"{row.name}: {speed:.2f} of the rival's speed, the goal is {row.speed}")
    if row.cpu is not None and cpu > row.cpu:
        out.append(f"{row.name}: {cpu:.2f} of the rival's processor time, the goal is {row.cpu}")
    if row.memory is not None and memory > row.memory:
        out.append(f"{row.name}: {memory:.2f} of the rival's memory, the goal is {row.memory}")
    ours, rival = found["ours"], found["rival"]
    if ours["bytes"] > rival["bytes"] * (1 + NO_WORSE):
        out.append(f"{row.name}: {ours['bytes'] / rival['bytes']:.3f} of the rival's bytes")
    for name in ("psnr", "ssim"):
        if ours[name] < rival[name] * (1 - NO_WORSE):
            out.append(f"{row.name}: {name} {ours[name]:.4f}, the rival's {rival[name]:.4f}")
    return out


def _line(found):
    row, ours, rival = rows.chosen([found["row"]])[0], found["ours"], found["rival"]
    speed, cpu, memory = (found["ratios"][x] for x in ("speed", "cpu", "memory"))
    return " | ".join((
        f"| {row.title}",
        f"{ours['speed']:.1f} / {rival['speed']:.1f}",
        f"**{median(speed):.2f}** ({speed[0]:.2f}–{speed[-1]:.2f})",
        f"{row.speed} / {row.stretch}",
        f"{ours['cpu'] * 1000:.0f} / {rival['cpu'] * 1000:.0f} ms = {median(cpu):.2f}",
        f"{ours['memory'] / 1e6:.0f} / {rival['memory'] / 1e6:.0f} MB = {median(memory):.2f}",
        f"{ours['bytes'] / 1000:.1f} / {rival['bytes'] / 1000:.1f} KB",
        f"{ours['psnr']:.2f} / {rival['psnr']:.2f}",
        f"{ours['ssim']:.4f} / {rival['ssim']:.4f}",
        f"{found['rival_concurrency']} |"))


HEAD = """\
| work | images/s, ours / rival | ratio (spread) | goal / stretch | CPU an image | peak memory | bytes | PSNR dB | SSIM | rival's concurrency |
|---|---|---|---|---|---|---|---|---|---|"""


def table(all_found):
    return "\n".join([HEAD, *map(_line, all_found)])


def _first_line(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def machine(versions):
    """What it ran on, for the table and the JSON."""
    with open("/proc/cpuinfo") as file:
        model = next((x.split(":", 1)[1].strip() for x in file if x.startswith("model name")), "unknown")
    with open("/etc/debian_version") as file:
        debian = file.read().strip()
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "debian": debian,
            "redis": _first_line("redis-server", "--version"), **versions}
