"""Jobs: making, looking, waiting, events, cancelling, retrying, erasing, archives, Idempotency-Key."""

import http.client
import io
import json
import time
import unittest
import uuid
import zipfile

from contract import PNG, ContractTest, images, json_text, noise_png

SLOW = noise_png(1500, 1500)


class JobTest(ContractTest):
    def test_a_new_job_is_pending(self):
        answer = self.make_job()
        self.assertEqual(answer.status, 200)
        self.assertEqual(set(answer.json()) & {"jobId", "status"}, {"jobId", "status"})
        self.assertEqual(answer.json()["status"], "pending")

    def test_a_finished_job_has_every_field(self):
        job = self.finished([("metadata", json_text({"order": 7}))],
                            [("files", "hero.png", PNG), ("files", "broken.png", b"no image")])
        self.assertEqual((job["jobType"], job["status"], job["totalFiles"], job["completedFiles"], job["failedFiles"],
                          job["progress"], job["errorMessage"], job["metadata"]),
                         ("convert", "completed", 2, 1, 1, 100, None, {"order": 7}))
        good, bad = sorted(job["results"], key=lambda x: x["index"])
        self.assertEqual((good["status"], good["filename"], good["mimeType"], good["originalSize"], good["width"],
                          good["height"], good["appliedQuality"]),
                         ("completed", "hero.webp", "image/webp", len(PNG), 40, 30, 82))
        self.assertEqual(len(self.content_of(good)), good["finalSize"])
        self.assertEqual(good["savedPercent"], max(0, round(100 - 100 * good["finalSize"] / len(PNG))))
        uuid.UUID(good["storedFileId"])
        self.assertEqual((bad["index"], bad["status"], bad["filename"]), (1, "failed", "broken.png"))
        self.assertEqual(bad["errorCode"], "unsupported_input")
        self.assertTrue(bad["errorMessage"])
        self.assertNotIn("archive", {k for k, v in job.items() if v is not None})

    def test_a_job_of_which_every_file_failed_has_failed_and_says_why(self):
        job = self.finished(files=[("files", "a.png", b"nothing")])
        self.assertEqual(job["status"], "failed")
        self.assertTrue(job["errorMessage"])

    def test_content_is_not_judged_when_a_job_is_made(self):
        self.assertEqual(self.make_job(files=[("files", "a.png", b"nothing")]).status, 200)

    def test_metadata_is_an_object_of_at_most_4_kib(self):
        self.assert_error(self.make_job([("metadata", "[1]")]), 400)
        self.assert_error(self.make_job([("metadata", json_text({"a": "x" * 5000}))]), 400)
        self.assert_error(self.make_job([("metadata", "{")]), 400, "invalid_json", "metadata")

    def test_the_priority_is_one_of_three_words(self):
        for word in ("high", "normal", "low"):
            self.assertEqual(self.make_job([("priority", word)]).status, 200)
        self.assert_error(self.make_job([("priority", "urgent")]), 400, "invalid_setting", "priority")

    def test_a_part_of_the_results_can_be_asked_for(self):
        job = self.finished(files=[("files", f"{i}.png", PNG) for i in range(5)])["jobId"]
        part = self.api.get(f"/api/jobs/{job}?resultsOffset=2&resultsLimit=2").json()
        self.assertEqual([x["index"] for x in part["results"]], [2, 3])
        self.assertEqual(part["totalFiles"], 5)

    def test_an_unknown_id_is_404(self):
        for name in (str(uuid.uuid4()), "nonsense"):
            self.assert_error(self.api.get(f"/api/jobs/{name}"), 404, "not_found")

    def test_waiting_answers_when_the_job_is_final(self):
        for query, headers in (("?wait=20", {}), ("", {"Prefer": "wait=20"})):
            job = self.make_job().json()["jobId"]
            self.assertEqual(self.api.get(f"/api/jobs/{job}{query}", headers=headers).json()["status"], "completed")

    def test_waiting_ends_when_the_time_is_over(self):
        files = [("files", f"{i}.png", SLOW) for i in range(20)]
        job = self.make_job([("format", "avif")], files).json()["jobId"]
        begin = time.monotonic()
        found = self.api.get(f"/api/jobs/{job}?wait=1").json()
        self.assertIn(found["status"], ("pending", "processing"))
        self.assertTrue(0.9 <= time.monotonic() - begin <= 5)
        self.api.request("DELETE", f"/api/jobs/{job}?force=true")

    def test_the_list_is_newest_first_with_pages(self):
        made = [self.make_job().json()["jobId"] for _ in range(3)]
        page = self.api.get("/api/jobs?limit=2&offset=0").json()
        self.assertEqual([x["jobId"] for x in page["jobs"]], made[:0:-1])
        self.assertNotIn("results", page["jobs"][0])
        total = page["pagination"].pop("total")
        self.assertEqual(page["pagination"], {"limit": 2, "offset": 0, "hasMore": True})
        last = self.api.get(f"/api/jobs?limit=2&offset={total - 1}").json()
        self.assertFalse(last["pagination"]["hasMore"])
        self.assertEqual(self.api.get("/api/jobs").json()["pagination"]["limit"], 20)

    def test_the_list_takes_a_status(self):
        self.finished()
        for job in self.api.get("/api/jobs?status=completed").json()["jobs"]:
            self.assertEqual(job["status"], "completed")
        self.assert_error(self.api.get("/api/jobs?status=done"), 400, "invalid_setting")

    def test_a_page_outside_the_bounds_is_400(self):
        for query in ("limit=0", "limit=101", "limit=x", "offset=-1"):
            self.assert_error(self.api.get(f"/api/jobs?{query}"), 400, "invalid_setting")


