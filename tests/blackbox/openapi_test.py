"""Walks the description of the API, /openapi.json, against a running server: what it answers is what
is described, on every route; and every error of a request is reached that can be from outside."""

import json
import re
import socket
import unittest

import images
import server

# Errors that need a full disk, a full server, a fault or a stop; other tests provoke them.
ELSEWHERE = {
    "internal", "request_timeout", "queue_full", "storage_full", "shutting_down", "too_many_connections",
    "webhook_limit", "webhook_gone", "idempotency_in_progress", "sources_erased", "already_exists", "not_cancellable", "not_final",
}
# Of one file of a job.
OF_FILES = {
    "unsupported_input", "decode_failed", "encode_failed", "too_large", "timeout", "decoder_crashed",
    "target_unreachable", "interrupted", "cancelled",
}

CONFIG = """
[plans.narrow]
files_per_batch = 1
file_bytes = "1KB"
storage_bytes = "2KB"
[plans.hasty]
requests_per_minute = 1
[plans.scarce]
requests_per_month = 1
"""

TYPES = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
    "null": type(None),
}


class Description:
    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        while "$ref" in schema:
            found = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def complaint(self, schema, value, place="body"):
        """What of `value` is not as the schema says; empty = nothing. The words of JSON Schema that
        the description uses."""
        schema = self.resolve(schema)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        good = [t for t in types if isinstance(value, TYPES[t]) and not (t == "integer" and isinstance(value, bool))]
        if types and not good:
            return f"{place} is {value!r}, not {types}"
        if "const" in schema and value != schema["const"]:
            return f"{place} is {value!r}, not {schema['const']!r}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{place} is {value!r}, not one of {schema['enum']}"
        if isinstance(value, dict):
            for name in schema.get("required", []):
                if name not in value:
                    return f"{place} has no {name}"
            for name, each in schema.get("properties", {}).items():
                if name in value and (what := self.complaint(each, value[name], f"{place}.{name}")):
                    return what
            unknown = set(value) - set(schema.get("properties", value))
            if unknown:
                return f"{place} has {unknown}, which are not described"
        if isinstance(value, list):
            for i, each in enumerate(value):
                if what := self.complaint(schema.get("items", {}), each, f"{place}[{i}]"):
                    return what
        return ""


class OpenapiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convertd = server.Server().__enter__()
        cls.addClassCleanup(cls.convertd.__exit__, None, None, None)
        config = cls.convertd.configure(CONFIG)
        cls.keys = {plan: cls.convertd.make_key("--account", plan, "--plan", plan, "--config", str(config))
                    for plan in ("narrow", "hasty", "scarce")}
        cls.admin = cls.convertd.make_key("--admin")
        cls.description = Description(cls.convertd.get("/openapi.json", key=None).json())
        cls.reached = set()

    def check(self, method, route, answer):
        """The answer is one that the description has for the route."""
        if answer.status >= 400 and answer.headers.get("Content-Type", "").startswith("application/json"):
            body = answer.json()
            if "code" in body:
                self.reached.add(body["code"])
        responses = self.description.document["paths"][route][method.lower()]["responses"]
        described = responses.get(str(answer.status), responses.get("default") if answer.status >= 400 else None)
        self.assertIsNotNone(described, f"{method} {route} answers {answer.status}: {answer.body[:300]!r}")
        content = described.get("content", {})
        if not content:
            return
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        found = content.get(kind) or content.get("image/*") or content.get("*/*")
        self.assertIsNotNone(found, f"{method} {route} answers {kind}")
        if kind == "application/json" and "*/*" not in content:
            self.assertEqual(self.description.complaint(found["schema"], answer.json()), "", f"{method} {route}")

    def ask(self, method, route, path=None, **more):
        answer = self.convertd.request(method, path or route, **more)
        self.check(method, route, answer)
        return answer

    def form(self, route, fields, files, **more):
        answer = self.convertd.post_form(route, fields, files, **more)
        self.check("POST", route, answer)
        return answer

    def job(self, **fields):
        job = self.form("/api/jobs", {"format": "png", "saveToStorage": "true", **fields}.items(),
                        [("files", "a.png", images.png(4, 4)), ("files", "b.png", b"no image")])
        return job.json()["jobId"]

    def test_answers_are_those_described(self):
        walked = set()
        job = self.job()
        self.convertd.wait_for(job)
        file = self.form("/api/files", [], [("file", "x.png", images.png(2, 2))]).json()["file"]
        hook = None
        for route, methods in self.description.document["paths"].items():
            for method in sorted(methods, key=["post", "get", "patch", "delete"].index):
                name = f"{method.upper()} {route}"
                with self.subTest(route=name):
                    walked.add(name)
                    key = self.admin if "server" in route else ""
                    if method == "post" and route in ("/api/convert", "/api/compress"):
                        self.form(route, [("format", "png")], [("files", "a.png", images.png(4, 4))])
                    elif method == "post" and route == "/api/webhooks":
                        answer = self.ask("POST", route, body=json.dumps({"url": "https://example.com/hook",
                                                                          "eventTypes": ["conversion.completed"]}))
                        hook = next(iter(re.findall(rb'"id":\s*"([^"]+)"', answer.body)), b"").decode()
                    elif method == "post" and route in ("/api/jobs", "/api/files"):
                        pass # they were made above
                    else:
                        ids = {"jobs": job, "files": file["id"], "webhooks": hook}
                        kind = route.split("/")[2] if route.count("/") > 1 else ""
                        path = route.replace("{id}", str(ids.get(kind))).replace("{name}", "base.css")
                        if route.endswith("/content"):
                            path = file["downloadUrl"].split("/", 3)[3]
                            path = "/" + path
                        if method == "delete" and route == "/api/jobs/{id}":
                            path = route.replace("{id}", self.job()) + "?force=true"
                        body = json.dumps({"filename": "y.png"}) if method == "patch" else None
                        self.ask(method.upper(), route, path, body=body, key=key)
        self.assertEqual(len(walked), sum(len(x) for x in self.description.document["paths"].values()))

    def refused(self, method, route, path=None, code=None, **more):
        answer = self.ask(method, route, path, **more)
        self.assertEqual(answer.json().get("code"), code, answer.body)

    def refused_form(self, code, fields, files=None, route="/api/jobs", **more):
        fields = {"format": "png", "saveToStorage": "true", **fields}
        files = [("files", "a.png", images.png(4, 4))] if files is None else files
        answer = self.form(route, [x for x in fields.items() if x[1]], files, **more)
        self.assertEqual(answer.json().get("code"), code, answer.body)

    def test_errors_of_requests_are_reached(self):
        known = set(self.description.document["components"]["schemas"]["Error"]["properties"]["code"]["enum"])
        self.refuse_forms()
        self.refuse_routes()
        self.refuse_plans()
        reached = self.reached | self.refused_heads()
        optional = {"nothing_failed", "idempotency_mismatch"} # with routes that come with them
        self.assertEqual(known - reached - ELSEWHERE - OF_FILES - optional, set())

    def refuse_forms(self):
        self.refused_form("invalid_setting", {"compression": "101"})
        self.refused_form("invalid_json", {"formats": "["})
        self.refused_form("missing_field", {"format": ""})
        self.refused_form("array_length", {"formats": '["png", "png"]'})
        self.refused_form("source_url_not_offered", {"sourceUrl": "http://example.com/a.png"}, [])
        self.refused_form("unsupported_format", {"format": "svg"})
        self.refused("POST", "/api/jobs", code="bad_request", body=b"x", headers={"Content-Type": "text/plain"})

    def refuse_routes(self):
        self.refused("GET", "/api/jobs", code="missing_key", key=None)
        self.refused("GET", "/api/jobs", code="invalid_key", key="ck_wrong")
        missing = "/api/jobs/01a2100c-9eb1-7300-ab1c-ae67a581c35a"
        self.refused("GET", "/api/jobs/{id}", missing, "not_found")
        self.refused("GET", "/api/server/stats", code="forbidden")
        self.refused("GET", "/api/files/{id}/content", missing.replace("jobs", "files") + "/content?exp=1&sig=1",
                     "signature_invalid")
        file = self.form("/api/files", [], [("file", "x", b"abc")]).json()["file"]
        answer = self.ask("GET", "/api/files/{id}/content", "/" + file["downloadUrl"].split("/", 3)[3],
                          headers={"Range": "bytes=10-20"})
        self.assertEqual(answer.json()["code"], "range_not_satisfiable")
        for method, path in (("GET", "/api/nothing"), ("PUT", "/api/jobs")):
            self.reached.add(self.convertd.request(method, path).json()["code"])

    def refuse_plans(self):
        two = [("files", f"{i}.png", images.png(4, 4)) for i in range(2)]
        self.refused_form("too_many_files", {}, two, key=self.keys["narrow"])
        self.refused_form("file_too_large", {}, [("files", "a", b"x" * 1_100)], key=self.keys["narrow"])
        self.refused_form("storage_limit", {}, [("files", "a", b"x" * 3_000)], key=self.keys["narrow"])
        for plan, code in (("hasty", "rate_limited"), ("scarce", "quota_exceeded")):
            self.refused_form(None, {}, key=self.keys[plan])
            self.refused_form(code, {}, key=self.keys[plan])

    def refused_heads(self):
        """Codes of requests that no HTTP library would send."""
        codes = set()
        for text in (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", b"NONSENSE\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.convertd.port), 10) as raw:
                raw.sendall(text)
                body = b""
                while piece := raw.recv(4096):
                    body += piece
            codes.add(json.loads(body.split(b"\r\n\r\n", 1)[1])["code"])
        return codes


if __name__ == "__main__":
    unittest.main()
