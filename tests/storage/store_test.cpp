#include "storage/store.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

class StoreTest : public testing::Test {
protected:
  template <class Write>
  void write(Write what) {
    write_batch batch{in};
    what(batch);
    batch.commit();
  }

  void put(const job_record& job, std::uint32_t files = 0) {
    write([&](write_batch& batch) {
      batch.put_job(job);
      for (std::uint32_t i = 0; i < files; ++i)
        batch.put_file(job.id, pending_file(i));
    });
  }

  temp_dir dir;
  store_options options{.map_bytes = 64 * mib, .sync = true};
  store in{dir.path() / "store", options};
};

TEST_F(StoreTest, AJobIsReadBackAsItWasWritten) {
  auto job = pending_job(noon, 3);
  write([&](write_batch& batch) {
    batch.put_job(job);
    batch.put_spec(job.id, {.type = job_type::convert,
                            .metadata = "{}",
                            .base_url = "http://x",
                            .request_id = {},
                            .trace_parent = {}});
    for (const auto& file : pending_files(3))
      batch.put_file(job.id, file);
    batch.put_inline_sources(job.id, "bytes");
  });
  read_view view{in};
  EXPECT_EQ(view.job(job.id), job);
  EXPECT_EQ(view.spec(job.id)->base_url, "http://x");
  EXPECT_EQ(view.files(job.id, 1, 10).size(), 2U);
  EXPECT_EQ(view.file(job.id, 2), pending_file(2));
  EXPECT_EQ(view.inline_sources(job.id), "bytes");
  EXPECT_EQ(view.job(mint<job_id>(noon)), std::nullopt);
}

TEST_F(StoreTest, WhatWasNotCommittedIsNotThere) {
  auto job = pending_job(noon, 1);
  {
    write_batch batch{in};
    batch.put_job(job);
  }
  EXPECT_FALSE(read_view{in}.job(job.id));
  EXPECT_TRUE(read_view{in}.live_jobs().empty());
}

TEST_F(StoreTest, ListsAreNewestFirstWithTotalsByState) {
  std::vector<job_record> jobs;
  for (int i = 0; i < 5; ++i) {
    jobs.push_back(pending_job(noon + i * 1s, 1));
    put(jobs.back());
  }
  put(pending_job(noon, 1, 2)); // another account's
  jobs[1].state = job_state::completed;
  put(jobs[1]);
  read_view view{in};
  auto all = view.jobs_of(1, std::nullopt, 1, 2);
  EXPECT_EQ(all.total, 5U);
  ASSERT_EQ(all.jobs.size(), 2U);
  EXPECT_EQ(all.jobs[0].id, jobs[3].id);
  EXPECT_EQ(view.jobs_of(1, job_state::pending, 0, 100).total, 4U);
  auto done = view.jobs_of(1, job_state::completed, 0, 100);
  ASSERT_EQ(done.jobs.size(), 1U);
  EXPECT_EQ(done.jobs[0].id, jobs[1].id);
}

TEST_F(StoreTest, AJobThatIsUploadingIsSeenByRecoveryOnly) {
  auto job = pending_job(noon, 1);
  job.state = job_state::uploading;
  put(job, 1);
  EXPECT_EQ(read_view{in}.jobs_of(1, std::nullopt, 0, 10).total, 0U);
  EXPECT_EQ(read_view{in}.live_jobs(), std::vector{job.id});
  EXPECT_EQ(read_view{in}.totals(1), account_totals{});
}

TEST_F(StoreTest, AFinalJobIsNotLiveAndBecomesDue) {
  auto job = pending_job(noon, 1);
  put(job, 1);
  job.state = job_state::completed;
  job.completed = noon;
  job.expires = noon + 1h;
  put(job);
  read_view view{in};
  EXPECT_TRUE(view.live_jobs().empty());
  EXPECT_TRUE(view.due(noon + 59min, 10).empty());
  ASSERT_EQ(view.due(noon + 1h, 10).size(), 1U);
  EXPECT_EQ(view.due(noon + 1h, 10)[0].job, job.id);
}

TEST_F(StoreTest, ErasedBytesLeaveTheRecordsForAsLongAgain) {
  auto job = pending_job(noon, 1);
  job.state = job_state::completed;
  job.completed = noon;
  job.expires = noon + 1h;
  auto file = completed_file(0, noon);
  write([&](write_batch& batch) {
    batch.put_inline_sources(job.id, "source");
    batch.put_file(job.id, file);
    batch.put_inline_output(file.result.id, "output");
    batch.put_job(job);
  });
  EXPECT_EQ(read_view{in}.place_of(file.result.id)->job, job.id);
  EXPECT_EQ(read_view{in}.totals(1).source_bytes, 100U);
  write([&](write_batch& batch) { batch.erase_bytes(job.id); });
  read_view view{in};
  EXPECT_TRUE(view.job(job.id)->erased);
  EXPECT_FALSE(view.inline_sources(job.id));
  EXPECT_FALSE(view.inline_output(file.result.id));
  EXPECT_FALSE(view.place_of(file.result.id));
  EXPECT_TRUE(view.file(job.id, 0));
  EXPECT_EQ(view.doomed(), std::vector{job.id});
  EXPECT_EQ(view.totals(1).source_bytes, 0U);
  EXPECT_TRUE(view.due(noon + 119min, 10).empty());
  EXPECT_EQ(view.due(noon + 2h, 10).size(), 1U);
}

