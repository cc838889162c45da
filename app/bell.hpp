// From commits to whoever waits for a job: the snapshotter rings, the HTTP server listens.
#pragma once

#include "http/http_server.hpp"

#include <mutex>
#include <span>

namespace convertd {

/// Exists before the listener and after it. Ringing without a listener does nothing.
class bell {
public:
  void ring(std::span<const job_change> jobs) {
    std::lock_guard lock{mutex_};
    if (listener_ != nullptr)
      listener_->rung(jobs);
  }

  /// Connects `to` for as long as the connection lives; after it no ring reaches `to` any more.
  class connection {
  public:
    connection(bell& of, http_server& to) : of_{&of} {
      of_->connect(&to);
    }
    ~connection() {
      of_->connect(nullptr);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

  private:
    bell* of_;
  };

private:
  void connect(http_server* to) {
    std::lock_guard lock{mutex_};
    listener_ = to;
  }

  std::mutex mutex_;
  http_server* listener_ = nullptr;
};

} // namespace convertd
