#include "storage/backup.hpp"
#include "storage/job_files.hpp"
#include "tests/storage/damage_support.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace convertd {
namespace {

/// A data directory with a final job whose source and output are files.
class BackupTest : public testing::Test {
protected:
  BackupTest() {
    store in{data / "store", {.map_bytes = 64 * mib}};
    job_files files{data};
    auto source = files.nameless();
    write_all(source.get(), std::string_view{"source"}, "write");
    files.keep_source(job.id, source.get());
    auto output = files.nameless();
    write_all(output.get(), std::string_view{"output"}, "write");
    files.keep_output(job.id, 0, output.get());
    job.sources_inline = false;
    job.source_bytes = 6;
    job.output_bytes = 6;
    job.state = job_state::completed;
    file.result.size = 6;
    file.result.crc32 = crc32_of(std::string_view{"output"});
    write_batch batch{in};
    batch.put_job(job);
    batch.put_spec(job.id, {.type = job_type::convert, .metadata = {}, .base_url = {}});
    batch.put_file(job.id, file);
    batch.commit();
    std::ofstream{data / "url.key"} << "key";
  }

  std::vector<std::string> damage(const std::filesystem::path& in) const {
    return check_store(in, {.map_bytes = 64 * mib}).damage;
  }

  temp_dir dir;
  std::filesystem::path data = dir.path() / "data";
  std::filesystem::path to = dir.path() / "backup";
  job_record job = pending_job(noon, 1);
  file_record file = completed_file(0, noon);
};

TEST_F(BackupTest, HasTheStoreItsFilesAndTheKey) {
  auto result = back_up(data, to, 64 * mib);
  EXPECT_EQ(result.linked, 2U);
  EXPECT_EQ(result.missing, 0U);
  EXPECT_TRUE(damage(to).empty());
  EXPECT_TRUE(std::filesystem::exists(to / "url.key"));
  EXPECT_EQ(check_store(to, {.map_bytes = 64 * mib}).files, 2U);
}

TEST_F(BackupTest, WhatWasErasedMeanwhileIsErasedInIt) {
  job_files{data}.remove_output(job.id, 0);
  EXPECT_EQ(back_up(data, to, 64 * mib).missing, 1U);
  EXPECT_TRUE(damage(to).empty());
  EXPECT_FALSE(damage(data).empty());
}

TEST_F(BackupTest, TakesNothingThatIsThere) {
  std::filesystem::create_directory(to);
  EXPECT_THROW(back_up(data, to, 64 * mib), std::runtime_error);
}

TEST_F(BackupTest, OutlivesItsOriginal) {
  back_up(data, to, 64 * mib);
  std::filesystem::remove_all(data);
  EXPECT_TRUE(damage(to).empty());
  std::filesystem::create_directory(data);
  EXPECT_EQ(copy_files(to, data).linked, 2U);
}

} // namespace
} // namespace convertd
