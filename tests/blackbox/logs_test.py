"""The log: one line for each request and each file, in three ways; ids go on to webhooks."""

import json
import re
import unittest

import receiver
import server

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def lines(convertd):
    return (convertd.folder / "log").read_text().splitlines()


class LogTest(unittest.TestCase):
    def work(self, convertd):
        """One job of two files, with ids of the client's; gives its id."""
        photo = server.samples()["photo.jpg"]
        answer = convertd.post_form(
            "/api/jobs", [("format", "webp"), ("saveToStorage", "true")],
            [("files", "a.jpg", photo), ("files", "b.png", b"\x89PNG\r\n\x1a\nbroken")],
            headers={"X-Request-Id": "shop-17", "traceparent": TRACE})
        self.assertEqual(answer.status, 200, answer.body)
        job = answer.json()["jobId"]
        convertd.wait_for(job)
        self.assertEqual(convertd.stop(), 0)
        return job

    def test_json_has_one_object_a_line_with_ids_and_times(self):
        with server.Server("--log-format", "json") as convertd:
            job = self.work(convertd)
            found = [json.loads(line) for line in lines(convertd)]
        for each in found:
            self.assertRegex(each["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$")
            self.assertIn(each["level"], ("info", "warning", "error"))
        made = [x for x in found if x["message"] == "request" and x.get("request") == "shop-17"]
        self.assertEqual([(x["status"], x["method"], x["path"], x["job"], x["trace"]) for x in made],
                         [(200, "POST", "/api/jobs", job, TRACE)])
        self.assertGreater(made[0]["ms"], 0)
        files = {x["file"]: x for x in found if x["message"] == "file"}
        self.assertEqual({x["job"] for x in files.values()}, {job})
        self.assertEqual((files[0]["outcome"], files[0]["from"], files[0]["to"]), ("converted", "jpg", "webp"))
        self.assertGreater(files[0]["bytes_out"], 0)
        self.assertGreater(files[0]["decode_ms"] + files[0]["transform_ms"] + files[0]["encode_ms"], 0)
        self.assertGreaterEqual(files[0]["work_ms"] + 0.1, files[0]["decode_ms"] + files[0]["encode_ms"])
        self.assertEqual((files[1]["outcome"], files[1]["error"]), ("refused", "decode_failed"))

    def test_plain_lines_begin_with_time_and_level(self):
        with server.Server("--log-format", "plain") as convertd:
            job = self.work(convertd)
            found = lines(convertd)
        for line in found:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[\d:.]+ (info|warning|error) ")
        self.assertEqual(len([x for x in found if f" file outcome=converted error=- job={job} file=0 " in x]), 1)
        self.assertEqual(len([x for x in found if " request status=200 method=POST path=/api/jobs " in x
                              and f"request=shop-17 job={job} trace={TRACE}" in x]), 1)

    def test_journal_gets_priorities(self):
        with server.Server("--log-format", "journald") as convertd:
            self.work(convertd)
            found = lines(convertd)
        for line in found:
            self.assertRegex(line, r"^<[346]>")
        self.assertTrue(any(x.startswith("<6>request status=200") for x in found))

    def test_paths_are_cut(self):
        with server.Server("--log-format", "json") as convertd:
            convertd.get("/" + 3_000 * "a")
            self.assertEqual(convertd.stop(), 0)
            found = [json.loads(line) for line in lines(convertd)]
        self.assertEqual([len(x["path"]) for x in found if x["message"] == "request" and x["path"].startswith("/aa")],
                         [1_024])

    def test_level_leaves_out_what_is_less(self):
        with server.Server("--log-format", "json", "--log-level", "error") as convertd:
            self.work(convertd)
            self.assertEqual(lines(convertd), [])


class TraceTest(unittest.TestCase):
    def test_ids_of_the_request_arrive_with_its_event(self):
        with server.Server("--webhooks-allow", "127.0.0.1") as convertd, receiver.Receiver() as hook:
            photo = server.samples()["photo.jpg"]
            for headers in ({"X-Request-Id": "shop-17", "traceparent": TRACE}, {"traceparent": "00-nonsense"}):
                answer = convertd.post_form(
                    "/api/jobs", [("format", "webp"), ("saveToStorage", "true"), ("callbackUrl", hook.url())],
                    [("files", "a.jpg", photo)], headers=headers)
                convertd.wait_for(answer.json()["jobId"])
            first, second = sorted(hook.wait_for(lambda events: len(events) == 2), key=lambda x: x.when)
            self.assertEqual((first.headers["x-request-id"], first.headers["traceparent"]), ("shop-17", TRACE))
            self.assertTrue(re.fullmatch(r"[0-9a-f-]{36}", second.headers["x-request-id"]))
            self.assertNotIn("traceparent", second.headers)


if __name__ == "__main__":
    unittest.main()
