"""The corpus, once, against a unit that runs already: `corpus_in_unit.py FOLDER UNIT KEY`, as root.

Each line that it prints begins with `corpus`; the last one has the number of violations.
"""

import pathlib
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / each) for each in ("", "blackbox")]

from server import Server  # noqa: E402
from torture import corpus, machine  # noqa: E402

PORT = 8080


class Unit(Server):
    """What is behind the port is systemd's to start and to stop."""

    def __init__(self, name, key):
        self.name, self.port, self.key = name, PORT, key

    def pid(self):
        return int(subprocess.run(["systemctl", "show", "-P", "MainPID", self.name], capture_output=True, text=True,
                                  timeout=60, check=True).stdout)

    def log(self):
        return f"see journalctl -u {self.name}"

    def temporary_files(self):
        """In the folders that it takes for /tmp and /var/tmp: they are its own."""
        root = pathlib.Path(f"/proc/{self.pid()}/root")
        return {str(x) for folder in ("tmp", "var/tmp", "dev/shm") for x in (root / folder).iterdir()}


def look(unit, cases, log):
    pid, files = unit.pid(), unit.temporary_files()
    zygote = machine.zygote(pid)
    memory = machine.MemoryWatch(pid)
    with machine.ChildWatch(zygote, memory) as children:
        complaints = corpus.one_pass(unit, cases, 1, log)
    complaints += children.complaints
    if unit.pid() != pid:
        complaints.append("the server was restarted")
    elif machine.zygote(pid) != zygote:
        complaints.append("the zygote was restarted")
    else:
        complaints += [f"left behind: {path}" for path in sorted(unit.temporary_files() - files)]
    log(f"children at most {children.most_mib:.0f} MiB of {children.limit_mib:.0f}, server at most {memory.most:.1f} MiB")
    return complaints


def main():
    folder, name, key = sys.argv[1:]

    def log(line):
        print(f"corpus {line.strip()}", flush=True)

    cases = corpus.cases_of(pathlib.Path(folder))
    complaints = look(Unit(name, key), cases, log)
    for line in dict.fromkeys(complaints):
        log(line)
    log(f"{len(cases)} files, violations: {len(set(complaints))}")


if __name__ == "__main__":
    main()
