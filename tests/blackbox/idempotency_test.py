"""Idempotency-Key from outside, as docs/api.md describes it."""

import unittest

import images
import server


def post(convertd, key, files, **fields):
    all_fields = {"format": "png", "saveToStorage": "true", **fields}
    return convertd.post_form("/api/jobs", all_fields.items(), [("files", *x) for x in files],
                              headers={"Idempotency-Key": key})


class IdempotencyTest(unittest.TestCase):
    def test_key_stands_for_its_job_also_after_a_kill(self):
        files = [("a.png", images.png(4, 4)), ("b.png", images.png(300, 300))]
        with server.Server() as convertd:
            first = post(convertd, "k", files)
            self.assertEqual(first.status, 200, first.body)
            convertd.kill()
            convertd.start()
            again = post(convertd, "k", files)
            self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (200, "true"), again.body)
            self.assertEqual(again.json()["jobId"], first.json()["jobId"])
            convertd.wait_for(first.json()["jobId"])
            self.assertEqual(post(convertd, "k", files).json()["status"], "completed")
            other = post(convertd, "k", files, resize="email")
            self.assertEqual((other.status, other.json()["code"]), (422, "idempotency_mismatch"))
            self.assertEqual(convertd.get("/api/jobs").json()["pagination"]["total"], 1)


if __name__ == "__main__":
    unittest.main()
