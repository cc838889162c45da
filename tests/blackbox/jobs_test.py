"""Jobs from outside, as docs/api.md describes them."""

import json
import unittest
import uuid
from datetime import datetime, timedelta

import images
import server


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class JobsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.samples = server.samples()

    def expect_image(self, mime_type, content):
        self.assertEqual(images.complaint(mime_type, content), "")

    def test_job_is_acknowledged_as_pending(self):
        answer = self.convertd.post_form(
            "/api/jobs", [("format", "png"), ("saveToStorage", "true")],
            [("files", "a.png", images.png(4, 4))])
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json()["status"], "pending")
        self.assertEqual(str(uuid.UUID(answer.json()["jobId"])), answer.json()["jobId"])

    def test_samples_become_webp(self):
        job = self.convertd.wait_for(self.convertd.submit(self.samples.items(), resize="website"))
        self.assertEqual(job["status"], "completed", job)
        self.assertEqual((job["totalFiles"], job["completedFiles"], job["failedFiles"]), (3, 3, 0))
        self.assertEqual(job["progress"], 100)
        self.assertEqual([x["index"] for x in sorted(job["results"], key=lambda x: x["index"])], [0, 1, 2])
        for result in job["results"]:
            content = self.convertd.fetch(result["downloadUrl"]).body
            self.assertEqual(len(content), result["finalSize"])
            self.assertEqual(result["mimeType"], "image/webp")
            self.expect_image("image/webp", content)
            self.assertEqual(images.webp_size(content), (result["width"], result["height"]))
            self.assertLessEqual(result["width"], 1920)

    def test_stages_of_a_file_fit_between_its_start_and_the_end_of_the_job(self):
        job = self.convertd.wait_for(self.convertd.submit(self.samples.items(), resize="website"))
        created, ended = moment(job["createdAt"]), moment(job["completedAt"])
        for result in job["results"]:
            started = moment(result["startedAt"])
            self.assertLessEqual(created, started)
            stages = result["stages"]
            self.assertEqual(list(stages), ["decodeMs", "transformMs", "encodeMs", "storeMs"])
            self.assertGreater(min(stages["decodeMs"], stages["encodeMs"], stages["storeMs"]), 0)
            self.assertLessEqual(sum(stages.values()), (ended - started) / timedelta(milliseconds=1) + 1)

    def test_every_common_format_is_written(self):
        types = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif",
                 "tiff": "image/tiff", "avif": "image/avif", "heic": "image/heic", "pdf": "application/pdf",
                 "ico": "image/vnd.microsoft.icon"}
        for name, mime_type in types.items():
            with self.subTest(format=name):
                job = self.convertd.wait_for(
                    self.convertd.submit([("a.png", images.png(40, 30))], format=name))
                self.assertEqual(job["status"], "completed", job)
                result = job["results"][0]
                self.assertEqual(result["mimeType"], mime_type)
                self.assertEqual(result["filename"].rsplit(".", 1)[0], "a")
                self.expect_image(mime_type, self.convertd.fetch(result["downloadUrl"]).body)

    def test_unreadable_file_fails_alone(self):
        job = self.convertd.wait_for(
            self.convertd.submit([("good.png", images.png(4, 4)), ("bad.png", b"not an image")]))
        self.assertEqual((job["status"], job["completedFiles"], job["failedFiles"]), ("completed", 1, 1))
        bad = next(x for x in job["results"] if x["index"] == 1)
        self.assertEqual(bad["status"], "failed")
        self.assertEqual(bad["errorCode"], "unsupported_input")
        self.assertNotIn("downloadUrl", bad)

    def test_job_without_a_good_file_fails_and_says_why(self):
        job = self.convertd.wait_for(self.convertd.submit([("bad.png", b"\x89PNG\r\n\x1a\nbroken")]))
        self.assertEqual((job["status"], job["progress"]), ("failed", 100))
        self.assertTrue(job["errorMessage"])

    def test_array_gives_each_file_its_own_format(self):
        job = self.convertd.wait_for(self.convertd.submit(
            [("a.png", images.png(4, 4)), ("b.png", images.png(4, 4))], formats='["png", "jpg"]'))
        found = {x["index"]: x["mimeType"] for x in job["results"]}
        self.assertEqual(found, {0: "image/png", 1: "image/jpeg"})

    def test_names_in_one_job_differ(self):
        job = self.convertd.wait_for(self.convertd.submit(
            [("a.png", images.png(4, 4)), ("a.png", images.png(5, 5))]))
        names = sorted(x["filename"] for x in job["results"])
        self.assertEqual(names, ["a (2).webp", "a.webp"])

    def test_metadata_is_echoed(self):
        job = self.convertd.wait_for(self.convertd.submit(
            [("a.png", images.png(4, 4))], metadata=json.dumps({"order": 7})))
        self.assertEqual(job["metadata"], {"order": 7})

    def test_refused_settings(self):
        good = [("files", "a.png", images.png(4, 4))]
        saved = ("saveToStorage", "true")
        cases = [
            ([("format", "webp")], good, 400, "saveToStorage must be true"),
            ([saved], good, 400, "format is missing"),
            ([saved, ("format", "webp")], [], 400, "no file"),
            ([saved, ("format", "mp4")], good, 415, "unsupported_format"),
            ([saved, ("format", "webp"), ("compression", "101")], good, 400, "invalid_setting"),
            ([saved, ("format", "webp"), ("resize", "width")], good, 400, "width is missing"),
            ([saved, ("formats", '["webp", "png"]')], good, 400, "array_length"),
            ([saved, ("formats", '["webp"')], good, 400, "invalid_json"),
            ([saved, ("format", "webp"), ("sourceUrl", "http://a.example/x.png")], [], 400,
             "source_url_not_offered"),
        ]
        before = self.convertd.get("/api/jobs").json()["pagination"]["total"]
        for fields, files, status, what in cases:
            with self.subTest(what):
                answer = self.convertd.post_form("/api/jobs", fields, files)
                self.assertEqual(answer.status, status, answer.body)
                self.assertTrue(answer.json()["error"])
        self.assertEqual(self.convertd.get("/api/jobs").json()["pagination"]["total"], before)

    def test_list_is_paged_newest_first(self):
        key = self.convertd.make_key("--account", f"lister-{uuid.uuid4().hex}")
        ids = []
        for _ in range(3):
            answer = self.convertd.post_form(
                "/api/jobs", [("format", "png"), ("saveToStorage", "true")],
                [("files", "a.png", images.png(4, 4))], key=key)
            ids.append(answer.json()["jobId"])
        first = self.convertd.get("/api/jobs?limit=2", key=key).json()
        self.assertEqual([x["jobId"] for x in first["jobs"]], [ids[2], ids[1]])
        self.assertEqual(first["pagination"], {"limit": 2, "offset": 0, "total": 3, "hasMore": True})
        rest = self.convertd.get("/api/jobs?limit=2&offset=2", key=key).json()
        self.assertEqual([x["jobId"] for x in rest["jobs"]], [ids[0]])
        self.assertFalse(rest["pagination"]["hasMore"])

    def test_job_of_another_account_is_not_found(self):
        files = [(f"{i}.png", images.png(900, 900, (i, 0, 0))) for i in range(8)]
        job = self.convertd.submit(files, format="avif")
        stranger = self.convertd.make_key("--account", f"stranger-{uuid.uuid4().hex}")
        self.assertEqual(self.convertd.get(f"/api/jobs/{job}", key=stranger).status, 404)
        for path in (f"/api/jobs/{job}", f"/api/jobs/{job}?force=true"):
            answer = self.convertd.request("DELETE", path, key=stranger)
            self.assertEqual(answer.status, 404, answer.body)
        self.assertEqual(self.convertd.wait_for(job)["completedFiles"], 8)

    def test_final_job_cannot_be_cancelled(self):
        job = self.convertd.wait_for(self.convertd.submit([("a.png", images.png(4, 4))]))
        answer = self.convertd.request("DELETE", f"/api/jobs/{job['jobId']}")
        self.assertEqual((answer.status, answer.json()["code"]), (409, "not_cancellable"))

    def test_forced_cancel_ends_a_job_at_work(self):
        files = [(f"{i}.png", images.png(1500, 1500, (i, 0, 0))) for i in range(40)]
        job = self.convertd.submit(files, format="avif")
        answer = self.convertd.request("DELETE", f"/api/jobs/{job}?force=true")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((answer.json()["success"], answer.json()["status"]), (True, "failed"))
        found = self.convertd.get(f"/api/jobs/{job}").json()
        self.assertEqual((found["status"], found["errorMessage"]), ("failed", "Job was cancelled."))

    def test_what_failed_is_tried_again_as_a_new_job(self):
        files = [("good.png", images.png(4, 4)), ("bad.png", b"not an image"), ("worse.png", b"neither")]
        old = self.convertd.wait_for(self.convertd.submit(files, metadata='{"order": 8}', format="png"))
        answer = self.convertd.request("POST", f"/api/jobs/{old['jobId']}/retry")
        self.assertEqual((answer.status, answer.json()["retryOf"]), (200, old["jobId"]), answer.body)
        again = self.convertd.wait_for(answer.json()["jobId"])
        self.assertEqual((again["status"], again["totalFiles"]), ("failed", 2), again)
        self.assertEqual([x["filename"] for x in again["results"]], ["bad.png", "worse.png"])
        self.assertEqual(again["metadata"], {"order": 8})

    def test_what_was_cancelled_is_converted_by_its_retry(self):
        files = [(f"{i}.png", images.png(900, 900, (i, 0, 0))) for i in range(20)]
        job = self.convertd.submit(files, format="avif")
        self.assertEqual(self.convertd.request("DELETE", f"/api/jobs/{job}?force=true").status, 200)
        cancelled = self.convertd.get(f"/api/jobs/{job}").json()
        retried = self.convertd.request("POST", f"/api/jobs/{job}/retry").json()["jobId"]
        self.assertEqual(self.convertd.request("DELETE", f"/api/jobs/{job}/files").status, 200)
        again = self.convertd.wait_for(retried)
        self.assertEqual((again["status"], again["completedFiles"]), ("completed", cancelled["failedFiles"]))
        for result in again["results"]:
            self.expect_image("image/avif", self.convertd.fetch(result["downloadUrl"]).body)

    def test_erased_files_are_gone_and_the_job_stays(self):
        job = self.convertd.wait_for(self.convertd.submit([("a.png", images.png(4, 4))]))
        url = job["results"][0]["downloadUrl"]
        answer = self.convertd.request("DELETE", f"/api/jobs/{job['jobId']}/files")
        self.assertEqual((answer.status, answer.json()["success"]), (200, True))
        self.assertEqual(self.convertd.get(url[url.index("/api/"):], key=None).status, 404)
        found = self.convertd.get(f"/api/jobs/{job['jobId']}").json()
        self.assertEqual((found["status"], found["completedFiles"]), ("completed", 1))
        self.assertNotIn("downloadUrl", found["results"][0])
        answer = self.convertd.request("POST", f"/api/jobs/{job['jobId']}/retry")
        self.assertEqual((answer.status, answer.json()["code"]), (409, "nothing_failed"))

    def test_signed_url_must_be_whole(self):
        job = self.convertd.wait_for(self.convertd.submit([("a.png", images.png(4, 4))]))
        url = job["results"][0]["downloadUrl"]
        path = url[url.index("/api/"):]
        self.assertEqual(self.convertd.get(path, key=None).status, 200)
        broken = path[:-1] + ("0" if path[-1] != "0" else "1")
        self.assertEqual(self.convertd.get(broken, key=None).status, 403)
        self.assertIn(self.convertd.get(path.split("?")[0], key=None).status, (401, 403))

    def test_part_of_an_output(self):
        job = self.convertd.wait_for(self.convertd.submit([("a.png", images.png(64, 64))]))
        url = job["results"][0]["downloadUrl"]
        path = url[url.index("/api/"):]
        part = self.convertd.get(path, key=None, headers={"Range": "bytes=0-3"})
        self.assertEqual((part.status, part.body), (206, b"RIFF"))


class RestartTest(unittest.TestCase):
    def test_acknowledged_job_survives_a_killed_server(self):
        with server.Server() as convertd:
            files = [(f"{i}.png", images.png(600, 600, (i, 9, 9))) for i in range(12)]
            job = convertd.submit(files)
            convertd.kill()
            convertd.start()
            found = convertd.wait_for(job)
            self.assertEqual((found["status"], found["completedFiles"]), ("completed", 12), found)
            for result in found["results"]:
                content = convertd.fetch(result["downloadUrl"]).body
                self.assertEqual(images.complaint("image/webp", content), "")

    def test_finished_job_is_there_after_a_restart(self):
        with server.Server() as convertd:
            before = convertd.wait_for(convertd.submit([("a.png", images.png(30, 30))]))
            self.assertEqual(convertd.stop(), 0, convertd.log())
            convertd.start()
            after = convertd.get(f"/api/jobs/{before['jobId']}").json()
            self.assertEqual(after["completedAt"], before["completedAt"])
            self.assertEqual(len(convertd.fetch(after["results"][0]["downloadUrl"]).body),
                             before["results"][0]["finalSize"])


if __name__ == "__main__":
    unittest.main()
