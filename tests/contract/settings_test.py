"""The settings of a conversion, and what its result looks like."""

import io
import shutil
import struct
import subprocess
import unittest

from contract import (PNG, ContractTest, exif_orientation, images, json_text, png_of, png_size, server, with_exif)


class ValuesTest(ContractTest):
    def quality(self, value):
        return self.only_file(self.convert([("format", "webp"), ("compression", value)]))["appliedQuality"]

    def test_the_quality_is_82_by_default(self):
        self.assertEqual(self.only_file(self.convert([("format", "webp")]))["appliedQuality"], 82)

    def test_the_quality_is_a_number_from_1_to_100(self):
        self.assertEqual([self.quality(x) for x in ("1", "55", "100")], [1, 55, 100])
        for wrong in ("0", "101", "-1", "8.5", "good"):
            with self.subTest(compression=wrong):
                answer = self.convert([("format", "webp"), ("compression", wrong)])
                self.assert_error(answer, 400, "invalid_setting", "compression")

    def test_the_words_of_old_clients_are_qualities(self):
        words = {"low": 65, "fast": 65, "balanced": 82, "medium": 82, "high": 92, "careful": 92, "ultra": 100,
                 "lossless": 100}
        self.assertEqual({word: self.quality(word) for word in words}, words)

    def test_every_format_is_written(self):
        types = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp",
                 "avif": "image/avif", "tiff": "image/tiff", "tif": "image/tiff", "gif": "image/gif",
                 "heif": "image/heic", "heic": "image/heic", "pdf": "application/pdf"}
        for name, mime_type in types.items():
            with self.subTest(format=name):
                entry = self.only_file(self.convert([("format", name)]))
                self.assertIn(entry["mimeType"], (mime_type, mime_type.replace("heic", "heif")))
                self.assertEqual(len(self.content_of(entry)), entry["finalSize"])

    def test_what_is_written_is_what_formats_says(self):
        told = self.api.get("/api/formats").json()
        for row in told["write"]:
            with self.subTest(format=row["format"]):
                entry = self.only_file(self.convert([("format", row["format"])]))
                self.assertEqual(entry["mimeType"], row["mimeType"])
        self.assertTrue({"jpg", "png", "webp", "avif", "gif", "tiff", "bmp"} <= {x["format"] for x in told["read"]})

    def test_other_outputs_are_415_with_a_sentence(self):
        for name in ("svg", "mp4", "mp3", "zip", "docx"):
            with self.subTest(format=name):
                for answer in (self.convert([("format", name)]), self.make_job([("format", name)])):
                    self.assertIn("writes", self.assert_error(answer, 415, "unsupported_format")["error"])

    def test_the_format_is_required_to_convert(self):
        self.assert_error(self.convert(), 400, "missing_field", "format")

    def test_booleans_are_true_or_false(self):
        for word in ("yes", "1", "TRUEish"):
            self.assert_error(self.convert([("format", "png"), ("autoOrient", word)]), 400, "invalid_setting",
                              "autoOrient")

    def test_mono_is_accepted_and_ignored(self):
        self.only_file(self.convert([("format", "png"), ("mono", "true")]))

    def test_an_array_gives_each_file_its_own_value(self):
        files = [("files", "a.png", PNG), ("files", "b.png", PNG)]
        answer = self.convert([("formats", json_text(["webp", "jpg"])), ("compressions", json_text([30, 40]))], files)
        self.assertEqual([(x["mimeType"], x["appliedQuality"]) for x in answer.json()["files"]],
                         [("image/webp", 30), ("image/jpeg", 40)])

    def test_the_array_wins_for_its_own_setting(self):
        entry = self.only_file(self.convert([("format", "png"), ("formats", json_text(["webp"])), ("compression", "20")]))
        self.assertEqual((entry["mimeType"], entry["appliedQuality"]), ("image/webp", 20))

    def test_an_array_must_have_one_value_for_each_file(self):
        for name, value in (("formats", ["png", "png"]), ("compressions", []), ("resizeWidths", [1, 2, 3]),
                            ("autoOrients", [True, False])):
            with self.subTest(array=name):
                answer = self.convert([("format", "png"), (name, json_text(value))])
                self.assert_error(answer, 400, "array_length", name)

    def test_null_in_an_array_is_no_number(self):
        files = [("files", "a.png", images.png(80, 60)), ("files", "b.png", images.png(80, 60))]
        answer = self.convert([("format", "png"), ("resizes", json_text(["width", "original"])),
                               ("resizeWidths", json_text([20, None]))], files)
        self.assertEqual([x["width"] for x in answer.json()["files"]], [20, 80])

    def test_jobs_must_be_saved(self):
        for value in ("false", ""):
            answer = self.make_job([("saveToStorage", value)])
            self.assert_error(answer, 400)
        self.assert_error(self.make_job([("saveToStorage", "no")]), 400)


