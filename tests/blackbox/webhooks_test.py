"""Webhooks from outside, with receivers that accept, fail, hang and redirect."""

import json
import threading
import time
import unittest
import uuid

import images
import server
from receiver import Receiver

EVERYTHING = ["conversion.started", "conversion.progress", "conversion.completed", "conversion.failed",
              "file.uploaded"]


def ended(count):
    return lambda events: sum(x.type in ("conversion.completed", "conversion.failed") for x in events) >= count


class WebhooksTest(unittest.TestCase):
    def setUp(self):
        self.convertd = server.Server("--webhooks-allow", "127.0.0.1").__enter__()
        self.addCleanup(self.convertd.__exit__, None, None, None)

    def receiver(self, behave=None):
        made = Receiver(behave)
        self.addCleanup(made.close)
        return made

    def call(self, method, path, body=None, **more):
        return self.convertd.request(method, path, body=None if body is None else json.dumps(body), **more)

    def subscribe(self, receiver, types=None, **more):
        answer = self.call("POST", "/api/webhooks",
                           {"url": receiver.url(), "eventTypes": types or EVERYTHING}, **more)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def submit(self, count=1, **fields):
        return self.convertd.submit([(f"{i}.png", images.png(4, 4)) for i in range(count)], **fields)

    def deliveries(self):
        return self.call("GET", "/api/webhooks/deliveries?limit=100").json()["deliveries"]

    def wait_for_delivery(self, wanted, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [x for x in self.deliveries() if wanted(x)]
            if found:
                return found[0]
            time.sleep(0.05)
        self.fail(f"no such delivery: {self.deliveries()}")

    def test_a_job_tells_its_whole_story_in_order(self):
        receiver = self.receiver()
        hook = self.subscribe(receiver)
        job = self.submit(2, metadata='{"order": 7}')
        events = receiver.wait_for(ended(1))
        self.assertEqual({x.job for x in events}, {job})
        types = [x.type for x in events]
        self.assertEqual(types[:3], ["file.uploaded", "file.uploaded", "conversion.started"])
        self.assertEqual(types[-1], "conversion.completed")
        self.assertEqual(types.count("conversion.progress"), 2)
        self.assertEqual(types.count("file.uploaded"), 4)
        self.assertEqual(len({x.json["id"] for x in events}), len(events))
        for event in events:
            self.assertTrue(event.signed_by(hook["secret"]), event.headers)
            self.assertFalse(event.signed_by("whsec_other"))
            self.assertEqual(event.headers["convertly-event"], event.type)
            self.assertRegex(event.headers["user-agent"], r"^convertd-webhooks/\d")
            self.assertEqual(event.headers["content-type"], "application/json")
            self.assertTrue(event.json["id"].startswith("evt_"))
            uuid.UUID(event.json["id"][4:])
            self.assertLess(abs(time.time() - event.json["created"]), 60)
        last = events[-1].json["data"]
        self.assertEqual(last["job"]["status"], "completed")
        self.assertEqual(last["job"]["metadata"], {"order": 7})
        self.assertNotIn("results", last["job"])
        self.assertEqual([x["index"] for x in last["results"]], [0, 1])
        self.assertEqual(last["filename"], "0.webp")
        self.assertTrue(self.convertd.fetch(last["results"][0]["downloadUrl"]).body)
        self.wait_for_delivery(lambda x: x["eventType"] == "conversion.completed" and x["status"] == "delivered")
        for delivery in self.deliveries():
            self.assertEqual((delivery["webhookId"], delivery["httpStatus"], delivery["responseBody"]),
                             (hook["id"], 200, "answer 200"))
            self.assertEqual(delivery["attemptCount"], 1)

    def test_only_what_was_subscribed_to_is_sent(self):
        receiver, other = self.receiver(), self.receiver()
        self.subscribe(receiver, ["conversion.failed"])
        stranger = self.convertd.make_key("--account", "stranger")
        self.subscribe(other, key=stranger)
        self.convertd.wait_for(self.submit())
        job = self.convertd.submit([("bad.png", b"no image")])
        events = receiver.wait_for(ended(1))
        self.assertEqual([(x.type, x.job) for x in events], [("conversion.failed", job)])
        self.assertEqual(other.events, [])

    def test_a_receiver_that_fails_is_tried_again_after_five_seconds(self):
        answers = iter([500, 302, 200])
        elsewhere = self.receiver()
        receiver = self.receiver(
            lambda event: (status, {"Location": elsewhere.url()}) if (status := next(answers)) == 302 else status)
        self.subscribe(receiver, ["conversion.started"])
        self.submit()
        events = receiver.wait_for(lambda x: len(x) == 2, 15)
        self.assertEqual(events[0].json["id"], events[1].json["id"])
        self.assertGreater(events[1].when - events[0].when, 4.5)
        self.assertLess(events[1].when - events[0].when, 8)
        delivery = self.wait_for_delivery(lambda x: x["attemptCount"] == 2)
        self.assertEqual((delivery["status"], delivery["httpStatus"]), ("pending", 302))
        self.assertTrue(delivery["nextAttemptAt"])
        self.assertEqual(elsewhere.events, [], "the redirect was followed")
        # Asked for, it comes at once.
        again = self.call("POST", f"/api/webhooks/deliveries/{delivery['id']}/retry")
        self.assertEqual(again.status, 200, again.body)
        receiver.wait_for(lambda x: len(x) == 3, 3)
        self.assertEqual(self.wait_for_delivery(lambda x: x["attemptCount"] == 3)["status"], "delivered")

    def test_a_receiver_that_hangs_slows_no_other(self):
        release = threading.Event()
        self.addCleanup(release.set)
        slow = self.receiver(lambda event: 200 if release.wait(60) else 200)
        quick = self.receiver()
        self.subscribe(slow)
        self.subscribe(quick, ["conversion.completed"])
        begin = time.monotonic()
        for _ in range(10):
            self.submit()
        quick.wait_for(ended(10), 8)
        self.assertLess(time.monotonic() - begin, 8)
        hanging = self.wait_for_delivery(lambda x: x["attemptCount"] > 0 and x["httpStatus"] is None)
        self.assertEqual((hanging["status"], hanging["error"]),
                         ("pending", "The receiver did not answer in time."))

    def test_what_waits_is_sent_after_a_kill(self):
        accepting = threading.Event()
        receiver = self.receiver(lambda event: 200 if accepting.is_set() else 503)
        self.subscribe(receiver, ["conversion.completed"])
        job = self.submit()
        receiver.wait_for(ended(1))
        self.convertd.kill()
        accepting.set()
        self.convertd.start()
        receiver.wait_for(lambda x: receiver.accepted)
        self.assertEqual(receiver.accepted[0].job, job)

    def test_a_job_has_a_callback_of_its_own(self):
        receiver = self.receiver()
        job = self.submit(callbackUrl=receiver.url("/done?x=1"), callbackSecret="hush hush")
        events = receiver.wait_for(ended(1))
        self.assertEqual([(x.type, x.job, x.path) for x in events],
                         [("conversion.completed", job, "/done?x=1")])
        self.assertTrue(events[0].signed_by("hush hush"))
        shown = self.convertd.get(f"/api/jobs/{job}").body
        for text in (shown, events[0].body, self.convertd.log().encode(), json.dumps(self.deliveries()).encode()):
            self.assertNotIn(b"hush hush", text)
        delivery = self.wait_for_delivery(lambda x: x["status"] == "delivered")
        self.assertIsNone(delivery["webhookId"])

    def test_both_secrets_sign_after_a_rotation(self):
        receiver = self.receiver()
        hook = self.subscribe(receiver, ["conversion.completed"])
        fresh = self.call("POST", f"/api/webhooks/{hook['id']}/rotate").json()["secret"]
        self.submit()
        event = receiver.wait_for(ended(1))[0]
        self.assertTrue(event.signed_by(hook["secret"]) and event.signed_by(fresh))
        self.assertEqual(event.headers["convertly-signature"].count("v1="), 2)

    def test_nothing_is_sent_to_one_that_is_off_or_deleted(self):
        receiver = self.receiver(lambda event: 500)
        hook = self.subscribe(receiver, ["conversion.completed"])
        self.convertd.wait_for(self.submit())
        receiver.wait_for(ended(1))
        self.call("PATCH", f"/api/webhooks/{hook['id']}", {"active": False})
        self.convertd.wait_for(self.submit())
        failed = self.wait_for_delivery(lambda x: x["status"] == "failed")
        self.assertIn("switched off", failed["error"])
        self.assertEqual(len(self.deliveries()), 1)
        self.call("DELETE", f"/api/webhooks/{hook['id']}")
        self.assertEqual(self.call("GET", "/api/webhooks").json(), {"webhooks": []})
        self.assertEqual(self.call("POST", f"/api/webhooks/deliveries/{failed['id']}/retry").status, 409)

    def test_private_targets_are_refused(self):
        for url in ("http://10.0.0.1/", "http://127.0.0.2/", "http://[::1]/", "http://169.254.169.254/x"):
            answer = self.call("POST", "/api/webhooks", {"url": url, "eventTypes": EVERYTHING})
            self.assertEqual((answer.status, answer.json()["field"]), (400, "url"), url)
        # A name is looked at when it is looked up.
        self.call("POST", "/api/webhooks", {"url": "http://ip6-localhost:1/", "eventTypes": ["conversion.started"]})
        self.submit()
        found = self.wait_for_delivery(lambda x: x["attemptCount"] > 0)
        self.assertRegex(found["error"], "not public|could not be looked up")

    def test_stopping_does_not_wait_for_a_receiver(self):
        release = threading.Event()
        self.addCleanup(release.set)
        receiver = self.receiver(lambda event: 200 if release.wait(60) else 200)
        self.subscribe(receiver, ["conversion.started"])
        self.convertd.wait_for(self.submit())
        receiver.wait_for(lambda x: len(x) == 1)
        begin = time.monotonic()
        self.assertEqual(self.convertd.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)


if __name__ == "__main__":
    unittest.main()
