// Archives of jobs over a real socket.
#include "http/job_archive.hpp"
#include "tests/http/test_server.hpp"

#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <unistd.h>
#include <zlib.h>

namespace convertd {

namespace {

class Archive : public TestServer {
protected:
  /// The bytes of file `index`: small ones live in the store, others on disk.
  static std::string bytes_of(std::uint32_t index) {
    return std::string(index % 2 == 0 ? 100 + index : 70'000 + index,
                       static_cast<char>('a' + index));
  }

  file_record completed(write_batch& batch, const job_record& job, std::uint32_t index) {
    auto bytes = bytes_of(index);
    auto file = file_of(index, true, bytes.size());
    file.result.crc32 = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    file.result.stored_inline = bytes.size() <= inline_bytes_max;
    if (file.result.stored_inline) {
      batch.put_inline_output(file.result.id, bytes);
    } else {
      auto fd = files.nameless();
      EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
      files.keep_output(job.id, index, fd.get());
    }
    return file;
  }

  /// A job with an archive; every fifth file has failed if `with_failures`.
  job_record archived_job(std::uint32_t count, bool with_failures) {
    auto job = add_job(count, count);
    job.completed = wall_clock();
    write_batch batch{records};
    for (std::uint32_t i = 0; i < count; ++i) {
      auto file = file_of(i, false, 0);
      if (with_failures && i % 5 == 4) {
        file.progress.state = file_state::failed;
        file.progress.error = ec::decode_failed;
        ++job.files_failed;
        --job.files_completed;
      } else {
        file = completed(batch, job, i);
      }
      batch.put_file(job.id, file);
    }
    job_spec spec;
    spec.create_archive = true;
    batch.put_spec(job.id, spec);
    batch.put_job(job);
    batch.commit();
    return job;
  }

  std::string url_of(const job_record& job) {
    auto got = client().ask(get("/api/jobs/" + to_text(job.id), auth()));
    std::string_view url{parser.parse(got.body)["archive"]["downloadUrl"]};
    EXPECT_TRUE(url.starts_with("http://test/"));
    return std::string{url.substr(std::string_view{"http://test"}.size())};
  }

