"""Rules for every route."""

import re
import socket
import unittest
import uuid

from contract import PNG, ContractTest, files_below


class RulesTest(ContractTest):
    def test_no_key_is_asked_for_by_the_open_routes(self):
        for path in ("/livez", "/healthz", "/readyz", "/openapi.json", "/llms.txt"):
            with self.subTest(path=path):
                self.assertEqual(self.api.get(path, key=None).status, 200)

    def test_both_ways_to_give_a_key_work(self):
        for headers in ({"Authorization": f"Bearer {self.api.key}"}, {"x-api-key": self.api.key}):
            self.assertEqual(self.api.get("/api/jobs", key=None, headers=headers).status, 200)

    def test_a_missing_key_is_401_with_the_exact_text(self):
        answer = self.api.get("/api/jobs", key=None)
        self.assertEqual(self.assert_error(answer, 401, "missing_key")["error"], "Missing API key.")
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")

    def test_a_wrong_key_is_401(self):
        answer = self.api.get("/api/jobs", key="cvd_wrong")
        self.assert_error(answer, 401, "invalid_key")
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")

    def test_another_accounts_job_is_404(self):
        job = self.make_job().json()["jobId"]
        other = self.api.make_key("--account", "other")
        for method, path in (("GET", f"/api/jobs/{job}"), ("DELETE", f"/api/jobs/{job}"),
                             ("GET", f"/api/jobs/{job}/events"), ("POST", f"/api/jobs/{job}/retry"),
                             ("DELETE", f"/api/jobs/{job}/files")):
            with self.subTest(method=method, path=path):
                self.assert_error(self.api.request(method, path, key=other), 404, "not_found")
        self.assertEqual(self.api.get("/api/jobs", key=other).json()["pagination"]["total"], 0)

    def test_routes_of_the_hosted_service_are_404_not_offered(self):
        for method, path in (("POST", "/api/media/thumbnail"), ("POST", "/api/transfer"), ("GET", "/api/folders"),
                             ("POST", "/api/media/inspect"), ("GET", "/api/no-such-thing")):
            with self.subTest(path=path):
                self.assert_error(self.api.request(method, path), 404, "not_offered")

    def test_an_unknown_path_is_404_in_json(self):
        self.assert_error(self.api.get("/nothing/here"), 404)

    def test_a_wrong_method_is_405_with_allow(self):
        for path, allowed in (("/api/jobs", {"GET", "POST"}), ("/api/convert", {"POST"}), ("/api/usage", {"GET"})):
            answer = self.api.request("PUT", path)
            self.assert_error(answer, 405, "method_not_allowed")
            self.assertLessEqual(allowed, set(re.split(r",\s*", answer.headers["Allow"])))

    def test_a_sane_request_id_is_kept(self):
        answer = self.api.get("/api/jobs", headers={"X-Request-Id": "shop-42.a_b"})
        self.assertEqual(answer.headers["X-Request-Id"], "shop-42.a_b")

    def test_every_answer_has_a_request_id(self):
        for answer in (self.api.get("/livez", key=None), self.api.get("/api/none"), self.convert()):
            self.assertTrue(answer.headers["X-Request-Id"])
        told = self.api.get("/api/jobs", headers={"X-Request-Id": "a b<script>"}).headers["X-Request-Id"]
        self.assertNotIn("<", told)

    def test_ids_are_uuids_of_version_7_that_sort_by_time(self):
        made = [self.make_job().json()["jobId"] for _ in range(3)]
        self.assertEqual([uuid.UUID(x).version for x in made], [7, 7, 7])
        self.assertEqual(made, sorted(made))

    def test_times_are_rfc_3339_in_utc(self):
        job = self.finished()
        for name in ("createdAt", "startedAt", "completedAt", "expiresAt"):
            self.assertRegex(job[name], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")

    def test_broken_json_in_a_field_is_invalid_json(self):
        self.assert_error(self.make_job([("formats", '["png"')]), 400, "invalid_json", "formats")

    def test_a_body_that_is_no_form_is_400(self):
        answer = self.api.request("POST", "/api/jobs", body=b"{}", headers={"Content-Type": "application/json"})
        self.assert_error(answer, 400)


class UploadTest(ContractTest):
    def test_files_may_be_repeated_or_numbered_and_keep_their_order(self):
        for names in (("files", "files", "files"), ("files[0]", "files[1]", "files[2]")):
            answer = self.convert([("format", "png")], [(n, f"{i}.png", PNG) for i, n in enumerate(names)])
            self.assertEqual([x["filename"] for x in answer.json()["files"]], ["0.png", "1.png", "2.png"])

    def test_file_counts_only_when_there_is_no_files(self):
        both = self.convert([("format", "png")], [("files", "a.png", PNG), ("file", "b.png", PNG)])
        self.assertEqual([x["filename"] for x in both.json()["files"]], ["a.png"])
        first = self.convert([("format", "png")], [("file", "b.png", PNG), ("files", "a.png", PNG)])
        self.assertEqual([x["filename"] for x in first.json()["files"]], ["a.png"])
        alone = self.convert([("format", "png")], [("file", "b.png", PNG)])
        self.assertEqual([x["filename"] for x in alone.json()["files"]], ["b.png"])

    def raw_form(self, parts):
        mark = "mark0"
        body = b"".join(b"--" + mark.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
                        for head, content in parts) + b"--" + mark.encode() + b"--\r\n"
        return self.api.request("POST", "/api/convert", body=body,
                                headers={"Content-Type": f"multipart/form-data; boundary={mark}"})

    def test_settings_may_come_after_the_files(self):
        answer = self.raw_form([
            ('Content-Disposition: form-data; name="files"; filename="a.png"\r\nContent-Type: image/png', PNG),
            ('Content-Disposition: form-data; name="format"', b"webp")])
        self.assertEqual(self.only_file(answer)["mimeType"], "image/webp")

    def test_a_part_needs_no_type(self):
        answer = self.raw_form([
            ('Content-Disposition: form-data; name="format"', b"webp"),
            ('Content-Disposition: form-data; name="files"; filename="a.png"', PNG)])
        self.assertEqual(self.only_file(answer)["mimeType"], "image/webp")

    def test_the_kind_of_a_file_is_told_by_its_content(self):
        answer = self.raw_form([
            ('Content-Disposition: form-data; name="format"', b"webp"),
            ('Content-Disposition: form-data; name="files"; filename="a.txt"\r\nContent-Type: text/plain', PNG)])
        self.assertEqual(self.only_file(answer)["filename"], "a.webp")

    def test_unknown_fields_are_ignored(self):
        self.only_file(self.convert([("format", "png"), ("watermark", "yes"), ("folderId", "7")]))

    def test_an_empty_value_counts_as_absent(self):
        self.only_file(self.convert([("format", "png"), ("compression", ""), ("resize", ""), ("resizeWidth", "")]))

    def test_a_source_url_without_a_file_is_400(self):
        answer = self.convert([("format", "png"), ("sourceUrl", "https://example.com/a.png")], [])
        self.assert_error(answer, 400, "source_url_not_offered")

    def test_no_file_at_all_is_400(self):
        for path in ("/api/convert", "/api/compress", "/api/jobs"):
            answer = self.post(path, [("format", "png"), ("saveToStorage", "true")])
            self.assert_error(answer, 400, "missing_field")

    def test_a_refused_request_leaves_nothing(self):
        before = self.api.get("/api/jobs").json()["pagination"]["total"], files_below(self.api.data)
        big = b"\x89PNG\r\n\x1a\n" + bytes(300_000)
        for fields in ([("format", "mp4")], [("format", "webp"), ("resize", "width")], [("compression", "0")]):
            self.assertGreaterEqual(self.make_job(fields, [("files", "a.png", big)]).status, 400)
        self.assertEqual((self.api.get("/api/jobs").json()["pagination"]["total"], files_below(self.api.data)), before)

    def test_100_continue_is_said_only_after_the_key_was_looked_at(self):
        def first_line(key):
            with socket.create_connection(("127.0.0.1", self.api.port), timeout=10) as line:
                line.sendall(f"POST /api/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
                             "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100\r\n"
                             "Expect: 100-continue\r\n\r\n".encode())
                return line.recv(4096).split(b"\r\n")[0]
        self.assertIn(b" 401 ", first_line("wrong"))
        self.assertIn(b" 100 ", first_line(self.api.key))


if __name__ == "__main__":
    unittest.main()
