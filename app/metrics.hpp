// What happens, counted: from the words of actors and http to the metrics of the table.
#pragma once

#include "actors/commands.hpp"
#include "actors/observer.hpp"
#include "actors/recovery.hpp"
#include "app/metric_registry.hpp"
#include "http/front.hpp"
#include "storage/store.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace convertd {

/// Thread-safe.
class metrics final : public observer {
public:
  explicit metrics(const std::string& version);

  void request(const request_line& x);
  void recovered(const recovery_report& x, std::chrono::steady_clock::duration time);

  void file_tried(const attempt_report& x) override; ///< Logged, too.
  void codec_started() override;
  void committed(std::size_t requests, std::chrono::microseconds time) override;
  void job_accepted(const job_record& x) override;
  void job_ended(const job_record& x) override;
  void file_ended(const file_record& x) override;
  void delivery_tried(const delivery_record& after, std::chrono::microseconds time) override;

  /// Looks at what is not counted but is. Takes a few milliseconds.
  void refresh(const commands& actors, const store& records, std::uint64_t store_bytes_max);

  /// Files of accounts that codec processes have dealt with, well or badly; from any thread.
  std::uint64_t files_done() const {
    return files_done_;
  }

  const metric_registry& registry() const {
    return registry_;
  }

private:
  void refresh_server(const server_figures& x);
  void refresh_process();

  metric_registry registry_;
  std::mutex mutex_;
  double cpu_seen_ = 0;
  std::atomic<std::uint64_t> files_done_ = 0;
};

} // namespace convertd