  /// What Info-ZIP says of the archive's CRCs and structure.
  bool is_sound(const std::string& bytes) const {
    auto path = folder.path() / "a.zip";
    std::ofstream{path, std::ios::binary} << bytes;
    return std::system(("unzip -tqq '" + path.string() + "' > /dev/null").c_str()) == 0;
  }
  std::string member(const std::string& name) const {
    auto out = folder.path() / "member";
    auto command = "unzip -p '" + (folder.path() / "a.zip").string() + "' '" + name + "' > '"
                   + out.string() + "'";
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::ifstream in{out, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  simdjson::dom::parser parser;
};

} // namespace

TEST_F(Archive, HasAllOutputsAndSaysWhatFailed) {
  start();
  auto job = archived_job(10, true);
  auto got = client().ask(get(url_of(job)));
  ASSERT_EQ(got.status, 200);
  EXPECT_TRUE(got.whole);
  EXPECT_EQ(got.header("content-type"), "application/zip");
  EXPECT_EQ(got.header("content-length"), std::to_string(got.body.size()));
  EXPECT_NE(got.header("content-disposition").find(to_text(job.id) + ".zip"), std::string::npos);
  EXPECT_TRUE(is_sound(got.body));
  for (std::uint32_t i : {0, 1, 7})
    EXPECT_EQ(member("photo " + std::to_string(i) + ".webp"), bytes_of(i));
  auto text = member("manifest.json");
  auto manifest = parser.parse(text);
  EXPECT_EQ(manifest["failed"].get_array().size(), 2U);
  EXPECT_EQ(std::uint64_t{manifest["failed"].at(0)["index"]}, 4U);
  EXPECT_EQ(std::string_view{manifest["failed"].at(0)["filename"]}, "photo 4.png");
  EXPECT_EQ(std::string_view{manifest["failed"].at(0)["errorCode"]}, "decode_failed");
}

TEST_F(Archive, HasNoManifestIfNothingFailed) {
  start();
  auto got = client().ask(get(url_of(archived_job(3, false))));
  EXPECT_TRUE(is_sound(got.body));
  EXPECT_EQ(got.body.find("manifest.json"), std::string::npos);
}

TEST_F(Archive, IsTheSameFromAnyByteOn) {
  start();
  auto url = url_of(archived_job(12, true));
  auto whole = client().ask(get(url));
  auto size = whole.body.size();
  auto from = client();
  for (std::size_t first = 0; first < size; first += size / 97 + 1)
    for (std::size_t length : {std::size_t{1}, std::size_t{50}, std::size_t{90'000}, size}) {
      auto last = std::min(first + length, size) - 1;
      auto got =
        from.ask(get(url, "Range: bytes=" + std::to_string(first) + "-" + std::to_string(last)
                            + "\r\nIf-Range: " + whole.header("etag") + "\r\n"));
      ASSERT_EQ(got.status, 206);
      ASSERT_EQ(got.body, whole.body.substr(first, last - first + 1)) << first << " " << last;
    }
  EXPECT_EQ(from.ask(get(url, "Range: bytes=-22\r\n")).body, whole.body.substr(size - 22));
  EXPECT_EQ(from.ask(get(url, "Range: bytes=" + std::to_string(size) + "-\r\n")).status, 416);
  EXPECT_EQ(from.ask(get(url, "If-None-Match: " + whole.header("etag") + "\r\n")).status, 304);
}

TEST_F(Archive, IsShownOnlyWhenItWasAskedForAndIsThere) {
  start();
  auto shown = [&](const job_record& job) {
    auto text = client().ask(get("/api/jobs/" + to_text(job.id), auth())).body;
    return text.find("\"archive\":") != std::string::npos;
  };
  EXPECT_FALSE(shown(add_job(2, 2)));
  auto job = archived_job(2, false);
  EXPECT_TRUE(shown(job));
  EXPECT_NE(client().ask(get("/api/jobs", auth())).body.find("/archive/content?"),
            std::string::npos);
  job.state = job_state::processing;
  write_batch batch{records};
  batch.put_job(job);
  batch.commit();
  EXPECT_FALSE(shown(job));
}

TEST_F(Archive, NeedsItsOwnSignature) {
  start();
  auto job = archived_job(2, false);
  auto url = url_of(job);
  EXPECT_EQ(client().ask(get(url.substr(0, url.size() - 1) + "x")).status, 403);
  auto other_job = archived_job(2, false);
  auto query = url.substr(url.find('?'));
  auto path = "/api/jobs/" + to_text(other_job.id) + "/archive/content";
  EXPECT_EQ(client().ask(get(path + query)).status, 403);
  EXPECT_EQ(client().ask(get(path)).status, 403);
  EXPECT_EQ(client().ask(get("/api/files/" + to_text(job.id) + "/content" + query)).status, 403);
}

TEST_F(Archive, OfAnErasedJobIsGone) {
  start();
  auto job = archived_job(2, false);
  auto url = url_of(job);
  write_batch batch{records};
  batch.erase_bytes(job.id);
  batch.commit();
  EXPECT_EQ(client().ask(get(url)).status, 404);
  auto text = client().ask(get("/api/jobs/" + to_text(job.id), auth())).body;
  EXPECT_NE(text.find("\"archive\":{\"filename\""), std::string::npos);
  EXPECT_EQ(text.find("downloadUrl"), std::string::npos);
}

TEST_F(Archive, LeavesOutWhatItsOwnerHasErased) {
  start();
  auto job = archived_job(5, true);
  auto url = url_of(job);
  auto before = client().ask(get(url));
  auto file = *read_view{records}.file(job.id, 1);
  file.result.erased = true;
  write_batch batch{records};
  batch.put_file(job.id, file);
  batch.commit();
  auto after = client().ask(get(url));
  EXPECT_TRUE(after.whole);
  EXPECT_TRUE(is_sound(after.body));
  EXPECT_EQ(after.body.find("photo 1."), std::string::npos);
  EXPECT_NE(after.header("etag"), before.header("etag"));
  auto text = member("manifest.json");
  EXPECT_EQ(parser.parse(text)["failed"].get_array().size(), 1U);
}

TEST_F(Archive, BreaksOffIfAnOutputIsGone) {
  start();
  auto job = archived_job(3, false);
  files.remove_output(job.id, 1);
  auto got = client().ask(get(url_of(job)));
  EXPECT_FALSE(got.whole);
}

} // namespace convertd
