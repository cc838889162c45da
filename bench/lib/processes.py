"""What a side's processes cost: processor time and memory of a process and all below it."""

import os
import threading

TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_BETWEEN_LOOKS = 0.1


def _stat(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


def family(roots):
    """These processes and their descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents.setdefault(int(_stat(name)[1]), []).append(int(name))
            except OSError:
                pass  # it has ended
    found = list(roots)
    for pid in found:
        found += parents.get(pid, [])
    return found


def cpu_seconds(roots):
    """Of all of them, and of those that have ended and were waited for."""
    ticks = 0
    for pid in family(roots):
        try:
            ticks += sum(int(x) for x in _stat(pid)[11:15])
        except OSError:
            pass
    return ticks / TICKS


def cpu_by_program(roots):
    """The same for each name of a program."""
    found = {}
    for pid in family(roots):
        try:
            with open(f"/proc/{pid}/comm") as file:
                name = file.read().strip()
            found[name] = found.get(name, 0) + sum(int(x) for x in _stat(pid)[11:15]) / TICKS
        except OSError:
            pass
    return found


def private_memory(roots):
    """Bytes that are no pages of files: what a store that is mapped keeps in the page cache is not in it."""
    return _sum_of(roots, "Anonymous:")


def memory(roots):
    """Bytes; what several processes share counts once."""
    return _sum_of(roots, "Pss:")


def _sum_of(roots, name):
    total = 0
    for pid in family(roots):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(name))
        except OSError:
            pass
    return total * 1024


class PeakMemory:
    """The most that a family had while the context lasted."""

    def __init__(self, roots):
        self.roots = roots
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            self.bytes = max(self.bytes, memory(self.roots))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
