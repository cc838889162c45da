#include "app/data_directory.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace convertd {
namespace {

using std::filesystem::perms;

class DataDirectoryTest : public testing::Test {
protected:
  std::string complaint(const std::filesystem::path& path) {
    try {
      data_directory taken{path};
    } catch (const data_directory_error& x) {
      return x.what();
    }
    return "";
  }

  temp_dir folder;
};

TEST_F(DataDirectoryTest, MissingFolderIsMadeForTheOwnerOnly) {
  auto path = folder.path() / "a" / "data";
  data_directory data{path};
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_all);
  EXPECT_EQ(data.store_folder(), path / "store");
}

TEST_F(DataDirectoryTest, SecondUserIsToldWhoTheFirstIs) {
  data_directory first{folder.path()};
  auto text = complaint(folder.path());
  EXPECT_NE(text.find("in use by pid " + std::to_string(getpid())), std::string::npos) << text;
  EXPECT_THROW(data_directory{folder.path()}, data_directory_in_use);
}

TEST_F(DataDirectoryTest, LockGoesWithItsHolder) {
  { data_directory first{folder.path()}; }
  EXPECT_EQ(complaint(folder.path()), "");
}

TEST_F(DataDirectoryTest, LockIsNotInheritedByPrograms) {
  data_directory first{folder.path()};
  auto lock = std::filesystem::canonical(folder.path() / "lock");
  auto found = false;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code closed;
    if (std::filesystem::read_symlink(entry.path(), closed) != lock)
      continue;
    found = true;
    EXPECT_TRUE(fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC);
  }
  EXPECT_TRUE(found);
}

TEST_F(DataDirectoryTest, FileIsRefused) {
  auto path = folder.path() / "file";
  std::ofstream{path} << "x";
  EXPECT_NE(complaint(path).find("is not a directory"), std::string::npos);
}

TEST_F(DataDirectoryTest, FolderOpenToOthersIsRefusedWithTheCommandThatClosesIt) {
  chmod(folder.path().c_str(), 0750);
  EXPECT_NE(complaint(folder.path()).find("chmod 700 " + folder.path().string()),
            std::string::npos);
}

TEST_F(DataDirectoryTest, FolderThatCannotBeMadeIsRefused) {
  EXPECT_NE(complaint("/proc/convertd-data").find("cannot be made"), std::string::npos);
}

TEST_F(DataDirectoryTest, LockThatIsALinkIsRefused) {
  std::filesystem::create_symlink("/etc/hostname", folder.path() / "lock");
  EXPECT_NE(complaint(folder.path()).find("cannot be locked"), std::string::npos);
}

} // namespace
} // namespace convertd
