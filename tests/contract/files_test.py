"""Stored files, and the signed links to their content."""

import re
import unittest
import uuid

from contract import PNG, ContractTest


class FilesTest(ContractTest):
    def store(self, name="a.png", content=PNG, **more):
        answer = self.post("/api/files", [], [("file", name, content)], **more)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.json()["file"]

    def test_a_file_is_stored_as_it_is(self):
        for content in (PNG, bytes(range(256)) * 1000):
            made = self.store("x.bin", content)
            self.assertEqual(self.api.fetch(made["downloadUrl"]).body, content)

    def test_a_stored_file_has_every_field(self):
        made = self.store()
        uuid.UUID(made["id"])
        self.assertEqual((made["filename"], made["mime_type"], made["size_bytes"], made["folder_id"]),
                         ("a.png", "image/png", len(PNG), None))
        self.assertEqual(made["downloadUrl"], made["download_url"])
        self.assertRegex(made["created_at"], r"\A\d{4}-\d\d-\d\dT")

    def test_files_are_listed_with_pages_a_search_and_a_kind(self):
        key = self.api.make_key("--account", "lister")
        for name in ("Summer.png", "winter.png"):
            self.store(name, key=key)
        self.store("notes.txt", b"plain words", key=key)
        def names(query):
            answer = self.api.get(f"/api/files?{query}", key=key).json()
            return [x["filename"] for x in answer["files"]], answer["pagination"]
        self.assertEqual(names("limit=2"), (["notes.txt", "winter.png"],
                                            {"limit": 2, "offset": 0, "total": 3, "hasMore": True}))
        self.assertEqual(names("q=summer")[0], ["Summer.png"])
        self.assertEqual(names("mimePrefix=image/")[0], ["winter.png", "Summer.png"])
        self.assertEqual(names("offset=2&limit=2")[0], ["Summer.png"])

    def test_one_file_is_described_renamed_and_erased(self):
        made = self.store()
        path = f"/api/files/{made['id']}"
        self.assertEqual(self.api.get(path).json()["file"]["id"], made["id"])
        renamed = self.api.request("PATCH", path, body=b'{"filename": "b.png"}',
                                   headers={"Content-Type": "application/json"})
        self.assertEqual(renamed.json()["file"]["filename"], "b.png")
        gone = self.api.request("DELETE", path)
        self.assertEqual((gone.status, gone.json()["success"]), (200, True))
        self.assertTrue(gone.json()["message"])
        self.assert_error(self.api.get(path), 404, "not_found")
        self.assertEqual(self.api.get(made["downloadUrl"][len(f"http://127.0.0.1:{self.api.port}"):], key=None).status, 404)

    def test_a_name_must_be_a_name(self):
        path = f"/api/files/{self.store()['id']}"
        for body, code in ((b"{", "invalid_json"), (b"{}", "missing_field"), (b'{"filename": ""}', None)):
            self.assert_error(self.api.request("PATCH", path, body=body, headers={"Content-Type": "application/json"}),
                              400, code)

    def test_another_accounts_file_is_404(self):
        other = self.api.make_key("--account", "other")
        path = f"/api/files/{self.store()['id']}"
        for method in ("GET", "DELETE"):
            self.assert_error(self.api.request(method, path, key=other), 404, "not_found")

    def test_a_request_without_a_file_is_400(self):
        self.assert_error(self.post("/api/files"), 400, "missing_field")


class ContentTest(ContractTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.content = bytes(range(256)) * 600
        made = cls.api.post_form("/api/files", [], [("file", "naïve “name”.bin", cls.content)]).json()["file"]
        cls.path = made["downloadUrl"][len(f"http://127.0.0.1:{cls.api.port}"):]

    def fetch(self, headers=None, method="GET", path=None):
        return self.api.request(method, path or self.path, key=None, headers=headers or {})

    def test_the_link_needs_no_key_and_says_what_it_sends(self):
        answer = self.fetch()
        self.assertEqual((answer.status, answer.body), (200, self.content))
        self.assertEqual(answer.headers["Content-Length"], str(len(self.content)))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.assertTrue(answer.headers["ETag"])
        self.assertIn("filename*=UTF-8''na%C3%AFve", answer.headers["Content-Disposition"])

    def test_a_link_is_the_same_from_poll_to_poll(self):
        job = self.finished()
        again = self.api.get(f"/api/jobs/{job['jobId']}").json()
        self.assertEqual(job["results"][0]["downloadUrl"], again["results"][0]["downloadUrl"])

    def test_its_end_is_a_whole_hour_one_to_two_hours_away(self):
        import time
        end = int(re.search(r"exp=(\d+)", self.path).group(1))
        self.assertEqual(end % 3600, 0)
        self.assertTrue(3590 <= end - time.time() <= 7210)

    def test_a_changed_link_is_refused(self):
        for wrong in (re.sub(r"sig=.", "sig=" + ("A" if "sig=B" in self.path else "B"), self.path),
                      re.sub(r"exp=(\d+)", lambda m: f"exp={int(m.group(1)) + 3600}", self.path),
                      self.path.split("?")[0], re.sub(r"exp=\d+", "exp=1000000000", self.path)):
            answer = self.fetch(path=wrong)
            self.assertIn(answer.status, (401, 403), wrong)
            answer.json()

    def test_ranges_are_sent(self):
        for given, wanted in (("bytes=0-9", self.content[:10]), ("bytes=-5", self.content[-5:]),
                              (f"bytes={len(self.content) - 3}-", self.content[-3:])):
            answer = self.fetch({"Range": given})
            self.assertEqual((answer.status, answer.body), (206, wanted), given)
            self.assertTrue(answer.headers["Content-Range"].endswith(f"/{len(self.content)}"))
        self.assertEqual(self.fetch({"Range": "bytes=999999999-"}).status, 416)

    def test_head_sends_the_headers_alone(self):
        answer = self.fetch(method="HEAD")
        self.assertEqual((answer.status, answer.body, answer.headers["Content-Length"]),
                         (200, b"", str(len(self.content))))

    def test_a_known_etag_is_304(self):
        tag = self.fetch().headers["ETag"]
        self.assertEqual(self.fetch({"If-None-Match": tag}).status, 304)

    def test_links_have_the_host_of_the_request(self):
        job = self.make_job().json()["jobId"]
        self.api.wait_for(job)
        shown = self.api.get(f"/api/jobs/{job}", headers={"Host": "img.example.com"}).json()
        self.assertTrue(shown["results"][0]["downloadUrl"].startswith("http://img.example.com/api/files/"))

    def test_forwarded_headers_of_just_anybody_do_not_count(self):
        job = self.finished()["jobId"]
        shown = self.api.get(f"/api/jobs/{job}", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
        self.assertNotIn("evil", shown.json()["results"][0]["downloadUrl"])


class ProxyTest(ContractTest):
    FLAGS = ("--http-trusted-proxies", "127.0.0.1/32")

    def test_forwarded_headers_of_a_trusted_proxy_make_the_links(self):
        job = self.finished()["jobId"]
        shown = self.api.get(f"/api/jobs/{job}", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "img.example.com",
                                                          "X-Forwarded-Proto": "https"})
        self.assertTrue(shown.json()["results"][0]["downloadUrl"].startswith("https://img.example.com/api/files/"))


if __name__ == "__main__":
    unittest.main()
