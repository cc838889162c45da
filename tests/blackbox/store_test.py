"""convertd store: check, backup, restore and repair, with and without a server."""

import os
import pathlib
import shutil
import unittest

import server

DAMAGED, NEWER = 3, 4
PAGE = 4096


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.running = server.Server()
        self.addCleanup(self.running.__exit__, None, None, None)
        self.running.__enter__()
        self.png = server.samples()["logo.png"]
        self.job = self.running.submit([("logo.png", self.png)], format="bmp")
        self.running.wait_for(self.job)

    @property
    def file(self):
        return self.running.data / "store" / "data.mdb"

    def verb(self, *words, data=None):
        return server.run("store", *words, "--data", data or self.running.data)

    def damage(self):
        self.running.stop()
        content = bytearray(self.file.read_bytes())
        at = content.rfind(b"logo.png") // PAGE * PAGE  # a page of records, and of earlier ones
        while at >= 0:
            content[at:at + PAGE] = bytes(PAGE)
            at = content.rfind(b"logo.png") // PAGE * PAGE if b"logo.png" in content else -1
        self.file.write_bytes(content)

    def start_fails(self):
        done = server.run("serve", "--data", self.running.data, "--http-port", "0")
        return done.returncode, done.stderr

    def shows_the_job(self):
        found = self.running.get(f"/api/jobs/{self.job}").json()
        self.assertEqual(found["status"], "completed")
        self.running.fetch(found["results"][0]["downloadUrl"])

    def test_a_whole_store_is_whole_also_while_a_server_uses_it(self):
        for _ in range(2):
            done = self.verb("check")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("The store is whole.", done.stdout)
            if self.running.process.poll() is None:
                self.running.stop()

    def test_damage_keeps_the_server_from_starting_and_names_the_verbs(self):
        self.damage()
        code, text = self.start_fails()
        self.assertEqual(code, DAMAGED, text)
        self.assertIn("is damaged: page", text)
        self.assertIn("convertd store repair", text)
        self.assertEqual(self.verb("check").returncode, DAMAGED)

    def test_an_empty_file_and_a_missing_store_are_no_new_store(self):
        self.running.stop()
        os.truncate(self.file, 0)
        self.assertEqual(self.start_fails()[0], DAMAGED)
        shutil.rmtree(self.running.data / "store")
        code, text = self.start_fails()
        self.assertEqual(code, DAMAGED)
        self.assertIn("the folder store is missing", text)

    def test_a_newer_format_is_refused_and_not_changed(self):
        self.running.stop()
        content = self.file.read_bytes().replace(b"format4", b"format9")
        self.file.write_bytes(content)
        self.assertEqual(self.verb("check").returncode, NEWER)
        self.assertEqual(self.verb("repair").returncode, NEWER)
        self.assertEqual(self.start_fails()[0], NEWER)
        self.assertEqual(self.file.read_bytes(), content)

    def test_a_backup_of_a_running_server_is_restored_elsewhere(self):
        to = self.running.folder / "backup"
        done = self.verb("backup", to)
        self.assertEqual(done.returncode, 0, done.stderr)
        later = self.running.submit([("logo.png", self.png)])
        self.running.wait_for(later)
        self.running.stop()
        shutil.rmtree(self.running.data)
        done = self.verb("restore", to)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.running.start()
        self.shows_the_job()
        self.assertEqual(self.running.get(f"/api/jobs/{later}").status, 404)

    def test_a_backup_is_not_put_over_what_is_there(self):
        to = self.running.folder / "backup"
        self.assertEqual(self.verb("backup", to).returncode, 0)
        self.running.stop()
        done = self.verb("restore", to)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not empty", done.stderr)

    def test_repair_goes_on_from_the_kept_copy_and_keeps_the_damaged_store(self):
        self.assertEqual(self.verb("copy").returncode, 0)
        self.damage()
        bad = self.file.read_bytes()
        done = self.verb("repair")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("lost or damaged: page", done.stdout)
        kept = list(self.running.data.glob("damaged-*/store/data.mdb"))
        self.assertEqual([x.read_bytes() for x in kept], [bad])
        self.assertEqual(self.verb("check").returncode, 0)
        self.running.start()
        self.shows_the_job()

    def test_repair_without_a_copy_gives_a_store_that_is_whole(self):
        self.damage()
        done = self.verb("repair")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.verb("check")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.running.start()
        self.running.wait_for(self.running.submit([("logo.png", self.png)]))

    def test_restore_without_a_folder_goes_back_to_the_kept_copy(self):
        self.assertEqual(self.verb("copy").returncode, 0)
        later = self.running.submit([("logo.png", self.png)])
        self.running.wait_for(later)
        self.damage()
        done = self.verb("restore")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.running.start()
        self.shows_the_job()
        self.assertEqual(self.running.get(f"/api/jobs/{later}").status, 404)

    def test_the_server_keeps_a_copy_by_itself(self):
        self.running.stop()
        self.running.flags += ["--store-copy-interval", "1s"]
        self.running.start()
        copy = self.running.data / "copy" / "store" / "data.mdb"
        for number in range(200):
            if copy.exists():
                break
            self.running.wait_for(self.running.submit([(f"{number}.png", self.png)]))
        self.assertTrue(copy.exists())

    def test_there_is_no_store_where_there_is_none(self):
        done = self.verb("check", data=self.running.folder / "elsewhere")
        self.assertEqual(done.returncode, 1)
        self.assertIn("There is no store in", done.stderr)


if __name__ == "__main__":
    unittest.main()
