// A keeper with the real program, and files in memory.
#pragma once

#include "codec/client.hpp"
#include "codec/fd.hpp"
#include "job/image_format.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace convertd {

using namespace std::chrono_literals;
using clock_type = codec_process::clock;

inline clock_type::time_point soon(std::chrono::milliseconds time = 20s) {
  return clock_type::now() + time;
}

inline unique_fd memory_file(const std::string& content = {}) {
  unique_fd file{::memfd_create("test", MFD_CLOEXEC)};
  EXPECT_EQ(::pwrite(file.get(), content.data(), content.size(), 0),
            static_cast<ssize_t>(content.size()));
  return file;
}

inline std::string content_of(int file, std::size_t size) {
  std::string content(size, '\0');
  EXPECT_EQ(::pread(file, content.data(), size, 0), static_cast<ssize_t>(size));
  return content;
}

/// Polls until `f` is true or ten seconds are over.
template <class F>
bool eventually(F f) {
  for (auto end = soon(10s); clock_type::now() < end; std::this_thread::yield())
    if (f())
      return true;
  return f();
}

inline std::size_t open_descriptors() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++n;
  return n;
}

class codec_fixture : public testing::Test {
protected:
  /// One zygote for all tests of a suite: that they leave it usable is part of what they show.
  static void SetUpTestSuite() {
    codec_options options;
    options.program = CONVERTD_CODEC_PROGRAM;
    if (::geteuid() == 0) // as the server does
      options.uid = options.gid = 65534;
    keeper_ = std::make_unique<zygote_keeper>(options);
  }
  static void TearDownTestSuite() {
    keeper_.reset();
  }

  static zygote_keeper& keeper() {
    return *keeper_;
  }

  static codec_process start() {
    auto answer = codec_process::start(keeper().control(), soon());
    if (auto* fault = std::get_if<codec_fault>(&answer))
      throw std::runtime_error("no codec process: " + std::string{fault->why.text()});
    return std::move(std::get<codec_process>(answer));
  }

  static codec_order order_of(const std::string& source, image_format target) {
    codec_order x;
    x.source_format = sniff(std::as_bytes(std::span{source}));
    x.source_length = source.size();
    x.what.target = target;
    return x;
  }

private:
  static inline std::unique_ptr<zygote_keeper> keeper_;
};

/// Where a fault is expected: its kind and code, or "none".
inline std::string text_of(const codec_fault& x) {
  constexpr const char* kinds[] = {"refused", "died", "interrupted"};
  return std::string{kinds[static_cast<int>(x.what)]} + " " + std::string{code_of(x.why.code)};
}

template <class T>
std::string fault_of(const codec_answer<T>& x) {
  auto* fault = std::get_if<codec_fault>(&x);
  return fault == nullptr ? "none" : text_of(*fault);
}

} // namespace convertd
