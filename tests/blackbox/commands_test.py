"""Every command line of README.md, CONTRIBUTING.md and docs/ is executed: here, by another test, or where this says.

Blocks between marks run whole, as they stand. Each line of the others is in one of the lists below; a line that is in
none fails the test, and so does one that is in a list and on no page.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import images
import server

from docs_test import DOCS, between, source

PAGES = [server.ROOT / "README.md", server.ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
# What runs the blocks of that name: in README.md readme_test.py, in docs/api.md docs_test.py, the others this file.
MARKS = ("first job", "curl", "commands", "tutorial")
SECONDS_MAX = 300

BUILD = pathlib.Path(server.program()).resolve().parent.parent

# They run here, with another folder, port or build than the page has. The second word says how.
HERE = {
    'convertd keys create --data /srv/convertd --label "my shop"': "ends",
    "convertd serve --data /srv/convertd": "serves",
    "convertd --help": "ends",
    "build/dev/bin/convertd serve --data /tmp/d --http-port 8081 --log-level debug": "serves",
    "build/dev/tests/job_test --gtest_filter='Turns*'": "ends",
    "gdb --args build/dev/tests/storage_test --gtest_filter='StoreTest.*' --gtest_break_on_failure": "ends",
    "ctest --preset dev -L http --output-on-failure": "lists",
    "scripts/test job": "lists",
    "scripts/test Turns": "lists",
    "cd tests/blackbox": "ends",
    "mdb_stat -ef DATA/store": "ends",
    "mdb_stat -a DATA/store": "ends",
    "mdb_dump -l DATA/store": "ends",
    "mdb_dump -p -s account DATA/store": "ends",
    "mdb_dump -s job DATA/store": "ends",
    "mdb_dump -s live DATA/store": "ends",
}
# They run elsewhere: in the file named, where that text is. The last words say why not here.
ELSEWHERE = {
    "scripts/run": ("tests/torture/roots.py", '"scripts/run", "--once"', "installs packages and builds"),
    "scripts/run --once": ("tests/torture/roots.py", '"scripts/run", "--once"', "installs packages and builds"),
    "scripts/packages build run test": (".ci/run", "scripts/packages build run test", "needs root"),
    "scripts/packages build run": ("scripts/run", "scripts/packages build run", "needs root"),
    "scripts/test": (".ci/run", "scripts/test --no-install", "this is part of it"),
    "scripts/test console": ("scripts/test", "test_console()", "needs a browser and npm; by hand"),
    "CONVERTD=../../build/dev/bin/convertd python3 -m unittest -v jobs_test.JobsTest":
        ("tests/CMakeLists.txt", "-m unittest discover -v -s", "it is what runs this, with all its tests"),
    ".ci/run": (".ci/run", "scripts/test --no-install", "this is part of it"),
    "packaging/build": ("tests/torture/package.py", 'ROOT / "packaging" / "build"', "builds"),
    "apt install ./build/package/convertd_*.deb": ("tests/torture/roots.py", '"apt-get", "install"', "needs root"),
    "runuser -u convertd -- convertd keys create --label first":
        ("tests/torture/booted.py", "runuser -u convertd -- convertd keys create --label first", "needs the package"),
    "cmake --preset torture && cmake --build --preset torture":
        ("scripts/test", "cmake --preset torture\ncmake --build --preset torture", "builds"),
    "cmake --preset release && cmake --build --preset release":
        ("scripts/run", "cmake --build --preset release", "builds"),
    'export PATH="$PWD/build/release/bin:/usr/lib/convertd:$PATH"':
        ("tests/blackbox/commands_test.py", "def run_page(", "the tests of pages say themselves where the programs are"),
    "scripts/torture quick": (".ci/run", "scripts/torture quick", "takes minutes"),
    "scripts/torture kill --rounds 500": ("docs/torture.md", "| `scripts/torture kill --rounds 500` |",
                                          "takes half an hour; by hand"),
}


def blocks(text):
    """The shell blocks that no mark says are run whole."""
    for mark in MARKS:
        text = re.sub(rf"<!-- {mark} -->\n.*?<!-- {mark}: end -->", "", text, flags=re.DOTALL)
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def lines_of(block):
    """Commands, one each, without comments."""
    joined = block.replace("\\\n", " ")
    found = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [re.sub(r"  +", " ", line) for line in found if line]


def marked(page, mark):
    return "\n".join(line for block in between(source(page), mark) for line in block.splitlines()
                     if not line.startswith("```"))


def run_page(lines, folder, seconds=SECONDS_MAX, **variables):
    """In one shell, as a reader would."""
    path = f"{pathlib.Path(server.program()).parent}:{os.environ['PATH']}"
    return subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=folder, capture_output=True, text=True,
                          timeout=seconds, check=False, env=server.clean_environment(PATH=path, **variables))


class CoverageTest(unittest.TestCase):
    def test_every_line_is_run_somewhere(self):
        seen = set()
        for page in PAGES:
            for line in (line for block in blocks(page.read_text()) for line in lines_of(block)):
                self.assertTrue(line in HERE or line in ELSEWHERE, f"{page.name}: nothing runs {line!r}")
                seen.add(line)
        self.assertEqual((HERE.keys() | ELSEWHERE.keys()) - seen, set(), "on no page any more")

    def test_what_runs_elsewhere_is_there(self):
        for line, (path, text, _) in ELSEWHERE.items():
            self.assertIn(text, source(path), line)

    def test_marks_are_on_the_pages_whose_tests_run_them(self):
        there = {(page.name, mark) for page in PAGES for mark in MARKS if f"<!-- {mark} -->" in page.read_text()}
        self.assertEqual(there, {("README.md", "first job"), ("api.md", "curl"), ("operations.md", "commands"),
                                 ("tutorial.md", "tutorial")})

    def test_a_line_that_nothing_runs_is_noticed(self):
        text = "```sh\nconvertd explode   # at once\n```\n<!-- curl -->\n```sh\ncurl x\n```\n<!-- curl: end -->\n"
        self.assertEqual([lines_of(block) for block in blocks(text)], [["convertd explode"]])

    def test_every_block_is_a_script(self):
        for page in PAGES:
            for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
                done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), f"{page.name}:\n{block}")


class HereTest(unittest.TestCase):
    """One server with a job, and the lines of HERE beside it."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.convertd.wait_for(cls.convertd.submit([("photo.jpg", server.samples()["photo.jpg"])]))

    def changed(self, line):
        """The line for this machine: other folders, ports and builds, nothing else."""
        for old, new in (("build/dev", BUILD), ("/srv/convertd", self.folder / "srv"),
                         ("/tmp/d ", f"{self.folder}/d "), ("8081", server.free_port()), ("DATA/store", self.convertd.data / "store"),
                         ("ctest --preset dev", f"ctest -N --test-dir {BUILD}"),
                         ("scripts/test job", f"ctest -N --test-dir {BUILD} -L '^job$'"),
                         ("scripts/test Turns", f"ctest -N --test-dir {BUILD} -R Turns")):
            line = line.replace(old, str(new))
        return line

    def missing(self, line):
        """What the line needs and this machine has not."""
        if ("build/dev/tests" in line or "ctest" in line or "scripts/test" in line) and not (BUILD / "tests").is_dir():
            return "the tests are not built"
        program = line.split()[0]
        return f"{program} is not there" if program in ("gdb", "mdb_stat", "mdb_dump") and not shutil.which(program) else ""

    def run_line(self, line):
        done = run_page(self.changed(line), server.ROOT)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def serve(self, line):
        """It says that it is ready, and ends well when it is asked to."""
        log = self.folder / "log"
        path = f"{BUILD / 'bin'}:{os.environ['PATH']}"
        words = ["bash", "-euc", f"exec {self.changed(line)}"]
        if "--http-port" not in line:  # two servers cannot have the default
            words[2] += f" --http-port {server.free_port()}"
        with open(log, "wb") as to:
            process = subprocess.Popen(words, stdout=to, stderr=to, env=server.clean_environment(PATH=path), cwd=server.ROOT)
        deadline = time.monotonic() + server.READY_SECONDS_MAX
        while "ready on" not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(server.STOP_SECONDS_MAX), 0, log.read_text())
        self.assertIn("ready on", log.read_text())

    def test_lines_run(self):
        for line, how in HERE.items():
            with self.subTest(line):
                if lack := self.missing(line):
                    self.skipTest(lack)
                if how == "serves":
                    self.serve(line)
                    continue
                said = self.run_line(line)
                if how == "lists":
                    self.assertRegex(said, r"Total Tests: [1-9]")


