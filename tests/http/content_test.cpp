// The bytes of stored files, by signed URL.
#include "http/text.hpp"
#include "tests/http/test_server.hpp"

#include <unistd.h>

namespace convertd {

namespace {

class Content : public TestServer {
protected:
  /// A finished job whose only output is `bytes`; returns the target of its signed URL.
  std::string stored(const std::string& bytes, bool in_store, const std::string& name = "a.webp") {
    job = job_record{};
    job.id = mint<job_id>(wall_clock());
    job.account = account;
    job.state = job_state::completed;
    job.created = wall_clock();
    job.files_total = job.files_completed = 1;
    auto file = file_of(0, true, bytes.size());
    file.target_name = name;
    file.result.stored_inline = in_store;
    file.result.crc32 = 0xdeadbeef;
    id = file.result.id;
    if (!in_store)
      write_output(bytes);
    write_batch batch{records};
    batch.put_job(job);
    batch.put_spec(job.id, {});
    batch.put_file(job.id, file);
    if (in_store)
      batch.put_inline_output(file.result.id, bytes);
    batch.commit();
    url_signer signer{load_or_create_signing_key(options.signing_key), std::chrono::hours{1}};
    return signer.url("", file.result.id, wall_clock());
  }

  void write_output(const std::string& bytes) {
    auto source = files.nameless();
    files.keep_source(job.id, source.get());
    auto fd = files.nameless();
    ASSERT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    files.keep_output(job.id, 0, fd.get());
  }

  job_record job;
  file_id id;
};

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>(i * 7 + i / 251);
  return out;
}

} // namespace

TEST_F(Content, ComesFromStoreAndDiskAlike) {
  start();
  for (bool in_store : {true, false}) {
    auto bytes = pattern(in_store ? 5'000 : 3'000'001);
    auto got = client().ask(get(stored(bytes, in_store, "caf\xC3\xA9 \"1\".webp")));
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.body == bytes);
    EXPECT_EQ(got.header("content-type"), "image/webp");
    EXPECT_EQ(got.header("content-length"), std::to_string(bytes.size()));
    EXPECT_EQ(got.header("accept-ranges"), "bytes");
    EXPECT_EQ(got.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(got.header("content-security-policy"), "sandbox; default-src 'none'");
    EXPECT_EQ(got.header("content-disposition"),
              "attachment; filename=\"caf__ _1_.webp\"; filename*=UTF-8''caf%C3%A9%20%221%22.webp");
    EXPECT_TRUE(got.header("cache-control").starts_with("private, max-age="));
  }
}

TEST_F(Content, NeedsAValidSignature) {
  start();
  auto target = stored("abc", true);
  auto from = client();
  EXPECT_EQ(from.ask(get(target)).status, 200);
  auto changed = target;
  changed.back() = changed.back() == '0' ? '1' : '0';
  auto got = from.ask(get(changed));
  EXPECT_EQ(got.status, 403);
  EXPECT_NE(got.body.find("\"signature_invalid\""), std::string::npos);
  EXPECT_EQ(from.ask(get(target.substr(0, target.find('?')), auth())).status, 403);
  EXPECT_EQ(from.ask(get("/api/files/x/content?exp=1&sig=2")).status, 404);
}

TEST_F(Content, IsGoneOnceErased) {
  start();
  auto target = stored("abc", true);
  job.erased = true;
  write_batch batch{records};
  batch.put_job(job);
  batch.commit();
  EXPECT_EQ(client().ask(get(target)).status, 404);
}

TEST_F(Content, IsNotSentTwice) {
  start();
  auto target = stored(pattern(2'000), true);
  auto from = client();
  auto etag = from.ask(get(target)).header("etag");
  EXPECT_EQ(etag, "\"deadbeef-2000-" + to_text(id) + "\"");
  for (const auto& list : {etag, "\"x\", W/" + etag, std::string{"*"}}) {
    auto got = from.ask(get(target, "If-None-Match: " + list + "\r\n"));
    EXPECT_EQ(got.status, 304);
    EXPECT_EQ(got.header("etag"), etag);
    EXPECT_TRUE(got.body.empty());
  }
  EXPECT_EQ(from.ask(get(target, "If-None-Match: \"x\"\r\n")).status, 200);
}

TEST_F(Content, ComesInParts) {
  start();
  for (bool in_store : {true, false}) {
    auto bytes = pattern(in_store ? 10'000 : 900'000);
    auto target = stored(bytes, in_store);
    auto from = client();
    auto got = from.ask(get(target, "Range: bytes=100-199\r\n"));
    EXPECT_EQ(got.status, 206);
    EXPECT_EQ(got.body, bytes.substr(100, 100));
    EXPECT_EQ(got.header("content-range"), "bytes 100-199/" + std::to_string(bytes.size()));
    got = from.ask(get(target, "Range: bytes=-10\r\n"));
    EXPECT_EQ(got.body, bytes.substr(bytes.size() - 10));
    got = from.ask(get(target, "Range: bytes=9999999-\r\n"));
    EXPECT_EQ(got.status, 416);
    EXPECT_EQ(got.header("content-range"), "bytes */" + std::to_string(bytes.size()));
    EXPECT_EQ(got.header("content-type"), "application/json");
    EXPECT_EQ(from.ask(get(target, "Range: bytes=0-1,4-5\r\n")).status, 200);
    got = from.ask(get(target, "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n"));
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.body == bytes);
  }
}

TEST_F(Content, AnswersHead) {
  start();
  auto target = stored(pattern(70'000), false);
  auto from = client();
  from.send("HEAD " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  auto got = from.receive(true);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-length"), "70000");
  EXPECT_EQ(got.header("accept-ranges"), "bytes");
  EXPECT_EQ(from.ask(get("/livez")).status, 200);
}

TEST_F(Content, MayBeEmpty) {
  start();
  auto from = client();
  auto got = from.ask(get(stored("", true)));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-length"), "0");
  EXPECT_EQ(from.ask(get("/livez")).status, 200);
}

TEST_F(Content, IsNotHeldForReadersWhoDoNotRead) {
  options.front.write_time_max = std::chrono::milliseconds{100};
  start();
  auto target = stored(std::string(32 << 20, 'x'), false);
  auto from = client();
  from.send(get(target));
  auto line = log.wait_for(1).at(0);
  EXPECT_EQ(line.status, 200);
  EXPECT_LT(line.bytes, 32U << 20);
  EXPECT_FALSE(from.receive().whole);
}

} // namespace convertd
