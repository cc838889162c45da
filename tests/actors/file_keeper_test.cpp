#include "actors/file_keeper.hpp"
#include "job/limits.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace convertd {
namespace {

class FileKeeperTest : public testing::Test {
protected:
  failure commit(const std::function<void(write_batch&)>& what) {
    if (answer_instead != ec::none)
      return fail(answer_instead);
    try {
      write_batch batch{in};
      what(batch);
      batch.commit();
      return {};
    } catch (const write_refused& refusal) {
      return refusal.why();
    }
  }

  static file_to_save of_file(int fd, std::uint64_t size) {
    file_to_save x;
    x.name = "a.png";
    x.size = size;
    x.fd = std::make_shared<const owned_fd>(fd);
    return x;
  }

  static file_to_save of_bytes(const std::string& bytes) {
    file_to_save x;
    x.name = "a.png";
    x.size = bytes.size();
    x.bytes = std::make_shared<const std::string>(bytes);
    return x;
  }

  file_id save(const std::string& bytes) {
    return std::get<std::vector<file_id>>(keeper.save(1, 0, {of_bytes(bytes)})).front();
  }

  std::size_t files_on_disk() const {
    std::size_t count = 0;
    for (const auto& x : std::filesystem::recursive_directory_iterator{dir.path() / "files"})
      count += x.is_regular_file() ? 1 : 0;
    return count;
  }

  /// A job with one output on disk.
  std::pair<job_record, file_record> put_job(job_state state) {
    auto job = pending_job(noon, 1);
    job.state = state;
    job.files_completed = 1;
    job.output_bytes = 40;
    auto file = completed_file(0, noon);
    of_jobs.keep_output(job.id, 0, of_jobs.nameless().get());
    write_batch batch{in};
    batch.put_job(job);
    batch.put_file(job.id, file);
    batch.commit();
    return {job, file};
  }

