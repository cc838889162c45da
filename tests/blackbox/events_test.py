"""Events of jobs from outside, as docs/api.md describes them."""

import http.client
import json
import unittest

import images
import server


class Stream:
    """A client of /events; iterate over it for (event, id, data)."""

    def __init__(self, convertd, job, last_id=None, key=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", convertd.port, timeout=30)
        headers = {"Authorization": f"Bearer {key or convertd.key}"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        self.connection.request("GET", f"/api/jobs/{job}/events", headers=headers)
        self.response = self.connection.getresponse()

    def __iter__(self):
        fields = {}
        for raw in self.response:
            line = raw.decode().rstrip("\n")
            if not line and "event" in fields:
                yield fields["event"], fields.get("id"), json.loads(fields["data"])
                fields = {}
            elif line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value

    def close(self):
        self.connection.close()


class EventsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)

    def submit(self, count, size=300):
        files = [(f"{i}.png", images.png(size, size, (i, 0, 0))) for i in range(count)]
        return self.convertd.submit(files, metadata='{"order": 7}')

    def test_stream_tells_of_every_file_and_ends_with_the_job(self):
        stream = Stream(self.convertd, self.submit(12))
        self.assertEqual(stream.response.status, 200)
        self.assertEqual(stream.response.headers["Content-Type"], "text/event-stream")
        self.assertEqual(stream.response.headers["Cache-Control"], "no-store")
        events = list(stream)
        self.assertEqual(events[0][0], "job")
        files = [data for name, _, data in events if name == "file"]
        self.assertEqual(sorted(x["index"] for x in files), list(range(12)))
        for item in files:
            self.assertEqual(len(self.convertd.fetch(item["downloadUrl"]).body), item["finalSize"])
        name, number, job = events[-1]
        self.assertEqual((name, job["status"], job["completedFiles"]), ("job", "completed", 12))
        self.assertTrue(number)
        self.assertNotIn("results", job)
        self.assertEqual(job["metadata"], {"order": 7})
        progress = [data["progress"] for event, _, data in events if event == "job"]
        self.assertEqual(progress, sorted(progress))
        numbers = [int(x) for _, x, _ in events if x]
        self.assertEqual(numbers, sorted(numbers))

    def test_stream_goes_on_after_the_last_id_also_after_a_kill(self):
        with server.Server() as convertd:
            files = [(f"{i}.png", images.png(300, 300, (i, 0, 0))) for i in range(40)]
            job = convertd.submit(files)
            seen, last = set(), None
            first = Stream(convertd, job)
            for name, number, data in first:
                last = number or last
                if name == "file":
                    seen.add(data["index"])
                if len(seen) == 10:
                    break
            convertd.kill()
            first.close()
            convertd.start()
            before = set(seen)
            for name, _, data in Stream(convertd, job, last_id=last):
                if name == "file":
                    self.assertNotIn(data["index"], before)
                    seen.add(data["index"])
            self.assertEqual(seen, set(range(40)))

    def test_stream_of_an_unknown_job_is_not_found(self):
        key = self.convertd.make_key("--account", "stranger")
        stream = Stream(self.convertd, self.submit(1), key=key)
        self.assertEqual(stream.response.status, 404)
        self.assertEqual(json.loads(stream.response.read())["code"], "not_found")


if __name__ == "__main__":
    unittest.main()
