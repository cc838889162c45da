"""The synchronous routes."""

import unittest

from contract import DATA_URL, PNG, ContractTest, files_below, images


class SyncTest(ContractTest):
    def test_the_answer_has_every_field(self):
        answer = self.convert([("format", "webp")])
        entry = self.only_file(answer)
        self.assertEqual({"filename", "mimeType", "originalSize", "finalSize", "savedPercent", "downloadUrl",
                          "appliedQuality", "width", "height", "storedFileId"} - set(entry), set())
        self.assertEqual(answer.json()["storage"], {"saved": False, "notice": None})
        self.assertTrue(entry["downloadUrl"].startswith("data:image/webp;base64,"))
        self.assertIsNone(entry["storedFileId"])
        self.assertEqual(len(self.content_of(entry)), entry["finalSize"])

    def test_a_failed_file_has_its_error_and_no_link(self):
        answer = self.convert([("format", "png")], [("files", "a.png", PNG), ("files", "b.png", b"nothing")])
        good, bad = answer.json()["files"]
        self.assertTrue(good["downloadUrl"].startswith(DATA_URL))
        self.assertEqual(bad["errorCode"], "unsupported_input")
        self.assertTrue(bad["errorMessage"])
        self.assertIsNone(bad.get("downloadUrl"))

    def test_when_every_file_failed_the_request_did(self):
        self.assert_error(self.convert([("format", "png")], [("files", "a.txt", b"nothing")]), 415, "unsupported_input")
        broken = PNG[:40] + b"\x00" * 20 + PNG[60:]
        self.assertIn(self.assert_error(self.convert([("format", "png")], [("files", "a.png", broken)]), 400)["code"],
                      ("decode_failed", "unsupported_input"))

    def test_nothing_of_an_unsaved_request_stays(self):
        key = self.api.make_key("--account", "passer-by")
        before = files_below(self.api.data)
        self.only_file(self.convert([("format", "bmp")], [("files", "a.png", images.png(900, 900))], key=key))
        self.assertEqual(files_below(self.api.data), before)
        self.assertEqual(self.api.get("/api/files", key=key).json()["pagination"]["total"], 0)
        self.assertEqual(self.api.get("/api/jobs", key=key).json()["pagination"]["total"], 0)

    def test_a_client_that_accepts_only_images_gets_the_bytes(self):
        answer = self.convert([("format", "webp")], headers={"Accept": "image/webp,image/*"})
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "image/webp"))
        self.assertEqual(answer.body[:4], b"RIFF")
        for accept in ("image/*,*/*", "application/json", "image/*, application/json"):
            self.only_file(self.convert([("format", "webp")], headers={"Accept": accept}))

    def test_errors_are_json_even_then(self):
        self.assert_error(self.convert([("format", "png")], [("files", "a", b"x")], headers={"Accept": "image/*"}), 415)

    def test_a_saving_request_gives_signed_links_and_ids(self):
        answer = self.convert([("format", "webp"), ("saveToStorage", "true")])
        entry = self.only_file(answer)
        self.assertTrue(answer.json()["storage"]["saved"])
        self.assertTrue(entry["downloadUrl"].startswith(f"http://127.0.0.1:{self.api.port}/api/files/"))
        self.assertEqual(self.api.fetch(entry["downloadUrl"]).body[:4], b"RIFF")
        found = self.api.get(f"/api/files/{entry['storedFileId']}").json()["file"]
        self.assertEqual((found["filename"], found["mime_type"], found["size_bytes"]),
                         ("a.webp", "image/webp", entry["finalSize"]))


class ClientsTest(ContractTest):
    """Requests as the official clients send them."""

    def test_the_typescript_sdk_converts(self):
        entry = self.only_file(self.convert(
            [("format", "webp"), ("compression", "80"), ("resize", "width"), ("resizeWidth", "20"), ("autoOrient", "true"),
             ("mono", "false"), ("saveToStorage", "false")], [("files", "upload", PNG)]))
        self.assertEqual((entry["filename"], entry["width"]), ("upload.webp", 20))

    def test_the_typescript_sdk_compresses(self):
        self.only_file(self.post("/api/compress", [("mode", "quality"), ("quality", "70"), ("lossless", "false"),
                                                   ("stripMetadata", "true"), ("saveToStorage", "false")],
                                 [("files", "upload", PNG)]))

    def test_the_mcp_server_converts_with_the_same_bytes_twice(self):
        entry = self.only_file(self.convert([("format", "png"), ("compression", "82"), ("saveToStorage", "false")],
                                            [("files", "a.png", PNG), ("file", "a.png", PNG)]))
        self.assertEqual(entry["filename"], "a.png")

    def test_the_mcp_server_gets_an_error_sentence_for_vectors(self):
        self.assert_error(self.convert([("format", "svg"), ("compression", "50"), ("mono", "true"),
                                        ("saveToStorage", "false")]), 415, "unsupported_format")

    def test_the_mcp_server_lists_jobs_and_reads_one(self):
        job = self.make_job().json()["jobId"]
        listed = self.api.get("/api/jobs?limit=10&offset=0&status=completed", headers={"Accept": "application/json"})
        self.assertEqual(listed.status, 200)
        self.assertEqual(self.api.get(f"/api/jobs/{job}").json()["jobId"], job)

    def test_the_php_client_converts_with_a_word(self):
        self.only_file(self.convert([("format", "jpg"), ("compression", "balanced"), ("autoOrient", "true"),
                                     ("mono", "false"), ("saveToStorage", "false")],
                                    headers={"Accept": "application/json"}))

    def test_the_php_client_makes_jobs(self):
        for parts in (("files",), ("files[0]", "files[1]")):
            answer = self.post("/api/jobs", [("format", "webp"), ("saveToStorage", "true"), ("idempotencyKey", f"p{len(parts)}")],
                               [(x, "a.png", PNG) for x in parts],
                               headers={"Accept": "application/json", "Idempotency-Key": f"p{len(parts)}"})
            self.assertEqual(answer.json()["status"], "pending")

    def test_the_php_client_uploads_lists_and_reads_files(self):
        made = self.post("/api/files", [("folderId", "")], [("file", "a.png", PNG)])
        self.assertIn(made.status, (200, 201))
        self.assertEqual(self.api.get("/api/files?limit=100&offset=0&folderId=null&q=a").status, 200)

    def test_media_tools_are_said_not_to_be_offered(self):
        for tool in ("inspect", "thumbnail", "images-to-pdf", "strip-metadata"):
            answer = self.post(f"/api/media/{tool}", [("saveToStorage", "false")], [("file", "a.png", PNG)])
            self.assert_error(answer, 404, "not_offered")


if __name__ == "__main__":
    unittest.main()
