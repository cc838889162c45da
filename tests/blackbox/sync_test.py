"""The routes that answer when they are done, from outside, as docs/api.md describes them."""

import base64
import contextlib
import json
import os
import pathlib
import socket
import time
import unittest

import images
import server


def picture(result):
    """The bytes of a data URL, taken apart as official clients do: at the first comma."""
    head, _, text = result["downloadUrl"].partition(",")
    assert head == f"data:{result['mimeType']};base64", head
    return base64.b64decode(text, validate=True)


class SyncTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.samples = server.samples()

    def post(self, fields, files, path="/api/convert", **more):
        return self.convertd.post_form(path, fields, files, **more)

    def convert(self, fields, files, **more):
        answer = self.post(fields, files, **more)
        self.assertEqual(answer.status, 200, answer.body[:500])
        return answer.json()

    def stored_files(self):
        """Everything in the data directory but the store, whose pages are its own affair."""
        data = pathlib.Path(self.convertd.data)
        return sorted(str(x.relative_to(data)) for part in ("live", "kept")
                      for x in (data / part).rglob("*") if x.is_file())

    def deleted_files(self):
        """Files without a name that the server still holds, and that hold something: codec processes keep empty ones."""
        found = []
        for fd in pathlib.Path(f"/proc/{self.convertd.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                name, size = os.readlink(fd), fd.stat().st_size
                if "(deleted)" in name and size > 0:
                    found.append(name)
        return found

    def expect_error(self, answer, status, code):
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer.body)
        self.assertTrue(answer.json()["error"])

    def test_samples_become_webp(self):
        files = [("files", name, content) for name, content in self.samples.items()]
        said = self.convert([("format", "webp"), ("resize", "website"), ("compression", "high")], files)
        self.assertEqual(said["storage"], {"saved": False, "notice": None})
        self.assertEqual([x["filename"] for x in said["files"]],
                         [name.rsplit(".", 1)[0] + ".webp" for name in self.samples])
        for result, content in zip(said["files"], self.samples.values()):
            self.assertEqual(list(result), ["filename", "mimeType", "originalSize", "finalSize", "savedPercent",
                                            "downloadUrl", "appliedQuality", "width", "height", "storedFileId"])
            made = picture(result)
            self.assertEqual((result["originalSize"], result["finalSize"]), (len(content), len(made)))
            self.assertEqual(images.complaint("image/webp", made), "")
            self.assertEqual(images.webp_size(made), (result["width"], result["height"]))
            self.assertEqual((result["appliedQuality"], result["storedFileId"]), (92, None))

    def test_nothing_of_it_stays(self):
        before = self.stored_files()
        total = self.convertd.get("/api/jobs").json()["pagination"]["total"]
        large = images.png(1600, 1200)
        self.convert([("format", "png")], [("files", "a.png", large), ("files", "b.png", large + bytes(100_000))])
        self.assertEqual(self.stored_files(), before)
        self.assertEqual(self.convertd.get("/api/jobs").json()["pagination"]["total"], total)
        self.assertEqual(self.deleted_files(), [])

    def test_requests_of_official_clients(self):
        png = images.png(40, 30)
        cases = {
            "SDK": ([("format", "webp"), ("compression", "82"), ("autoOrient", "true"), ("saveToStorage", "false")],
                    [("files", "upload", png)], {}),
            "MCP": ([("format", "webp"), ("compression", "82"), ("saveToStorage", "false")],
                    [("files", "a.png", png), ("file", "a.png", png)], {}),
            "PHP": ([("format", "webp"), ("compression", "balanced"), ("autoOrient", "true"), ("mono", "false"),
                     ("saveToStorage", "false"), ("resize", ""), ("resizeWidth", ""), ("vectorize", "false")],
                    [("files", "a.png", png)], {"Accept": "application/json"}),
            "x-api-key": ([("format", "webp")], [("files[0]", "a.png", png)], None),
        }
        for who, (fields, files, headers) in cases.items():
            with self.subTest(who):
                if headers is None:
                    said = self.convert(fields, files, key=None, headers={"x-api-key": self.convertd.key})
                else:
                    said = self.convert(fields, files, headers=headers)
                self.assertEqual(len(said["files"]), 1)
                self.assertTrue(said["files"][0]["filename"].endswith(".webp"))
                self.assertEqual(images.webp_size(picture(said["files"][0])), (40, 30))

    def test_compress_requests_of_official_clients(self):
        photo = self.samples["photo.jpg"]
        files = [("files", "photo.jpg", photo)]
        cases = {
            "SDK": ([("mode", "quality"), ("quality", "60")], files),
            "MCP": ([("mode", "target-size"), ("quality", "82"), ("lossless", "false"), ("stripMetadata", "true"),
                     ("targetBytes", "60000"), ("saveToStorage", "false")], files + [("file", "photo.jpg", photo)]),
            "PHP": ([("mode", "quality"), ("quality", "82"), ("stripMetadata", "false"), ("saveToStorage", "false")],
                    files),
        }
        for who, (fields, sent) in cases.items():
            with self.subTest(who):
                said = self.convert(fields, sent, path="/api/compress")
                self.assertEqual([x["filename"] for x in said["files"]], ["photo.jpg"])
                made = picture(said["files"][0])
                self.assertEqual(images.complaint("image/jpeg", made), "")
                self.assertLessEqual(len(made), 60_000 if who == "MCP" else len(photo))

    def test_a_target_that_cannot_be_reached_says_what_can(self):
        answer = self.post([("mode", "target-size"), ("targetBytes", "10")],
                           [("files", "photo.jpg", self.samples["photo.jpg"])], path="/api/compress")
        self.expect_error(answer, 400, "target_unreachable")
        self.assertGreater(int(answer.json()["detail"]), 10)

    def test_a_bad_file_fails_beside_a_good_one(self):
        said = self.convert([("format", "jpg")],
                            [("files", "bad.png", b"not an image"), ("files", "good.png", images.png(4, 4))])
        bad, good = said["files"]
        self.assertEqual((bad["filename"], bad["errorCode"]), ("bad.png", "unsupported_input"))
        self.assertTrue(bad["errorMessage"])
        self.assertNotIn("downloadUrl", bad)
        self.assertEqual(images.complaint("image/jpeg", picture(good)), "")

    def test_when_all_files_fail_the_first_error_is_the_answer(self):
        self.expect_error(self.post([("format", "jpg")], [("files", "a.png", b"not an image")]),
                          415, "unsupported_input")
        broken = b"\x89PNG\r\n\x1a\nbroken"
        self.expect_error(self.post([("format", "jpg")], [("files", "a.png", broken), ("files", "b", b"x")]),
                          400, "decode_failed")

    def test_a_decoder_that_crashes_twice_fails_its_file(self):
        crash = b"CONVERTD-FAULT:crash"
        answer = self.post([("format", "webp")], [("files", "a.png", crash)])
        self.expect_error(answer, 400, "decoder_crashed")
        said = self.convert([("format", "webp")], [("files", "a.png", crash), ("files", "b.png", images.png(4, 4))])
        self.assertEqual(said["files"][0]["errorCode"], "decoder_crashed")
        self.assertTrue(picture(said["files"][1]))

    def test_refusals(self):
        good = [("files", "a.png", images.png(4, 4))]
        cases = [
            ([], good, 400, "missing_field"),
            ([("format", "webp")], [], 400, "missing_field"),
            ([("format", "mp4")], good, 415, "unsupported_format"),
            ([("format", "svg"), ("mono", "true")], good, 415, "unsupported_format"),
            ([("format", "webp"), ("compression", "0")], good, 400, "invalid_setting"),
            ([("format", "webp"), ("resize", "width")], good, 400, "missing_field"),
            ([("formats", '["webp","png"]')], good, 400, "array_length"),
            ([("format", "webp"), ("sourceUrl", "http://a.example/x.png")], [], 400, "source_url_not_offered"),
        ]
        for fields, files, status, code in cases:
            with self.subTest(code=code, fields=fields):
                self.expect_error(self.post(fields, files), status, code)
        self.expect_error(self.post([], good, key=None), 401, "missing_key")
        self.assertEqual(self.convertd.get("/api/convert").status, 405)
        self.assertEqual(self.deleted_files(), [])

    def test_plan_limits(self):
        key = self.convertd.make_key("--account", "small", "--plan", "free")
        six = [("files", f"{i}.png", images.png(2, 2)) for i in range(6)]
        self.expect_error(self.post([("format", "webp")], six, key=key), 403, "too_many_files")
        self.assertEqual(self.post([("format", "webp")], six[:5], key=key).status, 200)

    def test_an_image_for_who_takes_no_json(self):
        answer = self.post([("format", "png")], [("files", "ä b.jpg", self.samples["photo.jpg"])],
                           headers={"Accept": "image/*"})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "image/png")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("filename*=UTF-8''%C3%A4%20b.png", answer.headers["Content-Disposition"])
        self.assertEqual(images.complaint("image/png", answer.body), "")
        failed = self.post([("format", "png")], [("files", "a.jpg", b"no")], headers={"Accept": "image/*"})
        self.expect_error(failed, 415, "unsupported_input")

    def test_results_are_saved_when_asked_for(self):
        files = [("files", "large.png", images.png(1200, 900)), ("files", "bad.png", b"no"),
                 ("files", "small.png", images.png(4, 4))]
        said = self.convert([("format", "bmp"), ("saveToStorage", "true")], files)
        self.assertEqual(said["storage"], {"saved": True, "notice": None})
        self.assertNotIn("downloadUrl", said["files"][1])
        for result in (said["files"][0], said["files"][2]):
            content = self.convertd.fetch(result["downloadUrl"]).body
            self.assertEqual((len(content), content[:2]), (result["finalSize"], b"BM"))
            stored = self.convertd.get(f"/api/files/{result['storedFileId']}").json()["file"]
            self.assertEqual((stored["filename"], stored["size_bytes"]), (result["filename"], result["finalSize"]))

    def test_a_client_that_leaves_takes_its_files_along(self):
        slow = b"CONVERTD-FAULT:slow"
        body, kind = server.multipart([("format", "webp")], [("files", f"{i}.png", slow) for i in range(100)])
        with socket.create_connection(("127.0.0.1", self.convertd.port)) as leaving:
            leaving.sendall(f"POST /api/convert HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.convertd.key}\r\n"
                            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            time.sleep(0.3)
        begin = time.monotonic()
        self.convert([("format", "webp")], [("files", "a.png", images.png(4, 4))])
        job = self.convertd.wait_for(self.convertd.submit([("a.png", images.png(4, 4))]))
        self.assertEqual(job["status"], "completed")
        self.assertLess(time.monotonic() - begin, 5)  # a hundred would take 10 s

    def test_it_goes_ahead_of_a_job(self):
        job = self.convertd.submit([(f"{i}.png", images.png(900, 900, (i, 0, 0))) for i in range(16)], format="avif")
        self.convert([("format", "webp")], [("files", "a.png", images.png(4, 4))])
        ended = self.convertd.get(f"/api/jobs/{job}").json()["completedFiles"]
        self.assertLess(ended, 14)
        self.convertd.request("DELETE", f"/api/jobs/{job}?force=true")


class BoundsTest(unittest.TestCase):
    def test_more_files_than_may_wait_are_refused(self):
        png = images.png(4, 4)
        with server.Server("--sync-files-max", "5") as convertd:
            three = [("files", f"{i}.png", png) for i in range(3)]
            self.assertEqual(convertd.post_form("/api/convert", [("format", "webp")], three).status, 200)
            answer = convertd.post_form("/api/convert", [("format", "webp")], three + three[:1])
            self.assertEqual((answer.status, answer.json()["code"]), (403, "too_many_files"))
            self.assertIn("/api/jobs", answer.json()["error"])

    def test_a_full_desk_is_503_and_empties(self):
        hang = b"CONVERTD-FAULT:hang"  # no place becomes free until the client leaves
        with server.Server("--sync-files-max", "60") as convertd:
            admin = convertd.make_key("--admin")
            body, kind = server.multipart([("format", "webp")], [("files", f"{i}.png", hang) for i in range(30)])
            with socket.create_connection(("127.0.0.1", convertd.port)) as waiting:
                waiting.sendall(f"POST /api/convert HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {convertd.key}\r\n"
                                f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                deadline = time.monotonic() + 10
                while convertd.get("/api/server/stats", key=admin).json()["codecs"]["filesWaiting"] == 0:
                    self.assertLess(time.monotonic(), deadline, "the thirty never came in")
                one = [("files", "a.png", images.png(4, 4))]
                answer = convertd.post_form("/api/convert", [("format", "webp")], one)
                self.assertEqual((answer.status, answer.json()["code"]), (503, "queue_full"), answer.body)
                self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            deadline = time.monotonic() + 5  # the client has left
            while answer.status != 200 and time.monotonic() < deadline:
                answer = convertd.post_form("/api/convert", [("format", "webp")], one)
            self.assertEqual(answer.status, 200, answer.body)

    def test_results_over_100_mib_point_to_jobs(self):
        """BMPs are as large as their pixels."""
        with server.Server() as convertd:
            wide = images.png(4000, 3000)
            files = [("files", f"{i}.png", wide) for i in range(3)]
            answer = convertd.post_form("/api/convert", [("format", "bmp")], files)
            self.assertEqual((answer.status, answer.json()["code"]), (413, "file_too_large"), answer.body[:300])
            self.assertIn("/api/jobs", answer.json()["error"])


if __name__ == "__main__":
    unittest.main()