  temp_dir dir;
  store in{dir.path() / "store", {.map_bytes = 64 * mib, .sync = false}};
  job_files of_jobs{dir.path()};
  saved_files saved{dir.path()};
  ec answer_instead = ec::none;
  file_keeper keeper{in, saved, of_jobs, [this](const auto& what) { return commit(what); }};
  std::string large = std::string(inline_bytes_max + 1, 'x');
};

TEST_F(FileKeeperTest, SmallFilesAreInTheStoreAndLargeOnesOnDisk) {
  auto small = save("small");
  EXPECT_EQ(read_view{in}.inline_output(small), "small");
  EXPECT_EQ(files_on_disk(), 0U);
  auto big = save(large);
  EXPECT_FALSE(read_view{in}.inline_output(big));
  ASSERT_TRUE(saved.open(big));
  EXPECT_TRUE(saved.unsettled().empty());
  EXPECT_EQ(read_view{in}.totals(1).saved_bytes, 5 + large.size());
}

TEST_F(FileKeeperTest, OneRequestDoesNotFillACommit) {
  std::vector<file_to_save> many(100, of_bytes(std::string(inline_bytes_max, 'x')));
  ASSERT_EQ(std::get<std::vector<file_id>>(keeper.save(1, 0, std::move(many))).size(), 100U);
  auto in_store = 0U;
  for (const auto& x : read_view{in}.stored_files(1, {}, 0, 100).files)
    in_store += x.facts.stored_inline ? 1 : 0;
  EXPECT_EQ(in_store * inline_bytes_max, commit_bytes_max / 2);
  EXPECT_EQ(files_on_disk(), 100U - in_store);
}

TEST_F(FileKeeperTest, AFileOverTheStorageLimitLeavesNothing) {
  put_job(job_state::completed); // 100 bytes of source, 40 of output
  auto why = std::get<failure>(keeper.save(1, 140 + large.size() - 1, {of_bytes(large)}));
  EXPECT_EQ(why.code, ec::storage_limit);
  EXPECT_EQ(files_on_disk(), 0U);
  EXPECT_EQ(read_view{in}.totals(1).saved_bytes, 0U);
  EXPECT_EQ(keeper.save(1, 140 + large.size(), {of_bytes(large)}).index(), 0U);
}

TEST_F(FileKeeperTest, AFileThatCannotBeNamedTakesTheOthersWithIt) {
  // A memory file has no place in a folder; it stands for a disk that is full half way.
  auto elsewhere = of_file(::memfd_create("x", MFD_CLOEXEC), large.size());
  EXPECT_THROW(keeper.save(1, 0, {of_bytes(large), elsewhere}), std::system_error);
  EXPECT_EQ(files_on_disk(), 0U);
  EXPECT_EQ(read_view{in}.totals(1), account_totals{});
}

TEST_F(FileKeeperTest, ErasingGivesStorageBack) {
  auto small = save("small");
  auto big = save(large);
  EXPECT_FALSE(keeper.erase(1, small));
  EXPECT_FALSE(keeper.erase(1, big));
  EXPECT_EQ(files_on_disk(), 0U);
  EXPECT_EQ(read_view{in}.totals(1), account_totals{});
  EXPECT_TRUE(read_view{in}.doomed_files().empty());
  EXPECT_EQ(keeper.erase(1, big)->code, ec::not_found);
}

TEST_F(FileKeeperTest, AnotherAccountsFileIsNotFound) {
  auto id = save("mine");
  EXPECT_EQ(keeper.erase(2, id)->code, ec::not_found);
  EXPECT_EQ(std::get<failure>(keeper.rename(2, id, "x.png")).code, ec::not_found);
  EXPECT_EQ(std::get<stored_file>(keeper.rename(1, id, "x.png")).facts.name, "x.png");
}

TEST_F(FileKeeperTest, AnOutputIsErasedOnlyOnceItsJobIsFinal) {
  auto [going_on, its_file] = put_job(job_state::processing);
  EXPECT_EQ(keeper.erase(1, its_file.result.id)->code, ec::not_final);
  auto [done, file] = put_job(job_state::completed);
  of_jobs.settle(done.id);
  EXPECT_FALSE(keeper.erase(1, file.result.id));
  EXPECT_FALSE(of_jobs.open_output(done.id, 0));
  EXPECT_TRUE(read_view{in}.file(done.id, 0)->result.erased);
}

TEST_F(FileKeeperTest, RecoveryRemovesWhatWasNamedAndNotCommitted) {
  answer_instead = ec::internal; // nobody knows whether it was committed
  keeper.save(1, 0, {of_bytes(large)});
  ASSERT_EQ(saved.unsettled().size(), 1U);
  recover_stored_files(in, saved, of_jobs);
  EXPECT_EQ(files_on_disk(), 0U);
}

TEST_F(FileKeeperTest, RecoveryKeepsWhatWasCommittedAndNotSettled) {
  auto id = save(large);
  auto name = to_text(id);
  std::filesystem::rename(dir.path() / "files" / name.substr(34) / name,
                          dir.path() / "files" / "new" / name);
  recover_stored_files(in, saved, of_jobs);
  EXPECT_TRUE(saved.unsettled().empty());
  EXPECT_TRUE(saved.open(id));
}

TEST_F(FileKeeperTest, RecoveryRemovesBytesWhoseRecordWent) {
  auto id = save(large);
  auto [job, file] = put_job(job_state::completed);
  commit([&](write_batch& batch) {
    batch.erase_stored(*batch.stored(id));
    batch.erase_stored(*batch.stored(file.result.id));
  });
  EXPECT_EQ(read_view{in}.doomed_files().size(), 2U);
  recover_stored_files(in, saved, of_jobs);
  EXPECT_FALSE(saved.open(id));
  EXPECT_FALSE(of_jobs.open_output(job.id, 0));
  EXPECT_TRUE(read_view{in}.doomed_files().empty());
}

} // namespace
} // namespace convertd