class OperationsTest(unittest.TestCase):
    def test_commands_run(self):
        with server.Server() as convertd, tempfile.TemporaryDirectory() as holder:
            folder = pathlib.Path(holder)
            for name, content in server.samples().items():
                (folder / name).write_bytes(content)
            done = run_page(marked("docs/operations.md", "commands"), folder, KEY=convertd.key, PORT=str(convertd.port),
                            DATA=str(convertd.data), BACKUP=str(folder / "backup"), RESTORED=str(folder / "restored"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + convertd.log())
            self.assertIn("completed: 2 of 2 files", done.stdout)
            self.assertTrue((folder / "photo.webp").exists())
            self.assertTrue((folder / "restored" / "store").is_dir())


class TutorialTest(unittest.TestCase):
    def test_it_goes_as_it_is_told(self):
        lines = marked("docs/tutorial.md", "tutorial")
        for old in ("PORT=8080\n", "RECEIVER=8099\n"):
            self.assertEqual(lines.count(old), 1)
            lines = lines.replace(old, f"{old.split('=')[0]}={server.free_port()}\n")
        with tempfile.TemporaryDirectory() as holder:
            folder = pathlib.Path(holder) / "convertd-tutorial"
            # Whatever happens, what was started ends.
            done = run_page(f"trap 'kill -KILL $(jobs -p) 2>/dev/null || true' EXIT\n{lines}", holder)
            log = (folder / "log").read_text() if (folder / "log").exists() else ""
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + log)
            self.assertIn("photo.avif", done.stdout)  # of the zip
            self.assertEqual(images.complaint("image/webp", (folder / "photo.webp").read_bytes()), "")
            self.assertEqual((folder / "events.txt").read_text().count("event: file\n"), 3)
            self.assertIn("stopped; everything that was running has ended", log)


if __name__ == "__main__":
    unittest.main()
