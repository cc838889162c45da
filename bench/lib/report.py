"""The tables, and what of them misses a goal."""

import os
import platform
import statistics
import subprocess

import rows

NO_WORSE = 0.02  # quality may be worse than the rival's by so much


def median(ratios):
    return statistics.median(ratios)


def _goals_of_images(row, found):
    """(what, value, goal) of each goal."""
    out = [(what, median(found["ratios"][key]), goal) for what, key, goal in (
        ("speed", "speed", row.speed), ("processor time", "cpu", row.cpu), ("memory", "memory", row.memory)) if goal]
    ours, rival = found["ours"], found["rival"]
    if row.bytes:
        out.append(("bytes", ours["bytes"] / rival["bytes"], row.bytes))
    for name in ("psnr", "ssim"):
        out.append((name, ours[name] / rival[name], rows.least(1 - NO_WORSE)))
    return out


def misses(found):
    """Sentences, one for each goal of a row that is not met."""
    row = rows.chosen([found["row"]])[0]
    if isinstance(row, rows.Row):
        return [f"{row.name}: {value:.3f} of the rival's {what}, the goal is {goal}"
                for what, value, goal in _goals_of_images(row, found) if not goal.is_met_by(value)]
    return [f"{row.name}: {x['name']} {x['value']:.4g}, the goal is {row.goals[x['name']]}"
            for x in found["figures"]
            if x["name"] in row.goals and not row.goals[x["name"]].is_met_by(x["value"])]


def _setup(found):
    setup = found["rival_setup"]
    words = [found["versions"][setup["sharp"]], f"{setup['concurrency']} at a time"]
    words += ["all synced"] if setup["durable"] else []
    words += [f"quality {setup['compression']}"] if "compression" in setup else []
    return ", ".join(words)


def _line(found):
    row, ours, rival = rows.chosen([found["row"]])[0], found["ours"], found["rival"]
    speed, cpu, memory = (found["ratios"][x] for x in ("speed", "cpu", "memory"))
    return " | ".join((
        f"| {row.title}",
        f"{ours['speed']:.1f} / {rival['speed']:.1f}",
        f"**{median(speed):.2f}** ({speed[0]:.2f}–{speed[-1]:.2f})",
        f"{row.speed}",
        f"{ours['cpu'] * 1000:.1f} / {rival['cpu'] * 1000:.1f} ms = {median(cpu):.2f}",
        f"{ours['memory'] / 1e6:.0f} / {rival['memory'] / 1e6:.0f} MB = {median(memory):.2f}",
        f"{ours['bytes'] / 1000:.1f} / {rival['bytes'] / 1000:.1f} KB",
        f"{ours['psnr']:.2f} / {rival['psnr']:.2f}",
        f"{ours['ssim']:.4f} / {rival['ssim']:.4f}",
        f"{_setup(found)} |"))


HEAD = """\
| work | images/s, ours / rival | ratio (spread) | goal / stretch | CPU an image | peak memory | bytes | PSNR dB | SSIM | the rival's setup |
|---|---|---|---|---|---|---|---|---|---|"""

FIGURES_HEAD = """\
| work | figure | median (spread) | goal / stretch | of / to |
|---|---|---|---|---|"""


def _number(x):
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.1f}" if abs(x) >= 20 else f"{x:.3g}"


def _figure_lines(found):
    row = rows.chosen([found["row"]])[0]
    for x in found["figures"]:
        goal = row.goals.get(x["name"], "–")
        of = _number(x["ours"]) + " / " if x["ours"] is not None else "the rival's: " if x["rival"] is not None else ""
        of += _number(x["rival"]) if x["rival"] is not None else ""
        yield (f"| {row.title} | {x['name']} | **{_number(x['value'])}** ({_number(x['low'])}–{_number(x['high'])}) "
               f"| {goal} | {of} |")


def tables(all_found):
    images = [x for x in all_found if "ratios" in x]
    others = [x for x in all_found if "figures" in x]
    out = ["\n".join([HEAD, *map(_line, images)])] if images else []
    if others:
        out.append("\n".join([FIGURES_HEAD, *(line for x in others for line in _figure_lines(x))]))
    return "\n\n".join(out)


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
