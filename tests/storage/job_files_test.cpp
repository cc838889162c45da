#include "storage/job_files.hpp"
#include "storage/upload.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace convertd {
namespace {

class JobFilesTest : public testing::Test {
protected:
  std::size_t entries(const char* folder) const {
    auto count = 0U;
    for ([[maybe_unused]] const auto& x :
         std::filesystem::recursive_directory_iterator{dir.path() / folder})
      ++count;
    return count;
  }

  owned_fd with(std::string_view bytes) const {
    auto fd = files.nameless();
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return fd;
  }

  static std::string text_of(const std::optional<owned_fd>& fd) {
    std::string text(64, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(fd->get(), text.data(), 64))));
    return text;
  }

  temp_dir dir;
  job_files files{dir.path()};
  job_id job = mint<job_id>(noon);
};

TEST_F(JobFilesTest, ANamelessFileLeavesNothingBehind) {
  { auto fd = with("half an upload"); }
  EXPECT_EQ(entries("live"), 0U);
}

TEST_F(JobFilesTest, SourcesAndOutputsAreFoundBeforeAndAfterTheJobIsSettled) {
  files.keep_source(job, with("source").get());
  files.keep_output(job, 3, with("output").get());
  EXPECT_EQ(text_of(files.open_source(job)), "source");
  files.settle(job);
  EXPECT_EQ(entries("live"), 0U);
  EXPECT_EQ(text_of(files.open_source(job)), "source");
  EXPECT_EQ(text_of(files.open_output(job, 3)), "output");
  EXPECT_FALSE(files.open_output(job, 4));
}

TEST_F(JobFilesTest, ASecondAttemptReplacesTheOutputOfTheFirst) {
  files.keep_output(job, 0, with("first").get());
  files.keep_output(job, 0, with("second").get());
  EXPECT_EQ(text_of(files.open_output(job, 0)), "second");
  EXPECT_EQ(files.live_outputs(job), std::vector<std::uint32_t>{0});
}

TEST_F(JobFilesTest, SettlingAgainKeepsWhatWasKeptAndAddsWhatWasNamedSince) {
  files.keep_output(job, 0, with("kept").get());
  files.settle(job);
  files.keep_output(job, 0, with("late").get());
  files.keep_output(job, 1, with("new").get());
  files.settle(job);
  EXPECT_EQ(entries("live"), 0U);
  EXPECT_EQ(text_of(files.open_output(job, 0)), "kept");
  EXPECT_EQ(text_of(files.open_output(job, 1)), "new");
}

TEST_F(JobFilesTest, RemovingAJobRemovesItsFolderWhereverItIs) {
  files.keep_source(job, with("source").get());
  auto other = mint<job_id>(noon);
  files.keep_source(other, with("source").get());
  files.settle(other);
  files.remove(job);
  files.remove(other);
  files.remove(mint<job_id>(noon));
  EXPECT_FALSE(files.open_source(job));
  EXPECT_FALSE(files.open_source(other));
  EXPECT_TRUE(files.live_folders().empty());
}

TEST_F(JobFilesTest, ASmallUploadStaysInMemory) {
  upload sources{files};
  std::string half(inline_bytes_max / 2, 'x');
  sources.append(half);
  sources.append(half);
  EXPECT_TRUE(sources.in_memory());
  EXPECT_EQ(sources.memory().size(), inline_bytes_max);
  sources.keep_as_source(job);
  EXPECT_EQ(entries("live"), 0U);
}

TEST_F(JobFilesTest, ALargerUploadGoesToOneFileWithAllItsBytesInOrder) {
  upload sources{files};
  std::string head(inline_bytes_max, 'a');
  sources.append(head);
  sources.append(std::string(1, 'b'));
  EXPECT_FALSE(sources.in_memory());
  EXPECT_EQ(entries("live"), 0U);
  sources.keep_as_source(job);
  auto fd = files.open_source(job);
  EXPECT_EQ(::lseek(fd->get(), 0, SEEK_END), static_cast<off_t>(inline_bytes_max + 1));
  char last = 0;
  EXPECT_EQ(::pread(fd->get(), &last, 1, static_cast<off_t>(inline_bytes_max)), 1);
  EXPECT_EQ(last, 'b');
}

} // namespace
} // namespace convertd
