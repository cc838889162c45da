"""The verbs that speak to a running server: jobs, convert; and doctor."""

import json
import os
import pathlib
import pty
import re
import subprocess
import tempfile
import threading
import time
import unittest

import images
import server


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samples = server.samples()
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.environment = {"CONVERTD_SERVER": f"http://127.0.0.1:{cls.convertd.port}",
                           "CONVERTD_KEY": cls.convertd.key}

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        for name, content in self.samples.items():
            (self.folder / name).write_bytes(content)

    def run_verb(self, *words, code=0, **more):
        done = server.run(*words, environment={**self.environment, **more}, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def job(self, **fields):
        return self.convertd.submit([("photo.jpg", self.samples["photo.jpg"])], **fields)

    def test_convert_saves_results_and_prints_where(self):
        done = self.run_verb("convert", "photo.jpg", "logo.png", "--to", "webp", "--resize", "width",
                             "--width", "100")
        self.assertEqual(sorted(done.stdout.split()), ["logo.webp", "photo.webp"])
        self.assertRegex(done.stderr, r"photo\.webp: \d+ -> \d+ bytes\n")
        self.assertNotIn("\r", done.stderr)
        for name in ("photo.webp", "logo.webp"):
            self.assertEqual(images.complaint("image/webp", (self.folder / name).read_bytes()), "")
        self.assertEqual(sorted(x.name for x in self.folder.iterdir()),
                         ["logo.png", "logo.webp", "photo.jpg", "photo.webp", "scan.tiff"])

    def test_convert_tells_of_what_failed_and_keeps_the_rest(self):
        (self.folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
        done = self.run_verb("convert", "photo.jpg", "broken.png", "--to", "webp", code=1)
        self.assertEqual(done.stdout, "photo.webp\n")
        self.assertRegex(done.stderr, r"broken\.\w+: failed: ")

    def test_convert_replaces_nothing_unasked(self):
        (self.folder / "photo.webp").write_text("mine")
        done = self.run_verb("convert", "photo.jpg", "--to", "webp", code=1)
        self.assertIn("--overwrite", done.stderr)
        self.assertEqual((self.folder / "photo.webp").read_text(), "mine")
        self.run_verb("convert", "photo.jpg", "--to", "webp", "--overwrite")
        self.assertNotEqual((self.folder / "photo.webp").read_bytes(), b"mine")

    def test_refusals_are_sentences_with_codes(self):
        for words, code, said in (
                (["convert", "photo.jpg", "--to", "mp4"], 1, "(unsupported_format)"),
                (["convert", "none.jpg", "--to", "webp"], 1, "none.jpg"),
                (["convert", "photo.jpg"], 2, "--to"),
                (["convert", "photo.jpg", "--to", "webp", "--out", "nowhere"], 2, "nowhere"),
                (["jobs", "show", "00000000-0000-7000-8000-000000000000"], 1, "(not_found)"),
                (["jobs", "show", "../keys"], 2, "job"),
                (["jobs", "list", "--key", "ck_wrong"], 1, "(invalid_key)"),
                (["jobs", "list", "--server", "localhost"], 2, "http://"),
                (["jobs", "list", "--server", f"http://127.0.0.1:{server.free_port()}"], 5, "no answer from")):
            done = self.run_verb(*words, code=code)
            self.assertIn(said, done.stderr, words)
            self.assertEqual(done.stdout, "", words)

    def test_jobs_are_listed_and_shown(self):
        job = self.job()
        self.convertd.wait_for(job)
        self.assertIn(job, self.run_verb("jobs", "list", "--status", "completed").stdout)
        shown = self.run_verb("jobs", "show", job).stdout
        self.assertIn("photo.webp: ", shown)
        self.assertEqual(json.loads(self.run_verb("jobs", "show", job, "--json").stdout)["jobId"], job)
        listed = json.loads(self.run_verb("jobs", "list", "--limit", "1", "--json").stdout)
        self.assertEqual(len(listed["jobs"]), 1)

    def test_watch_goes_to_the_end(self):
        done = self.run_verb("jobs", "watch", self.job())
        self.assertEqual(done.stdout.splitlines()[-1], "completed: 1 of 1 files")
        failed = self.convertd.submit([("a.png", b"\x89PNG\r\n\x1a\nbroken")])
        self.assertIn("failed: 0 of 1 files; ", self.run_verb("jobs", "watch", failed, code=1).stdout)

    def test_cancel_and_retry(self):
        failed = self.convertd.submit([("a.png", b"\x89PNG\r\n\x1a\nbroken")])
        self.convertd.wait_for(failed)
        again = self.run_verb("jobs", "retry", failed).stdout.strip()
        self.assertRegex(again, r"^[0-9a-f-]{36}$")
        self.convertd.wait_for(again)
        self.assertIn("(not_cancellable)", self.run_verb("jobs", "cancel", again, "--force", code=1).stderr)
        long = self.convertd.submit([(f"{i}.jpg", self.samples["photo.jpg"]) for i in range(200)], format="avif")
        self.run_verb("jobs", "cancel", long, "--force")
        self.assertEqual(self.convertd.wait_for(long)["errorMessage"], "Job was cancelled.")

    def test_terminal_gets_a_bar(self):
        job = self.convertd.submit([(f"{i}.jpg", self.samples["photo.jpg"]) for i in range(20)])
        controller, terminal = pty.openpty()
        process = subprocess.Popen([server.program(), "jobs", "watch", job], stdout=terminal,
                                   env=server.clean_environment(**self.environment))
        os.close(terminal)
        text = b""
        try:
            while piece := os.read(controller, 4096):
                text += piece
        except OSError:
            pass  # the terminal's other end is closed
        os.close(controller)
        self.assertEqual(process.wait(30), 0)
        self.assertRegex(text.decode(), r"\[#+-*\] \d+ %  \d+ of 20 files")

    def test_variables_of_the_client_stop_no_server(self):
        self.run_verb("config", "check")


class RestartTest(unittest.TestCase):
    def test_watch_goes_on_over_a_restart(self):
        photo = server.samples()["photo.jpg"]
        with server.Server("--codec-processes", "1", "--grace-period", "0s") as convertd:
            job = convertd.submit([(f"{i}.jpg", photo) for i in range(12)], format="avif")
            seen = {}

            def watch():
                seen["done"] = server.run("jobs", "watch", job, environment={
                    "CONVERTD_SERVER": f"http://127.0.0.1:{convertd.port}", "CONVERTD_KEY": convertd.key})

            watcher = threading.Thread(target=watch)
            watcher.start()
            deadline = time.monotonic() + 30
            while convertd.get(f"/api/jobs/{job}").json()["completedFiles"] < 2:
                self.assertLess(time.monotonic(), deadline)
            convertd.kill()
            convertd.start()
            watcher.join()
        lines = seen["done"].stdout.splitlines()
        self.assertEqual(seen["done"].returncode, 0, seen["done"])
        self.assertEqual(lines[-1], "completed: 12 of 12 files")
        names = [re.match(r"(\d+)\.avif: ", x) for x in lines[:-1]]
        self.assertEqual(sorted(int(x[1]) for x in names), list(range(12)))


class DoctorTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.data = pathlib.Path(holder.name) / "data"

    def examine(self, *words):
        done = server.run("doctor", "--data", self.data, *words)
        lines = re.findall(r"^(\w+)\t([^\t]+)\t(.*)$", done.stdout, re.MULTILINE)
        found = {about: what for _, about, what in lines}
        weights = {about: weight for weight, about, _ in lines}
        return done, found, weights

    def test_healthy_machine(self):
        done, found, weights = self.examine("--disk-high-water", "100")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(set(found), {"kernel", "limits", "codec lock", "codecs", "memory", "data", "disk"})
        self.assertIn("forbidden acts tried, all refused", found["codec lock"])
        for name in ("jpg", "webp", "avif", "pdf"):
            self.assertIn(f" {name}", found["codecs"])
        self.assertEqual(weights["codecs"], "good")
        self.assertFalse(self.data.exists())

    def test_full_disk_is_wrong_and_says_what_to_do(self):
        done, found, weights = self.examine("--disk-high-water", "1")
        self.assertEqual((done.returncode, weights["disk"]), (1, "wrong"), found)
        self.assertIn("disk_high_water", done.stdout)

    def test_folder_that_others_may_read_is_wrong(self):
        self.data.mkdir(mode=0o755)
        self.data.chmod(0o755)
        done, found, weights = self.examine("--disk-high-water", "100")
        self.assertEqual((done.returncode, weights["data"]), (1, "wrong"))
        self.assertIn("chmod 700", found["data"])

    def test_running_server_is_no_trouble(self):
        with server.Server() as convertd:
            self.data = convertd.data
            done, found, weights = self.examine("--disk-high-water", "100")
            self.assertEqual((done.returncode, weights["data"]), (0, "good"), done.stdout)
            self.assertIn(str(convertd.process.pid), found["data"])

    def test_missing_codec_program_is_wrong(self):
        done, found, weights = self.examine("--codec-program", "/nowhere")
        self.assertEqual((done.returncode, weights["codecs"]), (1, "wrong"))


if __name__ == "__main__":
    unittest.main()
