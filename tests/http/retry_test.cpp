// Retrying what failed, and erasing files, over a real socket.
#include "tests/http/test_server.hpp"

#include <unistd.h>

namespace convertd {

namespace {

class Retry : public TestServer {
protected:
  raw_response retry(const job_record& job, const std::string& who = key) {
    return client().ask("POST /api/jobs/" + to_text(job.id) + "/retry HTTP/1.1\r\nHost: test\r\n"
                        + auth(who) + "\r\n");
  }
  raw_response erase(const job_record& job, const std::string& who = key) {
    return client().ask("DELETE /api/jobs/" + to_text(job.id) + "/files HTTP/1.1\r\nHost: test\r\n"
                        + auth(who) + "\r\n");
  }

  /// A final job of three files of `length` bytes each ('0', '1', '2'); all but the second failed.
  job_record failed_job(std::uint64_t length) {
    auto job = add_job(3, 0);
    std::string sources;
    write_batch batch{records};
    for (std::uint32_t i = 0; i < 3; ++i) {
      auto file = file_of(i, i == 1, 100);
      file.offset = sources.size();
      file.length = length;
      if (i != 1) {
        file.progress = {file_state::failed, 2, 3, ec::timeout};
        file.error_message = "why";
        file.error_detail = "17";
        file.change = 7;
      }
      batch.put_file(job.id, file);
      sources += std::string(length, static_cast<char>('0' + i));
    }
    job.state = job_state::completed;
    job.files_completed = 1;
    job.files_failed = 2;
    job.sources_inline = sources.size() <= inline_bytes_max;
    if (job.sources_inline) {
      batch.put_inline_sources(job.id, sources);
    } else {
      auto fd = files.nameless();
      EXPECT_EQ(::write(fd.get(), sources.data(), sources.size()),
                static_cast<ssize_t>(sources.size()));
      files.keep_source(job.id, fd.get());
    }
    job_spec spec;
    spec.metadata = R"({"a":1})";
    spec.create_archive = true;
    spec.priority = job_priority::low;
    batch.put_spec(job.id, spec);
    batch.put_job(job);
    batch.commit();
    return job;
  }
};

} // namespace

TEST_F(Retry, MakesANewJobOfTheFilesThatFailed) {
  start();
  auto old = failed_job(10);
  auto got = retry(old);
  ASSERT_EQ(got.status, 200) << got.body;
  auto all = actors.submitted();
  ASSERT_EQ(all.size(), 1U);
  const auto& what = all[0];
  EXPECT_EQ(got.body, "{\"jobId\":\"" + to_text(what.job.id)
                        + "\",\"status\":\"pending\",\"retryOf\":\"" + to_text(old.id) + "\"}");
  EXPECT_EQ(what.job.files_total, 2U);
  EXPECT_EQ(what.job.source_bytes, 20U);
  EXPECT_EQ(what.sources->memory(), "00000000002222222222");
  EXPECT_EQ(what.files[1].index, 1U);
  EXPECT_EQ(what.files[1].source_name, "photo 2.png");
  EXPECT_EQ(what.files[1].target_name, "photo 2.webp");
  EXPECT_EQ(what.files[1].offset, 10U);
  EXPECT_EQ(what.files[1].progress, file_progress{});
  EXPECT_EQ(what.files[1].error_message + what.files[1].error_detail, "");
  EXPECT_EQ(what.files[1].change, 0U);
  EXPECT_EQ(what.spec.metadata, R"({"a":1})");
  EXPECT_EQ(what.spec.base_url, "http://test");
  EXPECT_TRUE(what.spec.create_archive);
  EXPECT_EQ(what.spec.priority, job_priority::low);
}

TEST_F(Retry, HasSourcesOfItsOwn) {
  start();
  auto old = failed_job(300'000);
  ASSERT_EQ(retry(old).status, 200);
  files.remove(old.id);
  auto what = actors.submitted().at(0);
  EXPECT_FALSE(what.job.sources_inline);
  auto source = files.open_source(what.job.id);
  ASSERT_TRUE(source);
  std::string bytes(600'001, '\0');
  ASSERT_EQ(::pread(source->get(), bytes.data(), bytes.size(), 0), 600'000);
  EXPECT_EQ(bytes.find('2'), 300'000U);
}

TEST_F(Retry, TakesWhatWasCancelledToo) {
  start();
  auto job = add_job(2, 0);
  job.state = job_state::failed;
  job.error = ec::cancelled;
  job.files_failed = 2;
  job.sources_inline = true;
  write_batch batch{records};
  batch.put_inline_sources(job.id, std::string(2000, 'x'));
  batch.put_job(job);
  batch.commit();
  ASSERT_EQ(retry(job).status, 200);
  EXPECT_EQ(actors.submitted().at(0).files.size(), 2U);
}

TEST_F(Retry, IsRefusedWhereThereIsNothingToRetry) {
  start();
  auto refused = [&](const job_record& job) {
    auto got = retry(job);
    EXPECT_EQ(got.status, 409);
    return got.body;
  };
  EXPECT_NE(refused(add_job(2, 1)).find("\"not_final\""), std::string::npos);
  EXPECT_NE(refused(add_job(2, 2)).find("\"nothing_failed\""), std::string::npos);
  auto erased = failed_job(10);
  EXPECT_EQ(erase(erased).status, 200);
  EXPECT_NE(refused(erased).find("\"sources_erased\""), std::string::npos);
  EXPECT_TRUE(actors.submitted().empty());
  EXPECT_EQ(retry(failed_job(10), "other-key").status, 404);
}

TEST_F(Retry, IsRefusedWhenThereIsNoRoom) {
  start();
  actors.refuse_with(failure{ec::queue_full, {}, {}, {}});
  EXPECT_EQ(retry(failed_job(10)).status, 503);
  actors.refuse_with(std::nullopt);
  actors.fail_submit_with({ec::storage_limit, {}, {}, {}});
  EXPECT_EQ(retry(failed_job(300'000)).status, 403);
  EXPECT_EQ(files.live_folders().size(), 1U); // the old job's
}

TEST_F(Retry, ErasesFilesOfFinalJobsOnly) {
  start();
  auto job = failed_job(10);
  EXPECT_EQ(erase(job, "other-key").status, 404);
  auto got = erase(job);
  EXPECT_EQ(got.status, 200);
  EXPECT_NE(got.body.find("\"success\":true"), std::string::npos);
  EXPECT_TRUE(read_view{records}.job(job.id)->erased);
  EXPECT_EQ(erase(job).status, 200);
  got = erase(add_job(1, 0));
  EXPECT_EQ(got.status, 409);
  EXPECT_NE(got.body.find("\"not_final\""), std::string::npos);
}

} // namespace convertd
