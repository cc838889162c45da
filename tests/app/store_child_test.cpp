#include "app/store_child.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <unistd.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

const store_settings small_store{.map = 1 << 20};

TEST(StoreChildTest, WhatTheChildSaysComesBack) {
  auto end = run_in_child([] { return std::string(100'000, 'x'); }, 10s);
  EXPECT_EQ(end.said.size(), 100'000U);
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.signal, 0);
}

TEST(StoreChildTest, TheParentOutlivesAChildThatDies) {
  auto end = run_in_child(
    []() -> std::string {
      ::raise(SIGBUS);
      return {};
    },
    10s);
  EXPECT_EQ(end.signal, SIGBUS);
  EXPECT_FALSE(end.overdue);
}

TEST(StoreChildTest, AnExceptionOfTheChildIsAnExitCodeAndASentence) {
  auto end = run_in_child([]() -> std::string { throw std::runtime_error{"no"}; }, 10s);
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_EQ(end.said, "no");
}

TEST(StoreChildTest, AChildWhoseTimeIsUpIsEnded) {
  auto end = run_in_child(
    []() -> std::string {
      ::pause();
      return {};
    },
    20ms);
  EXPECT_TRUE(end.overdue);
  EXPECT_EQ(end.signal, 0);
}

TEST(StoreChildTest, ADirectoryWithFilesAndWithoutAStoreIsRefused) {
  temp_dir data;
  opening_check{data.path(), small_store}.pass(); // a new one
  std::filesystem::create_directories(data.path() / "kept" / "00" / "job");
  opening_check{data.path(), small_store}.pass(); // folders of before
  std::ofstream{data.path() / "kept" / "00" / "job" / "source"} << "x";
  EXPECT_THROW((opening_check{data.path(), small_store}), store_refused);
  EXPECT_THROW(has_store(data.path()), store_refused);
}

TEST(StoreChildTest, AnEmptyStoreFileIsNamed) {
  temp_dir data;
  std::filesystem::create_directories(data.path() / "store");
  std::ofstream{data.path() / "store" / "data.mdb"} << "";
  try {
    opening_check{data.path(), small_store}.pass();
    FAIL() << "an empty file was opened";
  } catch (const store_refused& refused) {
    EXPECT_EQ(refused.state(), store_state::damaged);
    EXPECT_NE(std::string{refused.what()}.find("data.mdb is empty"), std::string::npos);
  }
}

} // namespace
} // namespace convertd
