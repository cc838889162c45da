"""Compress jobs from outside, as docs/api.md describes them."""

import unittest

import images
import server


class CompressTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        cls.samples = server.samples()

    def compress(self, files, **fields):
        return self.convertd.wait_for(self.convertd.submit(files, format="", jobType="compress", **fields))

    def test_every_format_stays_and_shrinks(self):
        job = self.compress(self.samples.items())
        self.assertEqual((job["jobType"], job["status"]), ("compress", "completed"), job)
        for result, (name, source) in zip(job["results"], self.samples.items()):
            content = self.convertd.fetch(result["downloadUrl"]).body
            self.assertLessEqual(len(content), len(source))
            self.assertEqual((result["originalSize"], result["finalSize"]), (len(source), len(content)))
            self.assertAlmostEqual(result["savedPercent"], 100 * (1 - len(content) / len(source)), delta=0.6)
            self.assertEqual(images.complaint(result["mimeType"], content), "")
            self.assertEqual(result["filename"].rsplit(".", 1)[0], name.rsplit(".", 1)[0])

    def test_target_is_kept_and_unreachable_says_what_can_be_reached(self):
        photo = next(x for x in self.samples.items() if x[1].startswith(b"\xff\xd8"))
        target = len(photo[1]) // 2
        good = self.compress([photo], mode="target-size", targetBytes=str(target))["results"][0]
        self.assertEqual(good["status"], "completed", good)
        self.assertLessEqual(good["finalSize"], target)
        self.assertGreater(good["finalSize"], 0.85 * target)
        bad = self.compress([photo], mode="target-size", targetBytes="10")["results"][0]
        self.assertEqual((bad["status"], bad["errorCode"]), ("failed", "target_unreachable"))
        smallest = self.compress([photo], mode="target-size", targetBytes=bad["detail"])["results"][0]
        self.assertEqual(smallest["finalSize"], int(bad["detail"]))

    def test_quality_and_lossless_are_told(self):
        photo = next(x for x in self.samples.items() if x[1].startswith(b"\xff\xd8"))
        self.assertEqual(self.compress([photo], quality="40")["results"][0]["appliedQuality"], 40)
        once = self.compress([photo], lossless="true")["results"][0]
        again = [("again.jpg", self.convertd.fetch(once["downloadUrl"]).body)]
        self.assertIsNone(self.compress(again, lossless="true")["results"][0]["appliedQuality"])

    def test_what_is_no_image_fails_alone(self):
        job = self.compress([("a.png", images.png(20, 20)), ("b.txt", b"no image at all")])
        self.assertEqual((job["completedFiles"], job["failedFiles"]), (1, 1))
        self.assertEqual(job["results"][1]["errorCode"], "unsupported_input")


if __name__ == "__main__":
    unittest.main()
