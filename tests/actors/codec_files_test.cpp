// What a worker takes over of its codec process's output.
#include "actors/codec_files.hpp"
#include "job/limits.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace convertd {
namespace {

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
  EXPECT_TRUE(read_all(copy.get(), told.size) == bytes);
}

TEST_F(CodecFiles, BytesThatWereNotToldOfAreNoResult) {
  ++told.crc32;
  EXPECT_FALSE(copy_of_output(output.get(), told, files));
}

TEST_F(CodecFiles, OutputThatIsShorterThanToldIsAnError) {
  ++told.size;
  EXPECT_THROW(copy_of_output(output.get(), told, files), std::system_error);
}

} // namespace
} // namespace convertd
