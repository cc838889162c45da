// POST /api/convert, from the bytes on the wire to what the actors get, and back.
#include "http/base64.hpp"
#include "http/sync_answer.hpp"
#include "tests/http/form.hpp"
#include "tests/http/test_server.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace convertd {
namespace {

sync_output in_memory(const std::string& bytes) {
  return {std::make_shared<const std::string>(bytes), nullptr};
}

sync_output in_file(const std::string& bytes) {
  auto fd = std::make_shared<owned_fd>(::memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(::write(fd->get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return {nullptr, fd};
}

class Sync : public TestServer {
protected:
  std::string request(const std::string& parts, const std::string& more = "",
                      const std::string& who = key) const {
    return post("/api/convert", parts + form_end, form_type + auth(who) + more);
  }

  /// The n-th request as if it had ended: its files converted to these.
  void convert(std::size_t n, const std::vector<sync_output>& outputs,
               const std::vector<std::uint64_t>& sizes) {
    auto order = actors.desk.wait_for(n);
    sync_result result;
    result.files = order->what.files;
    result.outputs = outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      auto& each = result.files.at(i);
      each.progress.state = file_state::completed;
      each.result.size = sizes.at(i);
      each.result.width = 4;
      each.result.height = 3;
      each.result.applied_quality = 82;
    }
    finish_request(order, std::move(result));
  }
  void fail_all(std::size_t n, ec why) {
    auto order = actors.desk.wait_for(n);
    sync_result result;
    result.files = order->what.files;
    result.outputs.resize(result.files.size());
    for (auto& each : result.files)
      each.progress = refused(started(each.progress), why);
    finish_request(order, std::move(result));
  }
  void finish_request(const std::shared_ptr<fake_desk::order>& order, sync_result result) {
    actors.desk.end(order, std::move(result));
    job_change ended{order->what.id, job_state::completed};
    server->rung(std::span{&ended, 1});
  }

  const std::string one = field("format", "webp") + file("files", "a.png", "AAAA");
};

TEST_F(Sync, AnswersWithADataUrlWhenTheFilesAreDone) {
  start();
  auto from = client();
  from.send(request(one));
  convert(0, {in_memory("WEBP")}, {4});
  auto got = from.receive();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-type"), "application/json");
  EXPECT_EQ(got.header("content-length"), std::to_string(got.body.size()));
  EXPECT_EQ(
    got.body,
    R"({"files":[{"filename":"a.webp","mimeType":"image/webp","originalSize":4,"finalSize":4,)"
    R"("savedPercent":0,"downloadUrl":"data:image/webp;base64,V0VCUA==","appliedQuality":82,)"
    R"("width":4,"height":3,"storedFileId":null}],"storage":{"saved":false,"notice":null}})");
}

TEST_F(Sync, HandsSourcesAndSettingsToTheActors) {
  start();
  auto from = client();
  from.send(request(field("formats", R"(["webp","png"])") + field("compression", "high")
                    + file("files[0]", "a.png", "AAAA") + file("files[1]", "a.png", "BB")));
  auto order = actors.desk.wait_for(0);
  EXPECT_EQ(order->what.account, account);
  EXPECT_EQ(order->what.sources->memory(), "AAAABB");
  EXPECT_EQ(order->what.files.at(1).offset, 4U);
  EXPECT_EQ(order->what.files.at(1).what.target, image_format::png);
  EXPECT_EQ(order->what.files.at(1).what.quality, 92);
  EXPECT_EQ(order->what.files.at(0).target_name, "a.webp");
  EXPECT_TRUE(actors.submitted().empty());
  EXPECT_TRUE(files.live_folders().empty());
}

TEST_F(Sync, SendsLargeResultsInPieces) {
  start();
  std::string large(700'001, 'x');
  large += "end";
  auto from = client();
  from.send(
    request(field("format", "webp") + file("files", "a.png", "A") + file("files", "b.png", "B")));
  convert(0, {in_file(large), in_memory("yz")}, {large.size(), 2});
  auto got = from.receive();
  EXPECT_EQ(got.header("content-length"), std::to_string(got.body.size()));
  EXPECT_NE(got.body.find("\"data:image/webp;base64," + base64(large) + "\",\"appliedQuality\""),
            got.body.npos);
  EXPECT_NE(got.body.find("\"data:image/webp;base64,eXo=\""), got.body.npos);
}

TEST_F(Sync, BreaksOffWhenAResultIsShorterThanWasSaid) {
  start();
  auto from = client();
  from.send(request(one));
  convert(0, {in_file("abc")}, {700'000});
  EXPECT_LT(from.receive().body.size(), 700'000U);
  EXPECT_TRUE(from.ends());
}

TEST_F(Sync, ServesTheNextRequestOfTheConnection) {
  start();
  auto from = client();
  for (std::size_t i = 0; i < 3; ++i) {
    from.send(request(one));
    convert(i, {in_memory("WEBP")}, {4});
    EXPECT_EQ(from.receive().status, 200);
  }
}

TEST_F(Sync, HoldsNoThreadWhileItWaits) {
  options.front.upload_threads = options.front.download_threads = 1;
  start();
  std::vector<raw_client> waiting;
  for (std::size_t i = 0; i < 20; ++i) {
    waiting.push_back(client());
    waiting.back().send(request(one));
    actors.desk.wait_for(i);
  }
  for (std::size_t i = 20; i-- > 0;) {
    convert(i, {in_memory("WEBP")}, {4});
    EXPECT_EQ(waiting.at(i).receive().status, 200);
  }
}

TEST_F(Sync, GivesTheRequestUpWhenTheClientLeaves) {
  start();
  std::shared_ptr<fake_desk::order> order;
  {
    auto from = client();
    from.send(request(one));
    order = actors.desk.wait_for(0);
    EXPECT_FALSE(order->dropped);
  }
  EXPECT_TRUE(actors.desk.waits_for_drop(order));
}

TEST_F(Sync, HoldsItsPlaceUntilTheAnswerIsSent) {
  start();
  auto from = client();
  from.send(request(one));
  convert(0, {in_memory("WEBP")}, {4});
  from.receive();
  EXPECT_TRUE(actors.desk.waits_for_drop(actors.desk.wait_for(0)));
}

TEST_F(Sync, AFailedFileCarriesItsErrorBesideTheOthers) {
  start();
  auto from = client();
  from.send(
    request(field("format", "webp") + file("files", "a.png", "A") + file("files", "b.png", "B")));
  auto order = actors.desk.wait_for(0);
  sync_result result;
  result.files = order->what.files;
  result.outputs.resize(2);
  result.files[0].progress = refused(started({}), ec::decode_failed);
  result.files[1].progress = converted(started({}));
  result.files[1].result.size = 1;
  result.outputs[1] = in_memory("B");
  finish_request(order, std::move(result));
  auto got = from.receive();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(
    got.body.find(R"({"files":[{"filename":"a.png","originalSize":1,"errorCode":"decode_failed",)"),
    0U)
    << got.body;
  EXPECT_NE(got.body.find(R"("appliedQuality":null)"), got.body.npos);
}

TEST_F(Sync, WhenEveryFileFailsTheFirstErrorIsTheAnswer) {
  start();
  auto status = [&, n = std::size_t{0}](ec why) mutable {
    auto from = client();
    from.send(request(one));
    fail_all(n++, why);
    auto got = from.receive();
    EXPECT_NE(got.body.find("\"code\":\"" + std::string{code_of(why)} + "\""), got.body.npos);
    return got.status;
  };
  EXPECT_EQ(status(ec::unsupported_input), 415);
  EXPECT_EQ(status(ec::decode_failed), 400);
  EXPECT_EQ(status(ec::decoder_crashed), 400);
  EXPECT_EQ(status(ec::timeout), 400);
}

TEST_F(Sync, AnErrorOfTheRequestIsItsAnswer) {
  start();
  auto from = client();
  from.send(request(one));
  finish_request(actors.desk.wait_for(0), {fail(ec::file_too_large, "use jobs"), {}, {}});
  auto got = from.receive();
  EXPECT_EQ(got.status, 413);
  EXPECT_NE(got.body.find("use jobs"), got.body.npos);
}

TEST_F(Sync, RefusesWithRetryAfterWhenTooManyWait) {
  start();
  actors.desk.refuse_with(fail(ec::queue_full));
  auto got = client().ask(request(one));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "42");
  actors.desk.announce(fail(ec::shutting_down));
  got = client().ask("POST /api/convert HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                     "Content-Length: 1000\r\n"
                     + form_type + auth() + "\r\n");
  EXPECT_EQ(got.status, 503);
}

TEST_F(Sync, SendsTheImageItselfToWhoTakesNoJson) {
  start();
  auto from = client();
  from.send(request(one, "Accept: image/avif, image/*;q=0.8\r\n"));
  convert(0, {in_file("WEBP")}, {4});
  auto got = from.receive();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "WEBP");
  EXPECT_EQ(got.header("content-type"), "image/webp");
  EXPECT_EQ(got.header("content-disposition"),
            "attachment; filename=\"a.webp\"; filename*=UTF-8''a.webp");
  EXPECT_EQ(got.header("x-content-type-options"), "nosniff");
}

TEST_F(Sync, SendsJsonWhenThereAreTwoFiles) {
  start();
  auto from = client();
  from.send(request(field("format", "webp") + file("files", "a", "A") + file("files", "b", "B"),
                    "Accept: image/*\r\n"));
  convert(0, {in_memory("A"), in_memory("B")}, {1, 1});
  EXPECT_EQ(from.receive().header("content-type"), "application/json");
}

TEST_F(Sync, SavesTheResultsWhenAskedTo) {
  start();
  auto from = client();
  from.send(request(one + field("saveToStorage", "true")));
  convert(0, {in_memory("WEBP")}, {4});
  auto got = from.receive();
  EXPECT_NE(got.body.find(R"("storage":{"saved":true,"notice":null})"), got.body.npos) << got.body;
  auto begin = got.body.find("\"storedFileId\":\"") + 16;
  auto id = parse_id<file_id>(got.body.substr(begin, 36));
  ASSERT_TRUE(id) << got.body;
  auto url = "\"downloadUrl\":\"http://test/api/files/" + to_text(*id) + "/content?";
  EXPECT_NE(got.body.find(url), got.body.npos) << got.body;
  auto stored = read_view{records}.stored(*id);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->facts.account, account);
  EXPECT_EQ(stored->facts.name, "a.webp");
  EXPECT_EQ(stored->facts.size, 4U);
}

TEST_F(Sync, SaysSoWhenItCannotSaveTheResults) {
  options.plans.back().storage_bytes_max = 3;
  start();
  auto from = client();
  from.send(request(one + field("saveToStorage", "true"), "", "other-key"));
  convert(0, {in_memory("WEBP")}, {4});
  auto got = from.receive();
  EXPECT_EQ(got.status, 200);
  EXPECT_NE(got.body.find(R"("storage":{"saved":false,"notice":"The account's storage)"),
            got.body.npos)
    << got.body;
  EXPECT_NE(got.body.find("\"data:image/webp"), got.body.npos);
}

TEST_F(Sync, RefusesWhatJobsRefuse) {
  start();
  auto code = [&](const std::string& parts, const std::string& who = key) {
    auto got = client().ask(request(parts, "", who));
    auto begin = got.body.find("\"code\":\"") + 8;
    return std::to_string(got.status) + " "
           + got.body.substr(begin, got.body.find('"', begin) - begin);
  };
  EXPECT_EQ(code(one, "wrong"), "401 invalid_key");
  EXPECT_EQ(code(field("format", "webp")), "400 missing_field");
  EXPECT_EQ(code(file("files", "a.png", "A")), "400 missing_field");
  EXPECT_EQ(code(field("format", "svg") + file("files", "a.png", "A")), "415 unsupported_format");
  EXPECT_EQ(code(field("format", "webp") + field("sourceUrl", "http://a/b.png")),
            "400 source_url_not_offered");
  EXPECT_EQ(code(one + field("saveToStorage", "yes")), "400 invalid_setting");
  EXPECT_EQ(
    code(field("format", "webp") + file("files", "a", std::string(1'001, 'x')), "other-key"),
    "413 file_too_large");
  EXPECT_EQ(code(one + file("files", "b", "B") + file("files", "c", "C"), "other-key"),
            "403 too_many_files");
  EXPECT_TRUE(files.live_folders().empty());
}

TEST_F(Sync, TakesNoNoticeOfWhatIsStoredAlready) {
  write_batch batch{records};
  job_record job;
  job.id = mint<job_id>(wall_clock());
  job.account = other;
  job.state = job_state::completed;
  job.source_bytes = 100'000; // all that the plan allows
  batch.put_spec(job.id, {});
  batch.put_job(job);
  batch.commit();
  start();
  auto from = client();
  from.send(request(one, "", "other-key"));
  convert(0, {in_memory("WEBP")}, {4});
  EXPECT_EQ(from.receive().status, 200);
}

TEST_F(Sync, StoppingTellsThoseWhoWait) {
  start();
  auto from = client();
  from.send(request(one));
  actors.desk.wait_for(0);
  actors.desk.announce(fail(ec::shutting_down));
  server->drain(std::chrono::seconds{5});
  auto got = from.receive();
  EXPECT_EQ(got.status, 503);
  EXPECT_NE(got.body.find("shutting_down"), got.body.npos);
}

TEST(SyncAnswer, AcceptSaysWhetherAnImageIsWanted) {
  EXPECT_TRUE(wants_image("image/*"));
  EXPECT_TRUE(wants_image("image/webp, IMAGE/png;q=0.5"));
  EXPECT_FALSE(wants_image(""));
  EXPECT_FALSE(wants_image("*/*"));
  EXPECT_FALSE(wants_image("image/*, */*;q=0.1"));
  EXPECT_FALSE(wants_image("application/json, image/*"));
  EXPECT_FALSE(wants_image("text/html"));
}

TEST(Base64, IsThatOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  for (std::uint64_t size = 0; size < 10; ++size)
    EXPECT_EQ(base64(std::string(size, 'x')).size(), base64_size(size));
}

} // namespace
} // namespace convertd
