"""Stored files from outside, as docs/api.md describes them."""

import json
import unittest

import images
import server


class FilesTest(unittest.TestCase):
    def setUp(self):
        self.convertd = server.Server().__enter__()
        self.addCleanup(self.convertd.__exit__, None, None, None)

    def store(self, name, content, **more):
        return self.convertd.post_form("/api/files", [], [("file", name, content)], **more)

    def test_saved_files_outlive_a_crash(self):
        contents = {"small.png": images.png(4, 4), "large.bin": b"x" * 200_000}
        stored = {name: self.store(name, content).json()["file"] for name, content in contents.items()}
        self.convertd.kill()
        self.convertd.start()
        for name, content in contents.items():
            shown = self.convertd.get(f"/api/files/{stored[name]['id']}").json()["file"]
            self.assertEqual(shown["size_bytes"], len(content))
            self.assertEqual(self.convertd.fetch(shown["downloadUrl"]).body, content)

    def test_outputs_are_stored_files_and_can_be_erased(self):
        job = self.convertd.wait_for(self.convertd.submit([("a.png", images.png(300, 300))], format="bmp"))
        output = job["results"][0]
        listed = self.convertd.get("/api/files").json()
        self.assertEqual([x["id"] for x in listed["files"]], [output["storedFileId"]])
        self.assertEqual(listed["files"][0]["mime_type"], "image/bmp")
        path = f"/api/files/{output['storedFileId']}"
        renamed = self.convertd.request("PATCH", path, body=json.dumps({"filename": "b.bmp"}))
        self.assertEqual(renamed.json()["file"]["filename"], "b.bmp")
        self.assertTrue(self.convertd.request("DELETE", path).json()["success"])
        self.assertEqual(list((self.convertd.data / "kept").glob("*/*/0")), [])
        self.assertIsNone(self.convertd.get(f"/api/jobs/{job['jobId']}").json()["results"][0]["downloadUrl"])
        self.assertEqual(self.convertd.get("/api/files").json()["pagination"]["total"], 0)

    def test_storage_is_limited_and_given_back(self):
        config = self.convertd.folder / "convertd.toml"
        config.write_text('[plans.tiny]\nstorage_bytes = "1KB"\n')
        self.convertd.stop()
        self.convertd.flags = ["--config", str(config)]
        self.convertd.start()
        key = self.convertd.make_key("--account", "small", "--plan", "tiny", "--config", str(config))
        first = self.store("a", b"x" * 600, key=key)
        self.assertEqual(first.status, 200, first.body)
        over = self.store("b", b"x" * 600, key=key)
        self.assertEqual((over.status, over.json()["code"]), (403, "storage_limit"))
        job = self.convertd.post_form("/api/jobs", [("format", "png"), ("saveToStorage", "true")],
                                      [("files", "c.png", b"x" * 600)], key=key)
        self.assertEqual((job.status, job.json()["code"]), (403, "storage_limit"))
        self.convertd.request("DELETE", f"/api/files/{first.json()['file']['id']}", key=key)
        self.assertEqual(self.store("b", b"x" * 600, key=key).status, 200)


if __name__ == "__main__":
    unittest.main()
