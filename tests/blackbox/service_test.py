"""Under a service manager: notifications, watchdog, socket activation, reload. The test plays systemd."""

import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import server

WATCHDOG_SECONDS = 2


def descendants(pid):
    found = []
    for child in server.children(pid):
        found += [child, *descendants(child)]
    return found


def send(number, pids):
    """Some of them may be gone by now."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class Manager:
    """Starts convertd as systemd does, with a notify socket and, if wanted, a listening socket."""

    def __init__(self, *flags, watchdog=None, activate=False, environment=None):
        self.holder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.holder.name)
        self.flags, self.watchdog, self.more = flags, watchdog, environment or {}
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.folder / "notify"))
        self.listener = socket.socket()
        if activate:
            self.listener.bind(("127.0.0.1", 0))
            self.listener.listen(512)
        self.port = self.listener.getsockname()[1] if activate else server.free_port()
        self.activate = activate
        self.said = []  # (time, {name: value})
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            send(signal.SIGCONT, [*descendants(self.process.pid), self.process.pid])
            self.process.kill()
            self.process.wait()
        self.notify.close()
        self.listener.close()
        self.holder.cleanup()

    def start(self):
        """`exec` keeps the pid that LISTEN_PID and WATCHDOG_PID name."""
        words = [server.program(), "serve", "--data", str(self.folder / "data"), "--http-listen",
                 "127.0.0.1", "--http-port", str(self.port), "--codec-processes", "2", *self.flags]
        variables = {"NOTIFY_SOCKET": str(self.folder / "notify"), **self.more}
        script = ""
        if self.watchdog:
            variables["WATCHDOG_USEC"] = str(int(self.watchdog * 1e6))
            script += "export WATCHDOG_PID=$$; "
        if self.activate:
            script += f"export LISTEN_PID=$$ LISTEN_FDS=1; exec 3<&{self.listener.fileno()}; "
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", script + 'exec "$@"', "bash", *words],
                env=server.clean_environment(**variables), stdout=log, stderr=log,
                pass_fds=[self.listener.fileno()] if self.activate else [])

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def next(self, seconds):
        """What is said next; nothing if nothing is said for so long."""
        self.notify.settimeout(max(seconds, 0.001))
        try:
            text = self.notify.recv(4096).decode()
        except TimeoutError:
            return None
        said = dict(line.split("=", 1) for line in text.splitlines())
        self.said.append((time.monotonic(), said))
        return said

    def wait_for(self, name, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            said = self.next(deadline - time.monotonic())
            if said and name in said:
                return said
        raise AssertionError(f"{name} was not said within {seconds} s: {self.said}; {self.log()}")

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return server.Answer(connection.getresponse())
        finally:
            connection.close()


class NotifyTest(unittest.TestCase):
    def test_ready_is_said_when_it_answers_and_not_before(self):
        with Manager() as systemd:
            first = systemd.next(30)
            self.assertNotIn("READY", first)
            self.assertIn("EXTEND_TIMEOUT_USEC", first)
            said = systemd.wait_for("READY")
            self.assertIn("0 jobs at work", said["STATUS"])
            self.assertEqual(systemd.get("/readyz").status, 200)

    def test_stop_is_said_and_more_time_asked_for(self):
        with Manager() as systemd:
            systemd.wait_for("READY")
            systemd.process.send_signal(signal.SIGTERM)
            self.assertGreaterEqual(int(systemd.wait_for("STOPPING")["EXTEND_TIMEOUT_USEC"]), 10_000_000)
            self.assertEqual(systemd.process.wait(30), 0)

    def test_abstract_socket_is_reached_too(self):
        with Manager() as systemd:
            systemd.wait_for("READY")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
                name = f"convertd-test-{os.getpid()}"
                other.bind("\0" + name)
                other.settimeout(30)
                systemd.process.kill()
                systemd.process.wait()
                systemd.more = {"NOTIFY_SOCKET": "@" + name}
                systemd.start()
                self.assertIn(b"STATUS=", other.recv(4096))


class WatchdogTest(unittest.TestCase):
    def fed(self, systemd, seconds):
        """Times at which the watchdog was fed within that time."""
        begun = time.monotonic()
        while (left := begun + seconds - time.monotonic()) > 0:
            systemd.next(left)
        return [when for when, said in systemd.said if "WATCHDOG" in said and when >= begun]

    def test_it_is_fed_in_time_while_all_is_well(self):
        with Manager(watchdog=WATCHDOG_SECONDS) as systemd:
            systemd.wait_for("READY")
            times = [time.monotonic(), *self.fed(systemd, 3 * WATCHDOG_SECONDS)]
            self.assertGreater(len(times), 4)
            for before, after in zip(times, times[1:]):
                self.assertLess(after - before, WATCHDOG_SECONDS)

    def test_server_that_hangs_feeds_nothing(self):
        with Manager(watchdog=WATCHDOG_SECONDS) as systemd:
            systemd.wait_for("WATCHDOG")
            systemd.process.send_signal(signal.SIGSTOP)
            self.fed(systemd, 0.5)
            self.assertEqual(self.fed(systemd, 2 * WATCHDOG_SECONDS), [])

    def test_codecs_that_hang_feed_nothing_and_are_told(self):
        with Manager(watchdog=WATCHDOG_SECONDS) as systemd:
            systemd.wait_for("WATCHDOG")
            send(signal.SIGSTOP, descendants(systemd.process.pid))
            self.fed(systemd, WATCHDOG_SECONDS)  # what was on its way
            self.assertEqual(self.fed(systemd, 2 * WATCHDOG_SECONDS), [])
            self.assertTrue(any(x.get("STATUS", "").startswith("Self-check failed") for _, x in systemd.said))
            self.assertIn("self-check failed", systemd.log())
            send(signal.SIGCONT, descendants(systemd.process.pid))
            systemd.wait_for("WATCHDOG")

    def test_checks_are_nobodys_files(self):
        with Manager(watchdog=WATCHDOG_SECONDS) as systemd:
            systemd.wait_for("WATCHDOG")
            self.assertNotIn(" file outcome=", systemd.log())


class ActivationTest(unittest.TestCase):
    """Clients connect to a socket that outlives the server."""

    RESTARTS = 3

    def test_restarts_refuse_no_connection(self):
        with Manager("--grace-period", "2s", activate=True) as systemd:
            systemd.wait_for("READY")
            answers, refused, over = [], [], threading.Event()

            def ask():
                while not over.is_set():
                    try:
                        answers.append(systemd.get("/livez").status)
                    except ConnectionRefusedError as error:
                        refused.append(error)
                    except OSError:
                        pass  # a connection that the old server had taken ends with it

            clients = [threading.Thread(target=ask) for _ in range(4)]
            for each in clients:
                each.start()
            try:
                for _ in range(self.RESTARTS):
                    before = len(answers)
                    systemd.process.send_signal(signal.SIGTERM)
                    self.assertEqual(systemd.process.wait(30), 0)
                    systemd.start()
                    systemd.wait_for("READY")
                    deadline = time.monotonic() + 30
                    while len(answers) == before and time.monotonic() < deadline:
                        time.sleep(0.01)
            finally:
                over.set()
                for each in clients:
                    each.join()
            self.assertEqual(refused, [])
            self.assertEqual(set(answers), {200})
            self.assertGreater(len(answers), 4 * self.RESTARTS)

    def test_without_it_a_restart_refuses_some(self):
        """The negative control of the test above."""
        with Manager() as systemd:
            systemd.wait_for("READY")
            systemd.process.send_signal(signal.SIGTERM)
            self.assertEqual(systemd.process.wait(30), 0)
            with self.assertRaises(ConnectionRefusedError):
                systemd.get("/livez")

    def test_codec_processes_do_not_inherit_the_socket(self):
        with Manager(activate=True) as systemd:
            systemd.wait_for("READY")
            inode = os.fstat(systemd.listener.fileno()).st_ino
            for pid in descendants(systemd.process.pid):
                held = [os.readlink(x) for x in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
                self.assertNotIn(f"socket:[{inode}]", held)

    def test_descriptor_that_is_no_socket_ends_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["bash", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1; exec 3</dev/null; exec "$@"', "bash",
                 server.program(), "serve", "--data", f"{folder}/data", "--http-port", "0"],
                env=server.clean_environment(), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("descriptor 3 is no listening", done.stderr)


class ReloadTest(unittest.TestCase):
    def test_level_is_taken_over_and_the_rest_told(self):
        with Manager() as systemd:
            systemd.wait_for("READY")
            systemd.process.kill()
            systemd.process.wait()
            config = systemd.folder / "convertd.toml"
            config.write_text('log_level = "info"\n')
            systemd.flags = ("--config", str(config))
            systemd.start()
            systemd.wait_for("READY")

            config.write_text('log_level = "warn"\nretention = "1h"\n[limits]\ntime = "9s"\n')
            self.reload(systemd)
            self.assertIn("these wait for the next start: retention, limits.time", systemd.log())
            systemd.get("/livez?after=1")
            self.assertNotIn("path=/livez", systemd.log())

            config.write_text('log_level = "loud"\n')
            self.reload(systemd)
            self.assertIn("nothing was changed, the configuration is wrong", systemd.log())
            self.assertEqual(systemd.get("/readyz").status, 200)

    def reload(self, systemd):
        systemd.process.send_signal(signal.SIGHUP)
        self.assertIn("MONOTONIC_USEC", systemd.wait_for("RELOADING"))
        systemd.wait_for("READY")


class CredentialTest(unittest.TestCase):
    def test_signing_key_may_be_a_credential(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "url.key"
            path.write_bytes(os.urandom(32))
            path.chmod(0o400)
            with Manager(environment={"CREDENTIALS_DIRECTORY": folder}) as systemd:
                systemd.wait_for("READY")
                self.assertFalse((systemd.folder / "data" / "url.key").exists())


@unittest.skipUnless(shutil.which("systemd-analyze"),
                     "systemd-analyze is not there; it is in the Debian package systemd")
class UnitTest(unittest.TestCase):
    UNIT = server.ROOT / "packaging" / "convertd.service"

    def exposure(self, path):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", path],
                              capture_output=True, text=True, timeout=60, check=False)
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        self.assertTrue(found, done.stderr)
        return float(found[1])

    def test_unit_is_exposed_to_little(self):
        score = self.exposure(self.UNIT)
        print(f"systemd-analyze security: {score}", file=sys.stderr)
        self.assertLessEqual(score, 1.5)

    def test_less_of_it_would_be_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "convertd.service"
            text = self.UNIT.read_text()
            path.write_text(text.replace("RestrictNamespaces=yes\n", "").replace("PrivateUsers=yes\n", ""))
            self.assertGreater(self.exposure(path), 1.5)


if __name__ == "__main__":
    unittest.main()
