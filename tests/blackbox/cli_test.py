"""The command line: errors of the configuration, keys and accounts, one server per directory."""

import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

import server


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refused(self, *words, **environment):
        done = server.run(*words, environment=environment)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def file(self, text):
        path = self.folder / "convertd.toml"
        path.write_text(text)
        return path

    def test_unknown_key_stops_the_start_and_names_the_nearest(self):
        text = self.refused("serve", "--data", self.folder / "data", "--config",
                            self.file("[http]\nprot = 1\n"))
        self.assertIn("http.prot", text)
        self.assertIn("did you mean http.port?", text)
        self.assertFalse((self.folder / "data").exists())

    def test_unknown_variable_stops_the_start(self):
        text = self.refused("serve", "--data", self.folder / "data", CONVERTD_HTTP_PROT="1")
        self.assertIn("CONVERTD_HTTP_PORT", text)

    def test_value_out_of_range_names_where_it_is_from(self):
        text = self.refused("config", "check", CONVERTD_LIMITS_TIME="9d")
        for part in ("limits.time", "9d", "1h", "CONVERTD_LIMITS_TIME"):
            self.assertIn(part, text)

    def test_unknown_flag_and_missing_verb_are_usage_errors(self):
        self.refused("serve", "--no-such-flag")
        self.refused()

    def test_help_and_version_go_to_stdout(self):
        for words in (["--help"], ["serve", "--help"], ["keys", "create", "--help"], ["version"]):
            done = server.run(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertNotEqual(done.stdout, "")

    def test_shown_configuration_reads_back(self):
        first = server.run("config", "show", "--http-port", "1234", "--limits-time", "7s").stdout
        second = server.run("config", "show", "--config", self.file(first))
        self.assertEqual(second.stdout, first, second.stderr)
        self.assertIn("port = 1234", first)

    def test_page_of_the_settings_is_up_to_date(self):
        page = (server.ROOT / "docs" / "configuration.md").read_text()
        self.assertEqual(server.run("config", "docs").stdout, page)


class KeysTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"

    def do(self, *words, code=0):
        done = server.run(*words, "--data", self.data)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_key_alone_is_on_stdout_and_nowhere_in_the_directory(self):
        done = self.do("keys", "create", "--label", "mine")
        key = done.stdout.strip()
        self.assertRegex(done.stdout, r"\Ack_[A-Za-z0-9_-]{43}\n\Z")
        self.assertNotIn(key, done.stderr)
        for path in self.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(key.encode(), path.read_bytes(), path)

    def test_list_shows_the_hint_and_not_the_key(self):
        key = self.do("keys", "create", "--account", "shop", "--label", "mine").stdout.strip()
        listed = self.do("keys", "list").stdout
        self.assertIn(key[:11], listed)
        self.assertIn("mine", listed)
        self.assertNotIn(key, listed)

    def test_revoked_key_is_gone(self):
        key = self.do("keys", "create").stdout.strip()
        self.do("keys", "revoke", key[:11])
        self.assertNotIn(key[:11], self.do("keys", "list").stdout)
        self.do("keys", "revoke", key, code=1)

    def test_accounts_and_plans(self):
        self.do("accounts", "create", "shop", "--plan", "pro")
        self.do("accounts", "create", "shop", code=1)
        self.assertIn("pro", self.do("accounts", "list").stdout)
        self.do("accounts", "plan", "shop", "free")
        self.assertIn("free", self.do("accounts", "list").stdout)
        self.assertIn("enterprise", self.do("accounts", "plan", "shop", "huge", code=1).stderr)

    def test_directory_that_is_not_there_is_an_error_for_a_list(self):
        self.assertIn("does not exist", self.do("keys", "list", code=1).stderr)

    def test_open_directory_is_refused(self):
        self.data.mkdir(mode=0o755)
        self.data.chmod(0o755)
        self.assertIn("chmod 700", self.do("keys", "create", code=1).stderr)

    def test_directory_and_files_are_for_the_owner_only(self):
        self.do("keys", "create")
        self.assertEqual(stat.S_IMODE(self.data.stat().st_mode), 0o700)
        for path in self.data.rglob("*"):
            if path.is_file():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_root_works_as_the_owner_of_the_directory(self):
        self.data.parent.chmod(0o755)
        self.do("keys", "create")
        for path in [self.data, *self.data.rglob("*")]:
            os.chown(path, 65534, 65534)
        self.do("keys", "create", "--account", "second")
        for path in self.data.rglob("*"):
            self.assertEqual(path.stat().st_uid, 65534, path)


class RunningServerTest(unittest.TestCase):
    def test_keys_of_a_running_server(self):
        with server.Server() as convertd:
            second = convertd.make_key("--account", "second")
            self.assertEqual(convertd.get("/api/jobs", key=second).status, 200)
            done = server.run("keys", "revoke", second, "--data", convertd.data)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(convertd.get("/api/jobs", key=second).status, 401)
            self.assertEqual(convertd.stop(), 0, convertd.log())
            listed = server.run("keys", "list", "--data", convertd.data).stdout
            self.assertIn(convertd.key[:11], listed)
            self.assertNotIn(second[:11], listed)

    def test_second_server_on_the_same_directory_is_refused(self):
        with server.Server() as convertd:
            done = server.run("serve", "--data", convertd.data, "--http-port", server.free_port())
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"pid {convertd.process.pid}", done.stderr)
            self.assertEqual(convertd.get("/api/jobs").status, 200)

    def test_control_socket_is_for_the_owner_only_and_goes_at_the_stop(self):
        with server.Server() as convertd:
            path = convertd.data / "control.sock"
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual(convertd.stop(), 0, convertd.log())
            self.assertFalse(path.exists())

    def test_key_survives_a_killed_server(self):
        with server.Server() as convertd:
            convertd.kill()
            done = server.run("keys", "list", "--data", convertd.data)
            self.assertIn(convertd.key[:11], done.stdout, done.stderr)
            convertd.start()
            self.assertEqual(convertd.get("/api/jobs").status, 200)

    def test_port_that_is_taken_ends_the_start_with_a_sentence(self):
        with server.Server() as convertd:
            other = convertd.folder / "other"
            done = server.run("serve", "--data", other, "--http-port", convertd.port)
            self.assertEqual(done.returncode, 1)
            self.assertNotEqual(done.stderr, "")


class ProgramsTest(unittest.TestCase):
    """What the server program is linked with."""

    def test_server_links_no_image_library(self):
        done = subprocess.run(["readelf", "-d", server.program()], capture_output=True, text=True,
                              timeout=60, check=True)
        needed = [line for line in done.stdout.splitlines() if "NEEDED" in line]
        self.assertTrue(needed)
        for line in needed:
            for word in ("Magick", "jpeg", "png", "webp", "tiff", "heif", "avif", "imagequant", "x265"):
                self.assertNotIn(word, line)


if __name__ == "__main__":
    unittest.main()
