"""Plans, rates, quotas, usage."""

import unittest

from contract import PNG, ContractTest

FREE_FILES = 5


class PlansTest(ContractTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.free = cls.api.make_key("--account", "small", "--plan", "free")

    def test_a_batch_over_the_plan_is_403(self):
        files = [("files", f"{i}.png", PNG) for i in range(FREE_FILES + 1)]
        for path in ("/api/jobs", "/api/convert"):
            answer = self.post(path, [("format", "png"), ("saveToStorage", "true")], files, key=self.free)
            self.assert_error(answer, 403, "too_many_files")
        self.assertEqual(self.post("/api/jobs", [("format", "png"), ("saveToStorage", "true")], files[:FREE_FILES],
                                   key=self.free).status, 200)

    def test_a_file_over_the_plans_size_is_413(self):
        big = bytes(51 * 1000 * 1000 + 3 * 1024 * 1024)
        self.assert_error(self.post("/api/jobs", [("format", "png"), ("saveToStorage", "true")],
                                    [("files", "a.png", big)], key=self.free), 413, "file_too_large")

    def test_usage_says_what_was_used(self):
        key = self.api.make_key("--account", "user", "--plan", "starter")
        self.post("/api/convert", [("format", "png")], [("files", "a.png", PNG)], key=key)
        told = self.api.get("/api/usage", key=key).json()
        self.assertEqual(told["plan"], "starter")
        self.assertTrue(told["period"])
        self.assertEqual(told["requests"]["used"], 1)
        self.assertIn("limit", told["requests"])
        self.assertEqual(set(told["jobs"]), {"pending", "processing"})
        self.assertIn("storageBytes", told)
        self.assertIs(told["admin"], False)
        admin = self.api.make_key("--account", "user", "--admin")
        self.assertIs(self.api.get("/api/usage", key=admin).json()["admin"], True)

    def test_server_stats_are_for_admins(self):
        self.assert_error(self.api.get("/api/server/stats"), 403, "forbidden")


class RateTest(ContractTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api.configure("[plans.free]\nrequests_per_minute = 3\n")

    def test_a_rate_refuses_with_its_headers_and_leaves_polls_alone(self):
        key = self.api.make_key("--account", "small", "--plan", "free")
        def send():
            return self.post("/api/convert", [("format", "png")], [("files", "a.png", PNG)], key=key)
        statuses = [send().status for _ in range(3)]
        self.assertEqual(statuses, [200] * 3)
        over = send()
        self.assert_error(over, 429, "rate_limited")
        self.assertGreaterEqual(int(over.headers["Retry-After"]), 1)
        self.assertTrue(any(name.lower().startswith("ratelimit") for name in over.headers))
        self.assertEqual(self.api.get("/api/jobs", key=key).status, 200)


if __name__ == "__main__":
    unittest.main()