class EventsTest(ContractTest):
    def events(self, job, last=None):
        """All events of a job until the server closes: (event, id, data)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.api.key}", **({"Last-Event-ID": last} if last else {})}
        connection.request("GET", f"/api/jobs/{job}/events", headers=headers)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/event-stream"))
        found = []
        for block in answer.read().decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in fields:
                found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
        return found

    def test_a_job_event_comes_at_once_and_one_file_event_for_each_file(self):
        job = self.make_job(files=[("files", f"{i}.png", PNG) for i in range(4)]).json()["jobId"]
        found = self.events(job)
        self.assertEqual(found[0][0], "job")
        self.assertNotIn("results", found[0][2])
        self.assertEqual(sorted(x[2]["index"] for x in found if x[0] == "file"), [0, 1, 2, 3])
        self.assertEqual(found[-1][2]["status"], "completed")

    def test_the_last_event_id_replays_every_later_file(self):
        job = self.finished(files=[("files", f"{i}.png", PNG) for i in range(4)])["jobId"]
        all_files = [(i, x["index"]) for kind, i, x in self.events(job) if kind == "file"]
        numbered = [(i, index) for i, index in all_files if i]
        cut = numbered[len(numbered) // 2]
        later = {x["index"] for kind, _, x in self.events(job, cut[0]) if kind == "file"}
        self.assertEqual(later, {index for _, index in all_files[all_files.index(cut) + 1:]})

    def test_links_in_events_have_the_address_under_which_the_job_was_made(self):
        job = self.finished()["jobId"]
        links = [x["downloadUrl"] for kind, _, x in self.events(job) if kind == "file"]
        self.assertTrue(links and all(x.startswith(f"http://127.0.0.1:{self.api.port}/") for x in links))


class VerbsTest(ContractTest):
    FLAGS = ("--codec-processes", "1")

    def busy_job(self, count=40):
        return self.make_job([("format", "avif")], [("files", f"{i}.png", SLOW) for i in range(count)]).json()["jobId"]

    def until(self, job, status):
        deadline = time.monotonic() + 20
        while self.api.get(f"/api/jobs/{job}").json()["status"] != status:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def stop(self, job):
        self.api.request("DELETE", f"/api/jobs/{job}?force=true")

    def test_a_processing_job_stops_with_force_only(self):
        job = self.busy_job()
        self.until(job, "processing")
        self.assert_error(self.api.request("DELETE", f"/api/jobs/{job}"), 409, "not_cancellable")
        answer = self.api.request("DELETE", f"/api/jobs/{job}?force=true")
        self.assertEqual((answer.status, answer.json()["success"], answer.json()["status"], answer.json()["jobId"]),
                         (200, True, "failed", job))
        self.assertTrue(answer.json()["message"])
        found = self.api.get(f"/api/jobs/{job}").json()
        self.assertEqual((found["status"], found["errorMessage"]), ("failed", "Job was cancelled."))

    def test_a_final_job_cannot_be_cancelled(self):
        job = self.finished()["jobId"]
        for query in ("", "?force=true"):
            self.assert_error(self.api.request("DELETE", f"/api/jobs/{job}{query}"), 409, "not_cancellable")

    def test_retry_makes_a_new_job_of_the_failed_files(self):
        job = self.finished(files=[("files", "good.png", PNG), ("files", "bad.png", b"nothing")])["jobId"]
        answer = self.api.request("POST", f"/api/jobs/{job}/retry")
        self.assertEqual((answer.status, answer.json()["status"], answer.json()["retryOf"]), (200, "pending", job))
        again = self.api.wait_for(answer.json()["jobId"])
        self.assertEqual((again["totalFiles"], again["results"][0]["filename"]), (1, "bad.png"))

    def test_retry_says_why_it_cannot(self):
        whole = self.finished()["jobId"]
        self.assert_error(self.api.request("POST", f"/api/jobs/{whole}/retry"), 409, "nothing_failed")
        failed = self.finished(files=[("files", "bad.png", b"nothing")])["jobId"]
        self.assertEqual(self.api.request("DELETE", f"/api/jobs/{failed}/files").status, 200)
        self.assert_error(self.api.request("POST", f"/api/jobs/{failed}/retry"), 409, "sources_erased")
        busy = self.busy_job()
        self.assert_error(self.api.request("POST", f"/api/jobs/{busy}/retry"), 409, "not_final")
        self.assert_error(self.api.request("DELETE", f"/api/jobs/{busy}/files"), 409, "not_final")
        self.stop(busy)

    def test_erasing_takes_the_links_away_and_keeps_the_record(self):
        job = self.finished()
        url = job["results"][0]["downloadUrl"]
        self.assertEqual(self.api.request("DELETE", f"/api/jobs/{job['jobId']}/files").status, 200)
        found = self.api.get(f"/api/jobs/{job['jobId']}").json()
        self.assertEqual(found["status"], "completed")
        self.assertIsNone(found["results"][0].get("downloadUrl"))
        path = url[len(f"http://127.0.0.1:{self.api.port}"):]
        self.assertEqual(self.api.get(path, key=None).status, 404)


class ArchiveTest(ContractTest):
    def test_the_archive_holds_every_output_and_names_the_failures(self):
        files = [("files", "a.png", PNG), ("files", "a.png", images.png(5, 5)), ("files", "bad.png", b"nothing")]
        job = self.finished([("createArchive", "true")], files)
        archive = job["archive"]
        self.assertTrue(archive["filename"].endswith(".zip"))
        content = self.api.fetch(archive["downloadUrl"]).body
        self.assertEqual(len(content), archive["size"])
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            self.assertIsNone(opened.testzip())
            names = opened.namelist()
            self.assertLessEqual({"a.webp", "a (2).webp"}, set(names))
            others = [opened.read(x).decode() for x in names if not x.endswith(".webp")]
        self.assertTrue(any("bad.png" in x for x in others))

    def test_the_archive_takes_ranges(self):
        job = self.finished([("createArchive", "true")])
        path = job["archive"]["downloadUrl"][len(f"http://127.0.0.1:{self.api.port}"):]
        whole = self.api.get(path, key=None).body
        part = self.api.get(path, key=None, headers={"Range": "bytes=10-29"})
        self.assertEqual((part.status, part.body), (206, whole[10:30]))

    def test_there_is_no_archive_unless_it_was_asked_for(self):
        self.assertIsNone(self.finished().get("archive"))


class IdempotencyTest(ContractTest):
    def send(self, key, files=(("files", "a.png", PNG),), **fields):
        return self.make_job(fields.items(), files, headers={"Idempotency-Key": key})

    def test_the_same_request_gets_the_first_job_again(self):
        first, second = self.send("k1"), self.send("k1")
        self.assertEqual(first.json()["jobId"], second.json()["jobId"])
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")

    def test_another_request_with_that_key_is_422(self):
        self.assertEqual(self.send("k2").status, 200)
        for answer in (self.send("k2", compression="10"), self.send("k2", [("files", "b.png", PNG)]),
                       self.send("k2", [("files", "a.png", images.png(9, 9))])):
            self.assert_error(answer, 422, "idempotency_mismatch")

    def test_the_key_in_a_field_and_the_secret_do_not_count(self):
        first = self.send("k3", idempotencyKey="k3")
        self.assertEqual(self.send("k3", idempotencyKey="other").json()["jobId"], first.json()["jobId"])

    def test_keys_belong_to_an_account(self):
        other = self.api.make_key("--account", "other")
        mine = self.send("k4").json()["jobId"]
        theirs = self.make_job((), headers={"Idempotency-Key": "k4"}, key=other).json()["jobId"]
        self.assertNotEqual(mine, theirs)

    def test_a_key_of_other_characters_or_too_long_is_400(self):
        for key in ("x" * 256, "a\tb"):
            self.assert_error(self.send(key), 400)

    def test_keys_outlive_a_restart(self):
        job = self.send("k5").json()["jobId"]
        self.api.kill()
        self.api.start()
        again = self.send("k5")
        self.assertEqual((again.json()["jobId"], again.headers["Idempotent-Replayed"]), (job, "true"))


if __name__ == "__main__":
    unittest.main()
