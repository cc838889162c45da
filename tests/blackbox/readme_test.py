"""The lines of README.md do what README.md says."""

import pathlib
import subprocess
import tempfile
import unittest

import images
import server


class ReadmeTest(unittest.TestCase):
    def test_first_job(self):
        lines = subprocess.run([server.ROOT / "scripts" / "readme_lines"], capture_output=True,
                               text=True, timeout=60, check=True).stdout
        with server.Server() as convertd, tempfile.TemporaryDirectory() as folder:
            for name, content in server.samples().items():
                (pathlib.Path(folder) / name).write_bytes(content)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", lines], cwd=folder, capture_output=True,
                text=True, timeout=120, check=False,
                env=server.clean_environment(KEY=convertd.key, PORT=str(convertd.port)))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + convertd.log())
            for name in ("photo.webp", "logo.webp", "scan.webp"):
                content = (pathlib.Path(folder) / name).read_bytes()
                self.assertEqual(images.complaint("image/webp", content), "", name)

    def test_every_link_leads_somewhere(self):
        import re

        for page in [*server.ROOT.glob("*.md"), *(server.ROOT / "docs").rglob("*.md")]:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page}: {target}")


if __name__ == "__main__":
    unittest.main()
