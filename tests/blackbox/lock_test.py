"""The server starts only if the lock of its codec processes holds."""

import os
import pathlib
import tempfile
import unittest

import server


def has_fault_hooks():
    return b"unlocked-codec" in pathlib.Path(server.program()).with_name("convertd-codec").read_bytes()


class LockTest(unittest.TestCase):
    def test_start_says_that_all_acts_were_refused(self):
        with server.Server() as running:
            log = (running.folder / "log").read_text()
        self.assertRegex(log, r"codec self-test: \d\d forbidden acts tried, all refused")

    def test_server_with_a_broken_lock_does_not_start(self):
        if not has_fault_hooks():
            self.skipTest("needs TEST_HOOKS")
        for fault in ("unlocked-codec", "codec-without-filter", "codec-without-landlock"):
            with self.subTest(fault), tempfile.TemporaryDirectory() as folder:
                data = os.path.join(folder, "data")
                done = server.run("serve", "--data", data, "--http-port", "0",
                                  environment={"CONVERTD_FAULT": fault})
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("The lock of the codec processes does not hold: one could", done.stderr)
                self.assertFalse(os.path.exists(os.path.join(data, "store")))


if __name__ == "__main__":
    unittest.main()
