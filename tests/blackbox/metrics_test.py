"""/metrics: every metric of docs/metrics.md is there and moves; promtool likes them, and the rules."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import receiver
import server

PAGE = (server.ROOT / "docs" / "metrics.md").read_text()
RULES = server.ROOT / "packaging" / "prometheus"
NO_PROMTOOL = "promtool is not there; it is in the Debian package prometheus"

# They say what is, and need not change while a server runs; here they need only be there.
CONSTANT = {"convertd_build_info", "convertd_queue_files_max", "convertd_codec_memory_max_bytes",
            "convertd_store_max_bytes", "convertd_disk_bytes", "process_max_fds",
            "process_start_time_seconds"}

# Nobody reads what is said there; but the server checks itself, as it does under systemd.
SUPERVISED = {"NOTIFY_SOCKET": "@convertd-nobody", "WATCHDOG_USEC": "2000000"}

# What needs a server that dies in the midst of a commit: tests/app/metrics_test.cpp makes it move.
ELSEWHERE = {"convertd_recovery_abandoned_uploads"}


def documented():
    """name → kind, as the page has them."""
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", PAGE, re.MULTILINE))


def scrape(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise AssertionError(text)
        return text
    finally:
        connection.close()


def samples(text):
    """name with labels → value"""
    found = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def of(found, family):
    """All series of a family."""
    return {name: value for name, value in found.items()
            if re.sub(r"_(bucket|count|sum)$", "", name.split("{")[0]) == family
            or name.split("{")[0] == family}


class MetricsTest(unittest.TestCase):
    """One server lives through what there is to count; it is looked at in between."""

    @classmethod
    def setUpClass(cls):
        cls.port = server.free_port()
        cls.texts = []
        cls.accepts = False  # the receiver, in the beginning
        images = server.samples()
        with server.Server("--metrics-listen", f"127.0.0.1:{cls.port}", "--webhooks-allow", "127.0.0.1",
                           "--codec-processes", "1", "--grace-period", "0s",
                           environment=SUPERVISED) as convertd:
            cls.look()
            with receiver.Receiver(lambda event: 200 if cls.accepts else 500) as hook:
                cls.work(convertd, images, hook)
            cls.interrupt(convertd, images)
            cls.break_codecs(convertd)

    @classmethod
    def look(cls):
        cls.texts.append(scrape(cls.port))

    @classmethod
    def look_until(cls, wanted):
        deadline = time.monotonic() + 30
        cls.look()
        while not wanted(samples(cls.texts[-1])):
            assert time.monotonic() < deadline
            cls.texts.pop()
            cls.look()

    @classmethod
    def work(cls, convertd, images, hook):
        answer = convertd.request("POST", "/api/webhooks", body=json.dumps(
            {"url": hook.url(), "eventTypes": ["conversion.completed"]}),
            headers={"Content-Type": "application/json"})
        assert answer.status in (200, 201), answer.body
        photo = [(f"{i}.jpg", images["photo.jpg"]) for i in range(20)]
        job = convertd.submit(photo + [("broken.png", b"\x89PNG\r\n\x1a\nbroken")], format="avif", resize="width",
                              resizeWidth="400")
        cls.look_until(lambda found: found["convertd_codec_memory_bytes"] > 0)
        convertd.wait_for(job)
        convertd.post_form("/api/compress", [], [("files", "photo.jpg", images["photo.jpg"])])
        convertd.wait_for(convertd.submit([("die.png", b"CONVERTD-FAULT:crash")]))
        hook.wait_for(lambda events: events)
        while samples(scrape(cls.port)).get('convertd_webhook_tries_total{outcome="retried"}') != 1:
            time.sleep(0.05)
        cls.look()
        cls.accepts = True
        hook.wait_for(lambda _: hook.accepted)
        while samples(scrape(cls.port))["convertd_webhook_deliveries_waiting"] != 0:
            time.sleep(0.05)
        cls.look()

    @classmethod
    def interrupt(cls, convertd, images):
        """Killed in the midst of a job, and of an upload of more than one commit."""
        job = convertd.submit([(f"{i}.jpg", images["photo.jpg"]) for i in range(60)], format="avif")
        deadline = time.monotonic() + 30
        while convertd.get(f"/api/jobs/{job}").json()["status"] == "pending":
            assert time.monotonic() < deadline
        time.sleep(0.3)
        convertd.kill()
        convertd.start()
        # Until its files are taken up again.
        cls.look_until(lambda found: found["convertd_pool_files_waiting"] > 0)
        convertd.request("DELETE", f"/api/jobs/{job}?force=true")
        cls.look()

    @classmethod
    def break_codecs(cls, convertd):
        """A zygote that is killed again and again cannot start anything."""
        deadline = time.monotonic() + 30
        while True:
            for pid in server.children(convertd.process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            cls.look()
            if samples(cls.texts[-1])["convertd_zygote_up"] == 0:
                return
            cls.texts.pop()
            assert time.monotonic() < deadline

    def test_page_is_up_to_date(self):
        self.assertEqual(server.run("docs", "metrics").stdout, PAGE)

    def test_every_metric_of_the_page_is_there_and_none_else(self):
        declared = {}
        for text in self.texts:
            declared.update(re.findall(r"^# TYPE (?!exposer_)(\w+) (\w+)$", text, re.MULTILINE))
        self.assertEqual(declared, documented())

    def test_every_metric_moves(self):
        looks = [samples(text) for text in self.texts]
        for name in documented():
            seen = [tuple(sorted(of(look, name).items())) for look in looks]
            self.assertTrue(any(seen), f"{name} has no series")
            if name not in CONSTANT and name not in ELSEWHERE:
                self.assertGreater(len(set(seen)), 1, f"{name} never changed: {seen[0]}")

    def test_figures_are_those_of_what_was_done(self):
        found = samples(self.texts[3])
        self.assertEqual(found["convertd_jobs_accepted_total"], 2)
        self.assertEqual(found["convertd_files_accepted_total"], 22)
        self.assertEqual(found['convertd_jobs_ended_total{outcome="completed"}'], 1)
        self.assertEqual(found['convertd_jobs_ended_total{outcome="failed"}'], 1)
        self.assertEqual(found['convertd_files_ended_total{error="none",outcome="completed"}'], 20)
        self.assertEqual(found['convertd_file_attempts_total{lane="job",outcome="converted",target="avif"}'], 20)
        self.assertEqual(found['convertd_file_attempts_total{lane="sync",outcome="converted",target="jpg"}'], 1)
        self.assertEqual(found['convertd_codec_deaths_total{reason="decoder_crashed"}'], 2)
        self.assertEqual(found['convertd_http_requests_total{code="2xx",method="POST",route="/api/jobs"}'], 2)
        self.assertEqual(found['convertd_webhook_tries_total{outcome="delivered"}'], 1)
        for stage in ("decode", "transform", "encode", "store", "memory"):
            self.assertGreaterEqual(found[f'convertd_stage_duration_seconds_count{{stage="{stage}"}}'], 20, stage)
            self.assertGreater(found[f'convertd_stage_duration_seconds_sum{{stage="{stage}"}}'], 0, stage)
        self.assertEqual(found['convertd_stage_duration_seconds_count{stage="compress"}'], 1)
        self.assertEqual(found["convertd_queue_files"], 0)

    def test_restart_is_told(self):
        found = samples(self.texts[4])
        self.assertEqual(found["convertd_recovery_jobs"], 1)
        self.assertGreaterEqual(found["convertd_recovery_interrupted_files"], 1)
        self.assertGreater(found["convertd_queue_oldest_seconds"], 0)
        self.assertEqual(samples(self.texts[5])['convertd_jobs_ended_total{outcome="cancelled"}'], 1)

    def test_lost_codecs_are_told(self):
        found = samples(self.texts[-1])
        self.assertEqual((found["convertd_zygote_up"], found["convertd_ready"]), (0, 0))

    def test_no_label_holds_an_id(self):
        for text in self.texts:
            self.assertNotRegex(text, r"[0-9a-f]{8}-[0-9a-f]{4}-")

    @unittest.skipUnless(shutil.which("promtool"), NO_PROMTOOL)
    def test_promtool_likes_the_metrics(self):
        for text in self.texts:
            done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


def dashboard():
    return json.loads((RULES / "convertd.dashboard.json").read_text())


def expressions(page):
    return [target["expr"] for panel in page["panels"] for target in panel.get("targets", [])]


class RulesTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("promtool"), NO_PROMTOOL)
    def test_promtool_likes_the_rules(self):
        done = subprocess.run(["promtool", "check", "rules", RULES / "convertd.rules.yml"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = subprocess.run(["promtool", "test", "rules", RULES / "convertd.rules.test.yml"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def promtool(self, kind, text):
        """Loads it as Prometheus would."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "file.yml"
            path.write_text(text)
            done = subprocess.run(["promtool", "check", kind, path], capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("promtool"), NO_PROMTOOL)
    def test_prometheus_loads_the_scrape_configuration_with_the_rules(self):
        jobs = "".join(f"  {line}\n" for line in (RULES / "scrape.yml").read_text().splitlines())
        self.promtool("config", f"rule_files: [{RULES / 'convertd.rules.yml'}]\nscrape_configs:\n{jobs}")

    @unittest.skipUnless(shutil.which("promtool"), NO_PROMTOOL)
    def test_prometheus_understands_every_expression_of_the_dashboard(self):
        rules = [{"record": f"a:b{i}", "expr": expr.replace("$__rate_interval", "5m")}
                 for i, expr in enumerate(expressions(dashboard()))]
        self.assertGreater(len(rules), 10)
        self.promtool("rules", json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    def test_dashboard_is_what_grafana_imports(self):
        page = dashboard()
        self.assertTrue(page["title"] and page["uid"])
        self.assertGreaterEqual(page["schemaVersion"], 36)
        variables = {each["name"] for each in page["templating"]["list"]}
        panels = page["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        self.assertEqual({panel["datasource"]["uid"] for panel in panels}, {"${datasource}"})
        taken = set()
        for panel in panels:
            self.assertTrue(panel["title"] and panel["type"] and panel["targets"], panel)
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, f"{panel['title']} lies over another")
            taken |= cells
        for expr in expressions(page):
            self.assertLessEqual(set(re.findall(r"\$(\w+)", expr)) - {"__rate_interval"}, variables, expr)

    def test_rules_and_dashboard_use_metrics_that_there_are(self):
        rules = (RULES / "convertd.rules.yml").read_text()
        texts = re.findall(r"expr: (.*)", rules) + expressions(dashboard())
        self.assertGreater(len(texts), 15)
        for text in texts:
            for name in re.findall(r"\b(?:convertd|process)_\w+", text):
                self.assertIn(re.sub(r"_(bucket|count|sum)$", "", name), documented(), text)


class ListenerTest(unittest.TestCase):
    def test_nothing_listens_unless_asked_to(self):
        with server.Server() as convertd:
            self.assertEqual(convertd.get("/metrics", key=None).status, 404)

    def test_address_that_is_taken_ends_the_start_with_a_sentence(self):
        with server.Server() as convertd:
            done = server.run("serve", "--data", convertd.folder / "other", "--http-port", server.free_port(),
                              "--metrics-listen", f"127.0.0.1:{convertd.port}")
            self.assertEqual(done.returncode, 1)
            self.assertIn("metrics.listen", done.stderr)


if __name__ == "__main__":
    unittest.main()