class GeometryTest(ContractTest):
    def test_original_keeps_the_size(self):
        self.assertEqual(self.size_after(123, 45, resize="original"), (123, 45))
        self.assertEqual(self.size_after(123, 45), (123, 45))

    def test_website_and_email_fit_a_width(self):
        self.assertEqual(self.size_after(3840, 1000, resize="website"), (1920, 500))
        self.assertEqual(self.size_after(2400, 1000, resize="email"), (1200, 500))

    def test_instagram_and_linkedin_cover_their_box(self):
        self.assertEqual(self.size_after(2000, 1500, resize="instagram"), (1080, 1080))
        self.assertEqual(self.size_after(2400, 1800, resize="linkedin"), (1200, 627))

    def test_ecommerce_is_a_square_of_the_longer_edge(self):
        self.assertEqual(self.size_after(300, 200, resize="ecommerce"), (300, 300))
        self.assertEqual(self.size_after(2500, 100, resize="ecommerce"), (2000, 2000))

    def test_square_covers_at_most_the_shorter_edge(self):
        self.assertEqual(self.size_after(300, 200, resize="square", resizeWidth=50), (50, 50))
        self.assertEqual(self.size_after(300, 200, resize="square", resizeWidth=500), (200, 200))

    def test_width_and_height_keep_the_aspect_and_ignore_the_other_number(self):
        self.assertEqual(self.size_after(300, 200, resize="width", resizeWidth=150, resizeHeight=7), (150, 100))
        self.assertEqual(self.size_after(300, 200, resize="height", resizeHeight=100, resizeWidth=7), (150, 100))

    def test_a_mode_without_its_number_is_400(self):
        for mode, field in (("width", "resizeWidth"), ("height", "resizeHeight"), ("square", "resizeWidth")):
            answer = self.convert([("format", "png"), ("resize", mode)])
            self.assert_error(answer, 400, "missing_field", field)

    def test_an_unknown_mode_and_a_size_below_1_are_400(self):
        self.assert_error(self.convert([("format", "png"), ("resize", "fit")]), 400, "invalid_setting", "resize")
        for wrong in ("0", "-3", "1.5", "wide"):
            answer = self.convert([("format", "png"), ("resize", "width"), ("resizeWidth", wrong)])
            self.assert_error(answer, 400, "invalid_setting", "resizeWidth")

    def test_nothing_is_enlarged(self):
        self.assertEqual(self.size_after(30, 20, resize="website"), (30, 20))
        self.assertEqual(self.size_after(30, 20, resize="width", resizeWidth=300), (30, 20))
        self.assertEqual(self.size_after(600, 300, resize="instagram"), (300, 300))


class PictureTest(ContractTest):
    def png_result(self, source, **settings):
        entry = self.only_file(self.convert([("format", "png"), *settings.items()], [("files", "a.png", source)]))
        return self.content_of(entry)

    def test_the_exif_orientation_is_applied_unless_told_otherwise(self):
        source = with_exif(images.png(40, 30), exif_orientation(6))
        self.assertEqual(png_size(self.png_result(source)), (30, 40))
        self.assertEqual(png_size(self.png_result(source, autoOrient="false")), (40, 30))

    def test_16_bits_stay_16_bits_where_the_format_can(self):
        source = png_of(8, 8, b"\x12\x34\x56\x78\x9a\xbc", depth=16)
        self.assertEqual(self.png_result(source)[24], 16)

    @unittest.skipUnless(shutil.which("djpeg"), "needs djpeg")
    def test_alpha_becomes_white_in_jpg(self):
        source = png_of(16, 16, b"\x00\x00\x00\x00", colour=6)
        entry = self.only_file(self.convert([("format", "jpg")], [("files", "a.png", source)]))
        told = subprocess.run(["djpeg", "-pnm"], input=self.content_of(entry), capture_output=True, check=True).stdout
        pixels = told.split(b"\n", 3)[3]
        self.assertGreaterEqual(min(pixels), 250)

    def test_alpha_is_kept_where_the_format_can(self):
        source = png_of(16, 16, b"\x10\x20\x30\x80", colour=6)
        made = self.png_result(source)
        self.assertTrue(made[25] & 4 or b"tRNS" in made)  # a colour type with alpha, or a palette with it

    def test_names_get_the_new_extension_and_equal_ones_a_number(self):
        files = [("files", name, PNG) for name in ("a.png", "a.jpeg", "dir/a.gif", "b.tar.png")]
        answer = self.convert([("format", "webp")], files)
        self.assertEqual([x["filename"] for x in answer.json()["files"]],
                         ["a.webp", "a (2).webp", "a (3).webp", "b.tar.webp"])

    def test_metadata_is_kept_unless_stripped(self):
        source = with_exif(images.png(40, 30), exif_orientation(1))
        for strip, kept in (("false", True), ("true", False)):
            made = self.png_result(source, stripMetadata=strip)
            self.assertEqual(b"eXIf" in made or b"exif" in made.lower(), kept, strip)


