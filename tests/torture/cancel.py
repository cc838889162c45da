"""DELETE ?force=true: the codec process is gone and its processor free within 100 ms, whatever it does."""

import pathlib
import time

from server import Server
from torture.machine import forked, percentile, zygote
from torture.pictures import fault, noise_png

GONE_SECONDS_MAX = 0.1
NEXT_SECONDS_MAX = 5.0


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def once(running, key, content):
    """Seconds from the request until a process is gone; and that what comes next is converted."""
    job = running.post_form("/api/jobs", [("format", "avif"), ("saveToStorage", "true")],
                            [("files", "good.png", noise_png(1, 8, 8)), ("files", "bad", content)],
                            key=key).json()["jobId"]
    while running.get(f"/api/jobs/{job}", key=key).json()["completedFiles"] == 0:
        time.sleep(0.005)
    time.sleep(0.1)
    living = forked(zygote(running.process.pid))  # one of them is at the bad file, the others wait for one
    begin = time.monotonic()
    answer = running.request("DELETE", f"/api/jobs/{job}?force=true", key=key)
    while all(is_alive(x) for x in living):
        if time.monotonic() - begin > 5:
            break
        time.sleep(0.001)
    gone = time.monotonic() - begin
    found = running.get(f"/api/jobs/{job}", key=key).json()
    stays = [x["status"] for x in found["results"]] == ["completed", "failed"]
    begin = time.monotonic()
    running.wait_for(running.submit([("next.png", noise_png(2, 8, 8))]))
    return gone, answer.status == 200 and stays, time.monotonic() - begin


def run(rounds=20, log=print):
    """Each round with an account of its own, so with fresh processes."""
    contents = {"spin": fault("spin"), "hang-probe": fault("hang-probe"), "a large avif": noise_png(3, 3000, 2000)}
    took, wrong, slow_next = [], [], 0.0
    with Server("--log-level", "warn", "--codec-processes", "1") as running:
        keys = [running.make_key("--account", f"a{i}") for i in range(2)]
        for i in range(rounds):
            for name, content in contents.items():
                gone, right, following = once(running, keys[i % 2], content)
                took.append(gone)
                slow_next = max(slow_next, following)
                if not right:
                    wrong.append(name)
    holds = not wrong and max(took) <= GONE_SECONDS_MAX and slow_next < NEXT_SECONDS_MAX
    log(f"cancel: {len(took)} jobs at work were stopped; process gone after {percentile(took, 0.5) * 1000:.0f} "
        f"ms (p50), {max(took) * 1000:.0f} ms at most; {len(wrong)} wrong {sorted(set(wrong))}; the next job took "
        f"{slow_next:.2f} s at most{'' if holds else ' — DOES NOT HOLD'}")
    return holds
