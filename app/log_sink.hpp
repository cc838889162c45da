// Where the lines of the log go. spdlog's headers are used in app/log*.cpp and here only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <string_view>
#include <thread>

namespace convertd {

/// The logger of lines that come by the thousand: of requests and files.
inline constexpr std::string_view log_of_many = "many";

/// Lines of `log_of_many` are gathered and written together, so soon after the first of them at the
/// latest: a write, and a thread that is woken for it, cost more than all else about such a line.
inline constexpr std::chrono::milliseconds log_gathering_time{100};

/// Lines that wait for a slow reader take so much memory; more of `log_of_many` are lost, and
/// counted in a line of their own. Others may take as much again.
inline constexpr std::size_t log_waiting_max = std::size_t{1} << 20;

/// Whoever logs a line of another logger waits until it is written, but no longer than this. Nobody
/// waits for one of `log_of_many`.
inline constexpr std::chrono::milliseconds log_wait_max{1'000};

/// Writes with a thread of its own, in the order in which lines came. Its end writes the rest,
/// however long the reader takes.
class log_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  /// `lost` makes a sentence of the number of lines that were lost.
  log_sink(int to, std::function<std::string(std::uint64_t)> lost,
           std::chrono::milliseconds gathering = log_gathering_time);
  ~log_sink() override;

protected:
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override;

private:
  void run();
  bool must_write() const;
  void tell_of_lost();

  int to_;
  std::function<std::string(std::uint64_t)> sentence_of_lost_;
  std::chrono::milliseconds gathering_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  std::uint64_t bytes_taken_ = 0;
  std::uint64_t bytes_written_ = 0;
  bool urgent_ = false;
  bool stopping_ = false;
  std::condition_variable more_;    ///< For the thread.
  std::condition_variable written_; ///< For who waits.
  std::thread thread_;              ///< Last: it uses the others.
};

} // namespace convertd