class AnimationTest(ContractTest):
    @staticmethod
    def gif(frames=3):
        """Frames of one colour each, 4×4."""
        out = io.BytesIO()
        out.write(b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0xF1, 0, 0) + b"\x00\x00\x00\xff\x00\x00\x00\xff\x00\x00\x00\xff")
        out.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
        for i in range(frames):
            # Clear codes keep every code at three bits.
            bits, count = 0, 0
            for code in [x for _ in range(16) for x in (4, i % 4)] + [5]:
                bits |= code << count
                count += 3
            data = bits.to_bytes((count + 7) // 8, "little")
            out.write(b"!\xf9\x04\x04\x0a\x00\x00\x00" + b"," + struct.pack("<HHHHB", 0, 0, 4, 4, 0))
            out.write(b"\x02" + bytes([len(data)]) + data + b"\x00")
        out.write(b";")
        return out.getvalue()

    def test_an_animated_gif_stays_animated_as_webp(self):
        entry = self.only_file(self.convert([("format", "webp")], [("files", "a.gif", self.gif())]))
        made = self.content_of(entry)
        self.assertEqual(made.count(b"ANMF"), 3)

    def test_a_target_that_cannot_gets_the_first_frame(self):
        entry = self.only_file(self.convert([("format", "png")], [("files", "a.gif", self.gif())]))
        self.assertEqual(png_size(self.content_of(entry)), (4, 4))


class CompressTest(ContractTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.photo = server.samples()["photo.jpg"]

    def compress(self, content, **settings):
        return self.post("/api/compress", settings.items(), [("files", "a.bin", content)])

    def test_the_format_is_kept(self):
        self.assertEqual(self.only_file(self.compress(self.photo))["mimeType"], "image/jpeg")
        self.assertEqual(self.only_file(self.compress(PNG))["mimeType"], "image/png")

    def test_no_more_bytes_come_out_than_went_in(self):
        for settings in ({"quality": 100}, {"lossless": "true"}, {"quality": 82}):
            for content in (PNG, self.photo):
                entry = self.only_file(self.compress(content, **settings))
                self.assertLessEqual(entry["finalSize"], len(content), settings)
                self.assertGreaterEqual(entry["savedPercent"], 0)

    def test_a_target_size_is_never_exceeded(self):
        target = len(self.photo) // 2
        entry = self.only_file(self.compress(self.photo, mode="target-size", targetBytes=target))
        self.assertLessEqual(entry["finalSize"], target)
        self.assertEqual(len(self.content_of(entry)), entry["finalSize"])

    def test_a_target_out_of_reach_says_the_smallest_size(self):
        answer = self.compress(self.photo, mode="target-size", targetBytes=10)
        body = self.assert_error(answer, 400, "target_unreachable")
        self.assertRegex(str(body["detail"]), r"\d+")

    def test_a_target_size_needs_its_number(self):
        self.assert_error(self.compress(self.photo, mode="target-size"), 400, "missing_field", "targetBytes")
        for wrong in ("0", "-1", "many"):
            self.assert_error(self.compress(self.photo, mode="target-size", targetBytes=wrong), 400, "invalid_setting",
                              "targetBytes")

    def test_an_unknown_mode_and_quality_are_400(self):
        self.assert_error(self.compress(self.photo, mode="best"), 400, "invalid_setting", "mode")
        self.assert_error(self.compress(self.photo, quality="0"), 400, "invalid_setting", "quality")

    def test_lossless_jpeg_keeps_every_pixel(self):
        if not shutil.which("djpeg"):
            self.skipTest("needs djpeg")
        entry = self.only_file(self.compress(self.photo, lossless="true"))
        def pixels(content):
            return subprocess.run(["djpeg", "-pnm"], input=content, capture_output=True, check=True).stdout
        self.assertEqual(pixels(self.content_of(entry)), pixels(self.photo))

    def test_jobs_compress_too(self):
        job = self.finished([("jobType", "compress"), ("format", ""), ("quality", "50")], [("files", "a.jpg", self.photo)])
        self.assertEqual((job["jobType"], job["status"]), ("compress", "completed"), job)
        self.assertEqual(job["results"][0]["mimeType"], "image/jpeg")


if __name__ == "__main__":
    unittest.main()
