"""The HTTP layer from outside: every refusal is JSON with a sentence and a code."""

import socket
import unittest

import images
import server


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The plan "small" is for the test of a file that is too large for its plan.
        cls.convertd = server.Server()
        config = cls.convertd.folder / "convertd.toml"
        config.write_text('[plans.small]\nfile_bytes = "2KB"\nfiles_per_batch = 2\n')
        cls.convertd.flags += ["--config", str(config)]
        cls.config = config
        cls.convertd.__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)

    def expect_problem(self, answer, status, code):
        self.assertEqual(answer.status, status, answer.body)
        problem = answer.json()
        self.assertEqual(problem["code"], code)
        self.assertTrue(problem["error"])
        self.assertTrue(answer.headers.get("X-Request-Id"))

    def test_health_needs_no_key(self):
        for path in ("/livez", "/healthz", "/readyz"):
            self.assertEqual(self.convertd.get(path, key=None).status, 200, path)

    def test_missing_and_wrong_key(self):
        answer = self.convertd.get("/api/jobs", key=None)
        self.expect_problem(answer, 401, "missing_key")
        self.assertEqual(answer.json()["error"], "Missing API key.")
        self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Bearer"))
        self.expect_problem(self.convertd.get("/api/jobs", key="ck_" + "a" * 43), 401, "invalid_key")

    def test_both_headers_carry_a_key(self):
        answer = self.convertd.get("/api/jobs", key=None, headers={"x-api-key": self.convertd.key})
        self.assertEqual(answer.status, 200)

    def test_unknown_routes_and_jobs(self):
        self.expect_problem(self.convertd.get("/api/no-such-route"), 404, "not_offered")
        missing = "/api/jobs/00000000-0000-7000-8000-000000000000"
        self.expect_problem(self.convertd.get(missing), 404, "not_found")
        self.expect_problem(self.convertd.get("/api/jobs/nonsense"), 404, "not_found")

    def test_wrong_method_names_the_right_ones(self):
        answer = self.convertd.request("PUT", "/api/jobs")
        self.expect_problem(answer, 405, "method_not_allowed")
        self.assertIn("POST", answer.headers["Allow"])

    def test_plan_limits_files_and_their_size(self):
        done = server.run("keys", "create", "--account", "small", "--plan", "small", "--data",
                          self.convertd.data, "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        key = done.stdout.strip()
        fields = [("format", "png"), ("saveToStorage", "true")]
        small = ("files", "a.png", images.png(4, 4))
        self.expect_problem(
            self.convertd.post_form("/api/jobs", fields, [("files", "a.png", bytes(5000))], key=key),
            413, "file_too_large")
        self.expect_problem(self.convertd.post_form("/api/jobs", fields, [small] * 3, key=key),
                            403, "too_many_files")
        self.assertEqual(
            self.convertd.post_form("/api/jobs", fields, [small] * 2, key=key).status, 200)

    def test_request_id_comes_back(self):
        answer = self.convertd.get("/livez", key=None, headers={"X-Request-Id": "abc-123"})
        self.assertEqual(answer.headers["X-Request-Id"], "abc-123")

    def raw(self, text):
        """Sends bytes as they are; gives what comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.convertd.port), timeout=30) as connection:
            connection.sendall(text)
            out = b""
            while piece := connection.recv(65536):
                out += piece
            return out

    def test_broken_heads_get_json_and_a_close(self):
        cases = [
            (b"NONSENSE\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", b"431"),
        ]
        for text, status in cases:
            answer = self.raw(text)
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), answer[:100])
            self.assertIn(b"application/json", answer)

    def test_smuggling_is_refused(self):
        answer = self.raw(b"POST /api/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400"), answer[:100])


if __name__ == "__main__":
    unittest.main()
