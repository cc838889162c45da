// Archives as bytes: read back by our own reading of APPNOTE, and by Info-ZIP and Python.
#include "http/zip.hpp"
#include "job/limits.hpp"
#include "storage/fd.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <unistd.h>

namespace convertd {

namespace {

/// An archive whose members are holes: only what is written around them is there.
class sparse_archive {
public:
  explicit sparse_archive(const std::filesystem::path& path)
    : fd_{checked(::open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600), "create")} {}

  void add(const zip_entry& x) {
    EXPECT_EQ(parts_.local_header(x).size(), zip_parts::local_size(x));
    write(parts_.local_header(x), offset_);
    auto central = parts_.central_header(x, offset_);
    EXPECT_EQ(central.size(), zip_parts::central_size(x, offset_));
    directory_ += central;
    offset_ += zip_parts::local_size(x) + x.size;
    ++entries_;
  }
  std::string finish() {
    auto last = parts_.end(entries_, offset_, directory_.size());
    EXPECT_EQ(last.size(), zip_parts::end_size(entries_, offset_, directory_.size()));
    write(directory_ + last, offset_);
    return last;
  }
  std::uint64_t offset() const {
    return offset_;
  }

private:
  void write(const std::string& text, std::uint64_t at) {
    ASSERT_EQ(::pwrite(fd_.get(), text.data(), text.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(text.size()));
  }

  owned_fd fd_;
  zip_parts parts_{noon};
  std::uint64_t offset_ = 0;
  std::uint64_t entries_ = 0;
  std::string directory_;
};

class Zip : public testing::Test {
protected:
  /// Runs a shell command with the archive's path as $1; its first line of output.
  std::string run(const std::string& command) const {
    auto out = dir.path() / "out";
    auto line = "set -- '" + path.string() + "'; " + command + " > '" + out.string() + "' 2>&1";
    std::ignore = std::system(line.c_str());
    std::ifstream in{out};
    std::string first;
    std::getline(in, first);
    return first;
  }

  temp_dir dir;
  std::filesystem::path path = dir.path() / "a.zip";
};

constexpr const char* python = "python3 -c 'import sys, zipfile\n"
                               "x = zipfile.ZipFile(sys.argv[1]).infolist()\n"
                               "print(len(x), x[-1].filename, x[-1].header_offset, "
                               "x[-1].file_size, x[-1].date_time)' \"$1\"";

} // namespace

TEST_F(Zip, OfAFewMembersNeedsNoZip64) {
  sparse_archive archive{path};
  archive.add({"caf\xC3\xA9.png", 0, 0});
  archive.add({"b.png", 3, 0xFF41D912}); // of three zeros
  EXPECT_EQ(archive.finish().size(), 22U);
  EXPECT_EQ(run(python), "2 b.png 39 3 (2026, 6, 1, 12, 0, 0)");
  EXPECT_EQ(run("unzip -tqq \"$1\" && echo fine"), "fine");
  EXPECT_EQ(run("LC_ALL=C.UTF-8 unzip -Z1 \"$1\""), "caf\xC3\xA9.png");
}

TEST_F(Zip, OfMoreThan65534MembersHasAZip64End) {
  sparse_archive archive{path};
  for (int i = 0; i < 70'000; ++i)
    archive.add({std::to_string(i), 0, 0});
  EXPECT_EQ(archive.finish().size(), 98U);
  EXPECT_TRUE(run(python).starts_with("70000 69999 "));
  EXPECT_EQ(run("unzip -Z1 \"$1\" | wc -l"), "70000");
}

TEST_F(Zip, OfMoreThan4GibHasZip64Offsets) {
  sparse_archive archive{path};
  archive.add({"first", 3 * gib, 0});
  archive.add({"second", 3 * gib, 0}); // begins below 4 GiB
  auto third = archive.offset();
  EXPECT_GT(third, 4 * gib);
  archive.add({"third", 5, 0});
  EXPECT_EQ(archive.finish().size(), 98U);
  EXPECT_EQ(run(python), "3 third " + std::to_string(third) + " 5 (2026, 6, 1, 12, 0, 0)");
  EXPECT_EQ(run("unzip -Z1 \"$1\" | wc -l"), "3");
}

TEST_F(Zip, OfAMemberAbove4GibHasZip64Sizes) {
  sparse_archive archive{path};
  archive.add({"large", 5 * gib, 0});
  archive.finish();
  EXPECT_EQ(run(python), "1 large 0 " + std::to_string(5 * gib) + " (2026, 6, 1, 12, 0, 0)");
}

TEST_F(Zip, NumbersThatJustFitNeedNoZip64) {
  constexpr std::uint64_t most = 0xFFFFFFFE;
  EXPECT_EQ(zip_parts::local_size({"x", most, 0}), 31U);
  EXPECT_EQ(zip_parts::local_size({"x", most + 1, 0}), 51U);
  EXPECT_EQ(zip_parts::central_size({"x", 1, 0}, most), 47U);
  EXPECT_EQ(zip_parts::central_size({"x", 1, 0}, most + 1), 59U);
  EXPECT_EQ(zip_parts::central_size({"x", most + 1, 0}, most + 1), 75U);
  EXPECT_EQ(zip_parts::end_size(65'534, most, most), 22U);
  EXPECT_EQ(zip_parts::end_size(65'535, 0, 0), 98U);
}

TEST_F(Zip, NamesAreSafeAndStayUnique) {
  EXPECT_EQ(name_in_archive("caf\xC3\xA9 (2).png", 5), "caf\xC3\xA9 (2).png");
  EXPECT_EQ(name_in_archive("c:evil.png", 5), "c_evil (#5).png");
  EXPECT_EQ(name_in_archive("a|b<c>.png", 6), "a_b_c_ (#6).png");
  std::set<std::string> names;
  std::uint32_t index = 0;
  for (const char* each :
       {"c:evil.png", "c_evil.png", "c*evil.png", "c_evil (#2).png", "c_evil (#3).png"})
    EXPECT_TRUE(names.insert(name_in_archive(each, index++)).second) << each;
}

} // namespace convertd
