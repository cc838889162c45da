"""What the server acknowledged, kept where the server cannot lose it."""

import json
import os
import pathlib
import threading


class Ledger:
    """Every line is synced before the client goes on. Kept on another file system than the data."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "ledger"
        self.file = open(self.path, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.jobs = {}  # id -> number of files
        self.results = {}  # (id, index) -> (storedFileId, finalSize), as first seen
        self.doubled = []

    def acknowledged(self, job, files):
        with self.lock:
            self._write({"job": job, "files": files})
            self.jobs[job] = files

    def saw(self, job, results):
        """Remembers results of a job; one that changed since it was first seen was done twice."""
        with self.lock:
            for item in results or []:
                if item["status"] != "completed":
                    continue
                key = (job, item["index"])
                value = (item["storedFileId"], item["finalSize"])
                known = self.results.setdefault(key, value)
                if known != value:
                    self.doubled.append(f"{key}: {known}, then {value}")
                else:
                    self._write({"result": [job, item["index"], *value]})

    def _write(self, line):
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def some_job(self, chooser):
        with self.lock:
            return chooser.choice(list(self.jobs)) if self.jobs else None

    def close(self):
        self.file.close()
