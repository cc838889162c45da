"""The package in a root that is booted by systemd: given the corpus, killed, aborted, stopped, restarted."""

import pathlib
import re
import shutil
import subprocess

from torture import corpus
from torture.roots import ROOT

WATCHDOG_SECONDS = 3
ROUNDS = 7  # of each signal
RESTARTS = 5
BOOT_SECONDS_MAX = 3600

# In the root, as a unit; the last thing that it does is to switch the machine off.
INSIDE = f"""#!/bin/bash
exec >/root/result 2>&1
export CONVERTD_SERVER=http://127.0.0.1:8080
systemctl start convertd   # as it is shipped
export CONVERTD_KEY=$(runuser -u convertd -- convertd keys create --label first 2>/dev/null)
if [ -d /root/corpus ]; then
  python3 /root/tests/torture/corpus_in_unit.py /root/corpus convertd.service "$CONVERTD_KEY"
fi
mkdir -p /etc/systemd/system/convertd.service.d
printf '[Service]\\nWatchdogSec={WATCHDOG_SECONDS}s\\n' >/etc/systemd/system/convertd.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart convertd
echo "state $(systemctl is-active convertd) $(systemctl show -P StatusText convertd)"
/usr/lib/convertd/convertd-codec samples /tmp
convertd convert /tmp/photo.jpg /tmp/logo.png --to webp --out /tmp 2>/dev/null | sed 's/^/converted /'
echo "lock $(journalctl -u convertd -o cat | grep -c 'forbidden acts tried, all refused')"
echo "priorities $(journalctl -u convertd -p warning -o cat | grep -c '^request ')"
echo "score $(systemd-analyze security convertd.service | grep -o 'convertd.service: [0-9.]*')"
for round in $(seq {ROUNDS}); do
  for signal in KILL ABRT STOP; do
    before=$(systemctl show -P MainPID convertd)
    begun=$(date +%s%N)
    kill -$signal "$before"
    while now=$(systemctl show -P MainPID convertd)
          [ "$now" = 0 ] || [ "$now" = "$before" ] || [ "$(systemctl is-active convertd)" != active ]; do
      sleep 0.02
    done
    echo "back $signal $(( ($(date +%s%N) - begun) / 1000000 ))"
  done
done
systemctl stop convertd
systemctl enable --now convertd.socket
systemctl start convertd
for client in 1 2 3; do
  while [ ! -e /tmp/over ]; do
    convertd jobs list >/dev/null 2>>/tmp/said && echo asked
  done >>/tmp/asked &
done
for restart in $(seq {RESTARTS}); do
  systemctl restart convertd
  sleep 1
done
touch /tmp/over
wait
echo "asked $(wc -l </tmp/asked)"
echo "refused $(grep -ci 'could not establish\\|refused' /tmp/said)"
journalctl -u convertd -o short-precise >/root/journal
echo end
systemctl poweroff
"""

UNIT = """[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/root/inside
[Install]
WantedBy=default.target
"""

# Where the machine itself was not booted by systemd, its cgroups are not where nspawn looks for them;
# and the systemd of Debian 13 knows the second version of them only.
ENTER = """set -e
if [ ! -d /run/systemd/system ]; then
  mount -t tmpfs none /run
  mkdir -p /run/systemd/system
  mount -t cgroup2 none /sys/fs/cgroup
fi
# Landlock is in none of the groups that nspawn of systemd 252 allows.
exec systemd-nspawn --quiet -D "$0" --register=no --keep-unit --private-network --machine=convertd-test \\
  --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self" \\
  --boot --console=read-only -- systemd.unit=multi-user.target
"""


def bring_corpus(root, folder):
    """The images, and what sends them."""
    root.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3")
    shutil.copytree(folder, root.folder / "root/corpus", dirs_exist_ok=True)
    for name in ("blackbox", "torture"):
        shutil.copytree(ROOT / "tests" / name, root.folder / "root/tests" / name, dirs_exist_ok=True)


def prepare(root):
    root.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "systemd", "systemd-sysv", "dbus")
    inside = root.folder / "root/inside"
    inside.write_text(INSIDE)
    inside.chmod(0o755)
    (root.folder / "etc/systemd/system/inside.service").write_text(UNIT)
    wants = root.folder / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "inside.service").symlink_to("/etc/systemd/system/inside.service")
    (root.folder / "etc/machine-id").write_text("")


def boot(root):
    """What was written inside; nothing if it could not be booted."""
    try:
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, str(root.folder)],
                              capture_output=True, text=True, timeout=BOOT_SECONDS_MAX, check=False, stdin=subprocess.DEVNULL)
        said = done.stdout[-1500:] + done.stderr[-1500:]
    except subprocess.TimeoutExpired:
        said = "it did not end in time"
    result = root.folder / "root/result"
    return (result.read_text() if result.exists() else ""), said


def figure(text, name):
    """The number in the line that begins so; -1 if there is none."""
    found = re.search(rf"^{name} (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else -1


def report_returns(text, log):
    """Whether it was back in time after every signal."""
    back = [(signal, int(ms)) for signal, ms in re.findall(r"^back (\w+) (\d+)$", text, re.MULTILINE)]
    most = WATCHDOG_SECONDS * 1000 + 1000
    in_time = sum(ms <= most for _, ms in back)
    for signal in ("KILL", "ABRT", "STOP"):
        times = [ms for name, ms in back if name == signal]
        log(f"booted: {signal}: back after {min(times, default=0)} to {max(times, default=0)} ms, {len(times)} times")
    log(f"booted: {in_time} of {len(back)} back within {most} ms")
    return in_time == len(back) == 3 * ROUNDS


def report_corpus(text, log):
    for line in re.findall(r"^corpus (.+)$", text, re.MULTILINE):
        log(f"booted: corpus: {line}")
    return bool(re.search(r"^corpus \d+ files, violations: 0$", text, re.MULTILINE))


def report(text, with_corpus, log):
    """Whether what was seen inside is right."""
    converted = len(re.findall(r"^converted /tmp/\w+\.webp$", text, re.MULTILINE))
    score = re.search(r"^score convertd.service: ([\d.]+)$", text, re.MULTILINE)
    returns = report_returns(text, log)
    log(f"booted: {converted} of 2 pictures converted; exposure {score[1] if score else '?'}; "
        f"{figure(text, 'refused')} refused of {figure(text, 'asked')} over {RESTARTS} restarts")
    return (returns and (report_corpus(text, log) if with_corpus else True)
            and "\nstate active" in "\n" + text and converted == 2
            and figure(text, "lock") >= 1 and figure(text, "priorities") == 0
            and score and float(score[1]) <= 1.5
            and figure(text, "refused") == 0 and figure(text, "asked") > RESTARTS and text.rstrip().endswith("end"))


def run(root, package, corpus_folder, log):
    if not shutil.which("systemd-nspawn"):
        log("booted: skipped: systemd-nspawn is not there; it is in the Debian package systemd-container")
        return True
    images = pathlib.Path(corpus_folder or corpus.default_folder())
    with_corpus = (images / "MANIFEST.tsv").is_file()
    prepare(root)
    if with_corpus:
        bring_corpus(root, images)
    else:
        log(f"booted: without a corpus, there is none at {images}")
    root.install(package)
    text, said = boot(root)
    holds = bool(report(text, with_corpus, log))
    if not holds:
        journal = root.folder / "root/journal"
        log(f"booted: the journal ends:\n{journal.read_text()[-6000:] if journal.exists() else ''}")
        log(f"booted: inside was seen:\n{text[-3000:]}\nbooted: and nspawn said: {said}")
    return holds
