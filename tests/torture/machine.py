"""What the kernel says about the server: memory, threads, children."""

import os
import pathlib
import signal
import threading
import time


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


def direct_children(pid):
    """Those that run, not what waits to be reaped."""
    listed = set()
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            text = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
        except OSError:
            continue
        listed.update(int(x) for x in text.split())
    return sorted(x for x in listed if _runs(x))


def _runs(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def zygote(pid):
    """The codec program that the server started; its children are the decoders."""
    found = direct_children(pid)
    return found[0] if found else None


def family_seconds(pid):
    """Processor seconds of `pid` and its children, those that have ended too."""
    ticks = 0
    for one in [pid, *children(pid)]:
        try:
            stat = pathlib.Path(f"/proc/{one}/stat").read_text()
        except OSError:  # it ended just now
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


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
        self.stopping = threading.Event()

    def look(self):
        try:
            self.most = max(self.most, memory_mib(self.pid))
        except OSError:
            pass
        return self.most

    def __enter__(self):
        """Looks by itself from here on, and begins anew."""
        self.most = 0.0
        self.stopping.clear()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.look()

    def _watch(self):
        while not self.stopping.wait(0.02):
            self.look()


def foreign_sockets(pid):
    """What a process has open that is neither a file nor one of the two Unix sockets it may have."""
    sockets = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        target = os.readlink(entry.path)
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = [f"{len(sockets)} sockets"] if len(sockets) > 2 else []
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet", "netlink"):
        path = pathlib.Path(f"/proc/{pid}/net/{table}")
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        found += [f"a {table} socket" for line in lines if sockets & set(line.split())]
    return found


def address_space(pid):
    """VmSize now, VmHWM and the limit of the address space, in MiB; no limit is infinity."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    values = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if ":" in line and line.split()[1:]}
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    line = next(x for x in limits.splitlines() if x.startswith("Max address space"))
    soft = line.split()[3]
    limit = float("inf") if soft == "unlimited" else int(soft) / (1 << 20)
    return int(values["VmSize"]) / 1024, int(values["VmHWM"]) / 1024, limit


def is_locked(pid):
    """Whether its system calls are filtered. That is the last part of a decoder's lock, and it gets no image before."""
    return "\nSeccomp:\t2\n" in pathlib.Path(f"/proc/{pid}/status").read_text()


class ChildWatch:
    """Looks at the decoders every few milliseconds while it is open: memory, limits, sockets."""

    SECONDS = 0.02
    LOCK_SECONDS_MAX = 2.0  # from the first look at a new one

    def __init__(self, below, server_memory):
        self.below, self.server_memory = below, server_memory
        self.complaints, self.looks, self.most_mib, self.limit_mib = [], 0, 0.0, 0.0
        self.unlocked = {}  # pid: when that was seen first
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _watch(self):
        while not self.stopping.wait(self.SECONDS):
            self.server_memory.look()
            for pid in forked(self.below):
                try:
                    self._look(pid)
                except (OSError, KeyError, StopIteration, IndexError):
                    pass  # it ended while we looked

    def _look(self, pid):
        self.looks += 1
        if not is_locked(pid):
            if time.monotonic() - self.unlocked.setdefault(pid, time.monotonic()) > self.LOCK_SECONDS_MAX:
                self._complain(pid, ["not locked yet"])
            return
        self.unlocked.pop(pid, None)
        self._complain(pid, foreign_sockets(pid))
        before = address_space(pid)[2]  # the limit follows the file: it may change between two reads
        size, resident, after = address_space(pid)
        limit = max(before, after)
        if size > limit:
            self._complain(pid, [f"{size:.0f} MiB above its limit of {limit:.0f} MiB"])
        if limit == float("inf"):
            self._complain(pid, ["no limit of memory"])
        self.most_mib = max(self.most_mib, resident)
        self.limit_mib = max(self.limit_mib, limit)

    def _complain(self, pid, what):
        for each in what:
            self.complaints.append(f"decoder {pid}: {each}")


def forked(pid):
    """The direct children of a process with one thread."""
    try:
        return [int(x) for x in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