TEST_F(StoreTest, FilesThatEndedAreListedByTheirChangeNumbers) {
  auto job = pending_job(noon, 6);
  auto other = pending_job(noon, 1);
  write([&](write_batch& batch) {
    for (std::uint32_t i = 0; i < 5; ++i) {
      auto file = completed_file(i, noon);
      file.change = 100 - i / 2; // two of them share a number each
      batch.put_file(job.id, file);
    }
    batch.put_file(job.id, pending_file(5));
    batch.put_file(other.id, completed_file(0, noon));
  });
  auto indexes = [&](std::uint64_t change, std::uint32_t limit) {
    std::vector<std::uint32_t> out;
    for (const auto& file : read_view{in}.ended_after(job.id, change, limit))
      out.push_back(file.index);
    return out;
  };
  EXPECT_EQ(indexes(0, 9), (std::vector<std::uint32_t>{4, 2, 3, 0, 1}));
  EXPECT_EQ(indexes(98, 1), (std::vector<std::uint32_t>{2, 3})); // what shares a number is not cut
  EXPECT_TRUE(indexes(100, 9).empty());
}

TEST_F(StoreTest, RecordsAreErasedInPiecesAndLeaveNothing) {
  auto job = pending_job(noon, 25);
  put(job, 25);
  auto rounds = 0;
  for (auto done = false; !done; ++rounds)
    write([&](write_batch& batch) { done = batch.erase_records(job.id, 10); });
  EXPECT_EQ(rounds, 3);
  read_view view{in};
  EXPECT_FALSE(view.job(job.id));
  EXPECT_TRUE(view.files(job.id, 0, 100).empty());
  EXPECT_TRUE(view.live_jobs().empty());
  EXPECT_EQ(view.totals(1), account_totals{});
}

TEST_F(StoreTest, AFullStoreSaysSoAndKeepsWhatItHas) {
  temp_dir other;
  store tiny{other.path() / "store", {.map_bytes = 1 * mib, .sync = true}};
  auto job = pending_job(noon, 1);
  {
    write_batch batch{tiny};
    batch.put_job(job);
    batch.commit();
  }
  try {
    write_batch batch{tiny};
    for (int i = 0; i < 100; ++i)
      batch.put_inline_sources(mint<job_id>(noon), std::string(60'000, 'x'));
    batch.commit();
    FAIL() << "6 MB went into 1 MiB";
  } catch (const store_error& error) {
    EXPECT_TRUE(error.full());
  }
  EXPECT_EQ(read_view{tiny}.job(job.id), job);
}

TEST_F(StoreTest, AccountsHaveUniqueNamesAndNumbersThatAreNeverUsedAgain) {
  account_record first;
  account_record second;
  write([&](write_batch& batch) { first = batch.add_account("a", "free", noon); });
  write([&](write_batch& batch) { second = batch.add_account("b", "free", noon); });
  EXPECT_NE(first.id, second.id);
  write([&](write_batch& batch) {
    EXPECT_THROW(batch.add_account("a", "free", noon), std::invalid_argument);
  });
  EXPECT_EQ(read_view{in}.account_named("b")->id, second.id);
  EXPECT_EQ(read_view{in}.accounts().size(), 2U);
}

TEST_F(StoreTest, IdempotencyKeysAreForgottenByTheirAge) {
  auto key = [](const std::string& name, timestamp created) {
    return idempotency_record{1, name, {}, mint<job_id>(created), created};
  };
  write([&](write_batch& batch) {
    batch.put_idempotency(key("old", noon));
    batch.put_idempotency(key("again", noon));
    batch.put_idempotency(key("again", noon + 2h)); // in place of the first
    batch.put_idempotency(key("new", noon + 3h));
  });
  EXPECT_TRUE(read_view{in}.has_idempotency_before(noon + 1h));
  write([&](write_batch& batch) { batch.erase_idempotency_before(noon + 1h, 100); });
  EXPECT_FALSE(read_view{in}.has_idempotency_before(noon + 1h));
  EXPECT_FALSE(read_view{in}.idempotency(1, "old"));
  EXPECT_FALSE(read_view{in}.idempotency(2, "new"));
  EXPECT_EQ(read_view{in}.idempotency(1, "again")->created, noon + 2h);
  write([&](write_batch& batch) { batch.erase_idempotency_before(noon + 9h, 1); });
  EXPECT_FALSE(read_view{in}.idempotency(1, "again"));
  EXPECT_TRUE(read_view{in}.idempotency(1, "new"));
}

TEST_F(StoreTest, AKeyIsFoundByItsHashUntilItIsErased) {
  key_record key;
  key.hash.fill(7);
  key.account = 3;
  write([&](write_batch& batch) { batch.put_key(key); });
  EXPECT_EQ(read_view{in}.key(key.hash)->account, 3U);
  write([&](write_batch& batch) { EXPECT_TRUE(batch.erase_key(key.hash)); });
  EXPECT_FALSE(read_view{in}.key(key.hash));
}

} // namespace
} // namespace convertd
