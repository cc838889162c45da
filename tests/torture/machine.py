"""What the kernel says about the server: memory, threads, children."""

import os
import pathlib
import signal


def memory_mib(pid):
    """RssAnon + RssShmem: what is the server's own; the store's map is page cache."""
    total = 0
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(("RssAnon:", "RssShmem:")):
            total += int(line.split()[1])
    return total / 1024


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def children(pid):
    """The processes below `pid`, nearest first."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        for child in parents.get(todo.pop(0), []):
            found.append(child)
            todo.append(child)
    return found


def zygote(pid):
    """The codec program that the server started; its children are the decoders."""
    direct = [x for x in children(pid) if x in _direct(pid)]
    return direct[0] if direct else None


def _direct(pid):
    listed = set()
    for task in os.listdir(f"/proc/{pid}/task"):
        text = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
        listed.update(int(x) for x in text.split())
    return listed


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def percentile(values, share):
    """The value below which `share` of the values lie; 0 if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class MemoryWatch:
    """Remembers the most memory a process was seen with."""

    def __init__(self, pid):
        self.pid = pid
        self.most = 0.0

    def look(self):
        try:
            self.most = max(self.most, memory_mib(self.pid))
        except OSError:
            pass
        return self.most
