"""Man pages and completion: made from the tables, and read by the programs that read such things."""

import re
import shutil
import subprocess
import tempfile
import unittest

import server


def page(name):
    done = server.run("docs", name)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


class ManPageTest(unittest.TestCase):
    def formatted(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".man") as file:
            file.write(text)
            file.flush()
            done = subprocess.run(["man", "--warnings", "-l", file.name], capture_output=True, text=True,
                                  timeout=60, check=False, env={**server.clean_environment(), "MANWIDTH": "100",
                                                                "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return done.stdout

    @unittest.skipUnless(shutil.which("man"), "man is not there; it is in the Debian package man-db")
    def test_man_formats_them_without_a_warning(self):
        self.assertIn("keys create", self.formatted(page("convertd.1")))
        self.assertIn("--limits-time", self.formatted(page("convertd.toml.5")))

    def test_every_verb_is_on_the_page(self):
        text = page("convertd.1")
        for line in server.run("--help").stdout.splitlines():
            verb = re.match(r"^  (\w+) +[A-Z]", line)
            if verb:
                self.assertRegex(text, rf'\.SS "{verb[1]}\b', line)

    def test_every_setting_is_on_the_page(self):
        text = page("convertd.toml.5")
        for key in re.findall(r"^(\w+) = ", server.run("config", "show").stdout, re.MULTILINE):
            self.assertIn(f".B {key}\n", text)


class CompletionTest(unittest.TestCase):
    def complete(self, *words):
        script = page("bash-completion") + (
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _convertd; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-euc", script, "bash", "convertd", *words], capture_output=True, text=True,
                              timeout=60, check=True)
        return done.stdout.split()

    def test_verbs_flags_and_beginnings(self):
        self.assertLessEqual({"serve", "keys", "config", "--help"}, set(self.complete("")))
        self.assertEqual(self.complete("ke"), ["keys"])
        self.assertLessEqual({"create", "list", "revoke"}, set(self.complete("keys", "")))
        self.assertEqual(self.complete("keys", "create", "--pl"), ["--plan"])
        self.assertEqual(self.complete("serve", "--data", "/x", "--limits-ti"), ["--limits-time"])


if __name__ == "__main__":
    unittest.main()
