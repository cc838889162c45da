"""docs/ says what is so: its curl lines run, its tables are those of the sources, its links lead on."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import zipfile

import images
import server

DOCS = server.ROOT / "docs"


def source(name):
    return (server.ROOT / name).read_text()


def between(text, mark):
    """What stands between `<!-- mark -->` and `<!-- mark: end -->`, each time."""
    return re.findall(rf"<!-- {mark} -->\n(.*?)<!-- {mark}: end -->", text, re.DOTALL)


def curl_lines():
    """The shell lines of docs/api.md in their order, without the fences."""
    blocks = between(source("docs/api.md"), "curl")
    return "\n".join(line for block in blocks for line in block.splitlines()
                     if not line.startswith("```"))


def error_table():
    """code → (status, sentence), as docs/api.md has it."""
    rows = {}
    for block in between(source("docs/api.md"), "errors"):
        for code, status, sentence in re.findall(r"^\| `(\w+)` \| (\d+) \| ([^|]+) \|", block, re.MULTILINE):
            if code in rows:
                raise AssertionError(f"{code} is in the table twice")
            rows[code] = (int(status), sentence)
    return rows


def sentences():
    """code → sentence, as job/error.cpp has it; `none` is no error."""
    found = re.findall(r'entry\{ec::(\w+),\s*"(\w+)",\s*"([^"]*)"\}', source("job/error.cpp"))
    return {code: sentence for _, code, sentence in found if code != "none"}


def statuses():
    """enumerator → status, as status_of() of http/problem.cpp gives it."""
    body = source("http/problem.cpp").partition("int status_of(ec x)")[2].partition("\n}\n")[0]
    result, waiting = {}, []
    for code, status in re.findall(r"case ec::(\w+):|return (\d+);", body):
        if code:
            waiting.append(code)
        else:
            result.update((each, int(status)) for each in waiting)
            waiting = []
    result.pop("none")
    return result


def anchors(page):
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


class TablesTest(unittest.TestCase):
    maxDiff = None

    def test_errors_are_those_of_the_sources(self):
        expected = {code: (statuses()[code], text) for code, text in sentences().items()}
        self.assertGreater(len(expected), 40)
        self.assertEqual(error_table(), expected)

    def test_every_error_of_the_enum_has_a_sentence_and_a_status(self):
        enum = re.search(r"enum class ec [^{]*\{(.*?)\n\};", source("job/error.hpp"), re.DOTALL)
        names = set(re.findall(r"^  (\w+) = \d+,", enum.group(1), re.MULTILINE)) - {"none"}
        self.assertEqual(names, set(sentences()))
        self.assertEqual(names, set(statuses()))

    def test_formats_are_those_that_are_read_and_written(self):
        rows = re.findall(r'format_facts\{\w+, "(\w+)", "\w*", "(\w+)", "([\w/+.-]+)", (\w+), (\w+),',
                          source("job/image_format.cpp"))
        self.assertGreater(len(rows), 7)
        expected = {(extension, mime_type, read, write) for _, extension, mime_type, read, write in rows
                    if "true" in (read, write)}
        said = re.findall(r"^\| \w+ \| (yes|no) \| (yes|no) \|.*\| `\.(\w+)`, `([^`]+)` \|$",
                          source("docs/api.md"), re.MULTILINE)
        words = {"yes": "true", "no": "false"}
        self.assertEqual({(extension, mime_type, words[read], words[write])
                          for read, write, extension, mime_type in said}, expected)

    def test_settings_are_all_there(self):
        table = re.findall(r'^  setting\{"(\w+)", "(\w*)",', source("http/file_settings.cpp"), re.MULTILINE)
        self.assertGreater(len(table), 7)
        page = source("docs/api.md")
        for name in {name for pair in table for name in pair if name}:
            self.assertIn(f"`{name}`", page)

    def test_routes_are_all_there(self):
        routes = re.findall(r'route\{"(\w+)", "([^"]+)"', source("http/routes.cpp"))
        self.assertGreater(len(routes), 7)
        for method, path in routes:
            self.assertIn(f"`{method} {path}`", source("docs/api.md"))

    def test_databases_are_all_there(self):
        names = re.findall(r"MDB_dbi (\w+)\{\};", source("storage/lmdb.hpp"))
        count = int(re.search(r"unsigned count = (\d+);", source("storage/lmdb.hpp")).group(1))
        self.assertEqual(len(names), count)
        rows = re.findall(r"^\| `(\w+)` \|", source("docs/store-format.md"), re.MULTILINE)
        self.assertEqual(rows, names)

    def test_torture_runs_are_all_there(self):
        block = re.search(r"^RUNS = \{(.*?)^\}", source("scripts/torture"), re.DOTALL | re.MULTILINE)
        names = re.findall(r'^    "([\w-]+)":', block.group(1), re.MULTILINE)
        self.assertGreater(len(names), 5)
        page = source("docs/torture.md")
        for name in names:
            self.assertIn(f"\n**{name}.**", page)
            self.assertIn(f"\n| {name} |", page)


class LinksTest(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        for page in [server.ROOT / "README.md", *DOCS.glob("*.md")]:
            for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)", page.read_text()):
                there = page.parent / target if target else page
                self.assertTrue(there.exists(), f"{page}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors(there), f"{page}: {target}#{anchor}")


class CurlTest(unittest.TestCase):
    """The lines run in one shell; then what they wrote is looked at."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        for name, content in server.samples().items():
            (cls.folder / name).write_bytes(content)
        with server.Server() as convertd:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", curl_lines()], cwd=cls.folder, capture_output=True,
                text=True, timeout=120, check=False,
                env=server.clean_environment(KEY=convertd.key, PORT=str(convertd.port)))
            if done.returncode != 0:
                raise AssertionError(done.stdout + done.stderr + convertd.log())
        cls.printed = done.stdout

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def test_refusal(self):
        self.assertEqual(self.printed, "415\n")
        said = re.search(r'^```json\n(\{"error".*?)^```', source("docs/api.md"), re.DOTALL | re.MULTILINE)
        self.assertEqual(self.read("refused.json"), json.loads(said.group(1)))

    def test_job_ends_as_the_page_says(self):
        self.assertEqual(self.read("submitted.json")["status"], "pending")
        job = self.read("job.json")
        self.assertEqual((job["status"], job["completedFiles"]), ("completed", 3), job)
        self.assertEqual(job["metadata"], {"order": 7})
        self.assertEqual([x["filename"] for x in job["results"]], ["photo.webp", "logo.avif", "scan.jpg"])
        self.assertEqual([x["appliedQuality"] for x in job["results"]], [92, 92, 92])
        self.assertEqual({x["width"] for x in job["results"]}, {400})

    def test_names_of_fields_are_those_of_the_page(self):
        said = re.search(r'^```json\n(\{"jobId": [^\n]*"jobType".*?)^```', source("docs/api.md"),
                         re.DOTALL | re.MULTILINE)
        page, job = json.loads(said.group(1)), self.read("job.json")
        self.assertEqual(list(page), list(job))
        self.assertEqual(list(page["results"][0]), list(job["results"][0]))

    def test_events_are_those_of_the_job(self):
        lines = (self.folder / "events.txt").read_text().splitlines()
        self.assertEqual(lines.count("event: file"), 3)
        self.assertEqual(lines[0], "event: job")

    def test_synchronous_request_answers_as_the_page_says(self):
        said = re.search(r'^```json\n(\{"files": .*?)^```', source("docs/api.md"), re.DOTALL | re.MULTILINE)
        page, answer = json.loads(said.group(1)), self.read("converted.json")
        self.assertEqual(list(page["files"][0]), list(answer["files"][0]))
        self.assertEqual(page["storage"], answer["storage"])
        self.assertEqual(answer["files"][0]["width"], 400)
        compressed = self.read("compressed.json")["files"][0]
        self.assertEqual(compressed["filename"], "photo.jpg")
        self.assertLessEqual(compressed["finalSize"], 100_000)
        self.assertEqual(images.complaint("image/webp", (self.folder / "converted.webp").read_bytes()), "")
    def test_archive_has_the_results(self):
        job = self.read("zipped.json")
        self.assertEqual((self.folder / "results.zip").stat().st_size, job["archive"]["size"])
        with zipfile.ZipFile(self.folder / "results.zip") as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), ["photo.png", "logo.png"])

    def test_list_has_the_job(self):
        page = self.read("jobs.json")
        listed = [x["jobId"] for x in page["jobs"]]
        self.assertIn(self.read("submitted.json")["jobId"], listed)
        self.assertLessEqual(set(listed), {self.read(x)["jobId"] for x in ("submitted.json", "first.json")})
        self.assertEqual(page["pagination"],
                         {"limit": 10, "offset": 0, "total": len(listed), "hasMore": False})

    def test_cancellation_is_one_of_two(self):
        answer = self.read("cancelled.json")
        self.assertTrue(answer.get("success") or answer.get("code") == "not_cancellable", answer)

    def test_retry_and_erasure_answer(self):
        self.assertEqual(self.read("retried.json")["code"], "nothing_failed")
        answer = self.read("erased-job.json")
        self.assertTrue(answer.get("success") or answer.get("code") == "not_final", answer)

    def test_what_is_sent_again_makes_no_second_job(self):
        self.assertEqual(self.read("first.json")["jobId"], self.read("again.json")["jobId"])
        self.assertNotIn("Idempotent-Replayed", (self.folder / "first.json.head").read_text())
        self.assertIn("Idempotent-Replayed: true", (self.folder / "again.json.head").read_text())

    def test_results_are_images(self):
        for item in self.read("job.json")["results"]:
            content = (self.folder / item["filename"]).read_bytes()
            self.assertEqual(len(content), item["finalSize"])
            self.assertEqual(images.complaint(item["mimeType"], content), "")
        self.assertEqual((self.folder / "part").read_bytes()[8:], b"WEBP")

    def test_webhook_lived_as_the_page_says(self):
        made, changed, rotated = (self.read(f"{x}.json") for x in ("webhook", "changed", "rotated"))
        self.assertTrue(made["active"])
        self.assertFalse(changed["active"])
        self.assertNotIn("secret", changed)
        self.assertNotEqual(made["secret"], rotated["secret"])
        self.assertEqual([x["id"] for x in self.read("webhooks.json")["webhooks"]], [made["id"]])
        self.assertTrue(self.read("deleted.json")["success"])
        said = re.search(r'^```json\n(\{"id": [^\n]*"url".*?)^```', source("docs/api.md"), re.DOTALL | re.MULTILINE)
        self.assertEqual(list(json.loads(said.group(1))), list(made))

    def test_health(self):
        self.assertEqual(self.read("live.json"), {"status": "ok"})
        self.assertEqual(self.read("ready.json"), {"status": "ready"})


if __name__ == "__main__":
    unittest.main()
