// What a worker takes over of its codec process's output.
#include "actors/codec_files.hpp"
#include "job/limits.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace convertd {
namespace {

std::string content_of(int fd) {
  std::string out(mib, '\0');
  auto got = ::pread(fd, out.data(), out.size(), 0);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

std::size_t cached_pages(int fd) {
  auto size = static_cast<std::size_t>(::lseek(fd, 0, SEEK_END));
  auto* at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  std::vector<unsigned char> pages(size / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + 1);
  EXPECT_EQ(::mincore(at, size, pages.data()), 0);
  ::munmap(at, size);
  return static_cast<std::size_t>(std::ranges::count_if(pages, [](auto x) { return x & 1; }));
}

class CodecFiles : public testing::Test {
protected:
  CodecFiles() {
    for (int i = 0; bytes.size() < 700 * kib; ++i) // more than two pieces, and a part of one
      bytes += std::to_string(i) + " ";
    write_all(output.get(), bytes, "write");
    told.size = bytes.size();
    told.crc32 = crc32_of(bytes);
  }

  temp_dir dir;
  job_files files{dir.path()};
  owned_fd output = memory_file();
  std::string bytes;
  codec_result told;
};

TEST_F(CodecFiles, AResultIsOutOfReachOfItsWriter) {
  auto copy = copy_of_output(output.get(), told, files);
  ASSERT_TRUE(copy);
  ASSERT_EQ(::pwrite(output.get(), "changed", 7, 0), 7);
  EXPECT_TRUE(content_of(copy.get()) == bytes);
}

TEST_F(CodecFiles, BytesThatWereNotToldOfAreNoResult) {
  ++told.crc32;
  EXPECT_FALSE(copy_of_output(output.get(), told, files));
  EXPECT_FALSE(bytes_of_output(output.get(), told));
}

TEST_F(CodecFiles, OutputThatIsShorterThanToldIsAnError) {
  ++told.size;
  EXPECT_THROW(copy_of_output(output.get(), told, files), std::system_error);
  EXPECT_THROW(bytes_of_output(output.get(), told), std::system_error);
}

TEST_F(CodecFiles, WhatIsConvertedLeavesThePageCache) {
  struct statfs facts {};
  ASSERT_EQ(::statfs(dir.path().c_str(), &facts), 0);
  if (facts.f_type == TMPFS_MAGIC)
    GTEST_SKIP() << "there is no disk below";
  auto file = files.nameless();
  write_all(file.get(), bytes, "write");
  ASSERT_EQ(::fsync(file.get()), 0);
  EXPECT_GT(cached_pages(file.get()), 100u);
  file_record all;
  all.length = bytes.size();
  give_back_cache(file.get(), all);
  EXPECT_LE(cached_pages(file.get()), 1u); // the last, which is not full
}

class CodecScratch : public CodecFiles {
protected:
  codec_scratch scratch;
};

TEST_F(CodecScratch, ASourceIsAllThatItsFileHolds) {
  auto fd = scratch.source("the first of them");
  ::lseek(fd, 5, SEEK_SET); // as a process could
  scratch.empty();
  EXPECT_EQ(content_of(fd), "");
  EXPECT_EQ(scratch.source("second"), fd);
  EXPECT_EQ(content_of(fd), "second");
}

TEST_F(CodecScratch, AnOutputInMemoryIsEmptyAgain) {
  auto fd = scratch.output_in_memory();
  write_all(fd, "a result", "write");
  scratch.empty();
  EXPECT_EQ(scratch.output_in_memory(), fd);
  EXPECT_EQ(content_of(fd), "");
}

TEST_F(CodecScratch, AnOutputOnDiskGivesItsRoomBack) {
  auto fd = scratch.output_on_disk(files);
  write_all(fd, bytes, "write");
  scratch.empty();
  EXPECT_EQ(scratch.output_on_disk(files), fd);
  EXPECT_EQ(content_of(fd), "");
}

TEST_F(CodecScratch, WhatIsTakenIsNotGivenAgain) {
  write_all(scratch.output_on_disk(files), bytes, "write");
  auto taken = scratch.take_disk();
  EXPECT_NE(scratch.output_on_disk(files), taken.get());
  scratch.empty();
  EXPECT_TRUE(content_of(taken.get()) == bytes);
}

} // namespace
} // namespace convertd
