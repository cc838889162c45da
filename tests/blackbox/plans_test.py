"""Plans, usage and the server's figures from outside, as docs/api.md describes them."""

import os
import pathlib
import signal
import time
import unittest

import images
import server

CONFIG = """
[plans.metered]
jobs = 1
requests_per_minute = 1000
requests_per_month = 3
"""


class PlansTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.config = cls.convertd.configure(CONFIG)

    def admin(self, *words):
        done = server.run("accounts", *words, "--data", self.convertd.data, "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def submit(self, key, content=None):
        return self.convertd.post_form(
            "/api/jobs", [("format", "png"), ("saveToStorage", "true")],
            [("files", "a.png", content or images.png(4, 4))], key=key)

    def convert(self, content, to):
        job = self.convertd.wait_for(self.convertd.submit([("a", content)], format=to))
        self.assertEqual(job["status"], "completed", job)
        return job["results"][0]

    def test_quota_holds_over_a_crash_until_the_plan_changes(self):
        key = self.convertd.make_key("--account", "metered", "--plan", "metered", "--config", self.config)
        for _ in range(2):
            answer = self.submit(key)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.headers["RateLimit-Limit"], "1000")
        self.convertd.kill()
        self.convertd.start()
        self.assertEqual(self.submit(key).status, 200)
        over = self.submit(key)
        self.assertEqual((over.status, over.json()["code"]), (402, "quota_exceeded"))
        used = self.convertd.get("/api/usage", key=key).json()
        self.assertEqual(used["requests"], {"used": 3, "limit": 3})
        self.assertIn(" 3\n", self.admin("show", "metered"))
        self.admin("set-plan", "metered", "unlimited")
        self.assertEqual(self.submit(key).status, 200)
        self.assertEqual(self.convertd.get("/api/usage", key=key).json()["plan"], "unlimited")

    def test_listed_formats_are_the_ones_that_work(self):
        formats = self.convertd.get("/api/formats").json()
        read = {x["format"] for x in formats["read"]}
        self.assertGreaterEqual(read, {"jpg", "png", "webp", "avif"})
        for each in formats["write"]:
            with self.subTest(format=each["format"]):
                written = self.convert(images.png(20, 20), each["format"])
                self.assertEqual(written["mimeType"], each["mimeType"])
                if each["format"] in read:
                    self.convert(self.convertd.fetch(written["downloadUrl"]).body, "png")

    def test_an_admin_sees_the_servers_figures(self):
        key = self.convertd.make_key("--admin")
        self.assertEqual(self.convertd.get("/api/server/stats").status, 403)
        shown = self.convertd.get("/api/server/stats", key=key).json()
        self.assertGreater(shown["storeBytes"], 0)
        self.assertGreater(shown["disk"]["free"], 0)
        self.assertGreater(shown["requests"]["2xx"], 0)
        self.assertEqual(shown["draining"], False)
        self.assertGreaterEqual(len(shown["codecs"]["processes"]), 1)


class ReadinessTest(unittest.TestCase):
    def test_a_server_without_a_zygote_is_not_ready(self):
        program = os.path.join(os.path.dirname(os.path.abspath(server.program())), "convertd-codec")
        with server.Server() as convertd:
            codec = convertd.folder / "codec"
            codec.symlink_to(program)
            convertd.stop()
            convertd.flags = ["--codec-program", str(codec)]
            convertd.start()
            codec.unlink()
            os.kill(child_of(convertd.process.pid), signal.SIGKILL)
            self.assertEqual(self.wait_for(convertd, 503).json()["reasons"], ["no_codec_process"])
            codec.symlink_to(program)
            self.wait_for(convertd, 200)

    def wait_for(self, convertd, status):
        deadline = time.monotonic() + 20
        while (answer := convertd.get("/readyz", key=None)).status != status:
            self.assertLess(time.monotonic(), deadline, convertd.log())
            time.sleep(0.02)
        return answer


def child_of(pid):
    """The server's only child, the zygote."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue # it has ended
        if int(after_name[1]) == pid:
            return int(path.parent.name)
    raise AssertionError("the server has no child")


if __name__ == "__main__":
    unittest.main()
