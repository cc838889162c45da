"""Webhooks: endpoints, deliveries, signatures, refused targets."""

import hashlib
import hmac
import http.server
import json
import threading
import time
import unittest

from contract import ContractTest

SECONDS_MAX = 20


class Receiver(http.server.ThreadingHTTPServer):
    def __init__(self, status=200):
        self.status, self.requests = status, []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def wait_for(self, kind, count=1):
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            found = [x for x in self.requests if x[1]["type"] == kind]
            if len(found) >= count:
                return found
            time.sleep(0.05)
        raise AssertionError(f"no {count} {kind} came: {[x[1]['type'] for x in self.requests]}")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.headers, json.loads(raw), raw))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_):
        pass


class WebhooksTest(ContractTest):
    FLAGS = ("--webhooks-allow", "127.0.0.1/32")

    def endpoint(self, url, types=("conversion.completed",), **more):
        body = json.dumps({"url": url, "eventTypes": list(types), **more}).encode()
        return self.api.request("POST", "/api/webhooks", body=body, headers={"Content-Type": "application/json"})

    def made(self, answer):
        self.assertIn(answer.status, (200, 201), answer.body)
        body = answer.json()
        return body.get("webhook", body)

    def test_an_endpoint_is_made_shown_changed_and_removed(self):
        hook = self.made(self.endpoint("http://127.0.0.1:9/x"))
        self.assertTrue(hook["secret"].startswith("whsec_"))
        self.assertEqual((hook["url"], hook["eventTypes"], hook["active"]),
                         ("http://127.0.0.1:9/x", ["conversion.completed"], True))
        path = f"/api/webhooks/{hook['id']}"
        shown = self.made(self.api.get(path))
        self.assertIsNone(shown.get("secret"))
        changed = self.made(self.api.request("PATCH", path, body=b'{"active": false}',
                                             headers={"Content-Type": "application/json"}))
        self.assertFalse(changed["active"])
        self.assertEqual(self.api.request("DELETE", path).status, 200)
        self.assert_error(self.api.get(path), 404, "not_found")

    def test_a_wrong_endpoint_is_400(self):
        for url, types in (("ftp://example.com/", ["conversion.completed"]), ("no url", ["conversion.completed"]),
                           ("http://169.254.169.254/latest", ["conversion.completed"]),
                           ("http://[::1]/", ["conversion.completed"]), ("http://10.0.0.1/", ["conversion.completed"]),
                           ("http://example.com/", ["conversion.unknown"])):
            with self.subTest(url=url):
                self.assert_error(self.endpoint(url, types), 400)

    def test_events_are_signed_and_shaped_as_promised(self):
        receiver = Receiver()
        hook = self.made(self.endpoint(receiver.url, ("conversion.started", "conversion.progress", "conversion.completed",
                                                     "file.uploaded")))
        job = self.finished()["jobId"]
        headers, event, raw = receiver.wait_for("conversion.completed")[0]
        self.assertTrue(event["id"].startswith("evt_"))
        self.assertEqual((event["data"]["jobId"], event["data"]["job"]["status"]), (job, "completed"))
        self.assertTrue(headers["user-agent"].startswith("convertd-webhooks/"))
        self.assertEqual(headers["convertly-event"], "conversion.completed")
        fields = dict(x.split("=", 1) for x in headers["convertly-signature"].split(","))
        self.assertEqual(fields["t"], headers["convertly-timestamp"])
        wanted = hmac.new(hook["secret"].encode(), fields["t"].encode() + b"." + raw, hashlib.sha256).hexdigest()
        self.assertEqual(fields["v1"], wanted)
        types = [x[1]["type"] for x in receiver.requests if x[1]["data"]["jobId"] == job]
        self.assertLess(types.index("conversion.started"), types.index("conversion.completed"))
        self.assertIn("conversion.progress", types)
        self.assertIn("file.uploaded", types)

    def test_rotation_signs_with_both_secrets(self):
        receiver = Receiver()
        hook = self.made(self.endpoint(receiver.url))
        rotated = self.made(self.api.request("POST", f"/api/webhooks/{hook['id']}/rotate"))
        self.assertNotEqual(rotated["secret"], hook["secret"])
        self.finished()
        headers, _, raw = receiver.wait_for("conversion.completed")[0]
        stamp = headers["convertly-timestamp"]
        sent = {x[3:] for x in headers["convertly-signature"].split(",") if x.startswith("v1=")}
        self.assertEqual(sent, {hmac.new(s.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
                                for s in (hook["secret"], rotated["secret"])})

    def listed_after(self, hook, tries):
        """The list with a delivery of that endpoint and so many tries: one is recorded after it was answered."""
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            listed = self.api.get("/api/webhooks/deliveries?limit=25&offset=0").json()
            for x in listed["deliveries"]:
                if x["webhookId"] == hook["id"] and x["attemptCount"] >= tries:
                    return listed, x
            time.sleep(0.05)
        raise AssertionError(f"no delivery with {tries} tries: {listed['deliveries']}")

    def test_a_failing_receiver_is_tried_again_and_shown(self):
        receiver = Receiver(status=500)
        hook = self.made(self.endpoint(receiver.url))
        self.finished()
        receiver.wait_for("conversion.completed", 2)
        listed, mine = self.listed_after(hook, 2)
        self.assertEqual((mine["status"], mine["httpStatus"], mine["responseBody"]), ("pending", 500, "thanks"))
        self.assertIn("total", listed["pagination"])
        receiver.status = 200
        self.assertEqual(self.api.request("POST", f"/api/webhooks/deliveries/{mine['id']}/retry").status, 200)

    def test_a_jobs_own_callback_gets_its_last_event(self):
        receiver = Receiver()
        job = self.finished([("callbackUrl", receiver.url), ("callbackSecret", "shh")])["jobId"]
        headers, event, raw = receiver.wait_for("conversion.completed")[0]
        self.assertEqual(event["data"]["jobId"], job)
        stamp = headers["convertly-timestamp"]
        self.assertIn(hmac.new(b"shh", stamp.encode() + b"." + raw, hashlib.sha256).hexdigest(),
                      headers["convertly-signature"])

    def test_a_callback_to_a_private_address_is_400(self):
        for url in ("http://10.1.2.3/", "http://[fd00::1]/", "http://2130706433.example@169.254.169.254/", "gopher://x/"):
            self.assert_error(self.make_job([("callbackUrl", url)]), 400, "invalid_setting", "callbackUrl")


if __name__ == "__main__":
    unittest.main()
