// The HTTP server as app/ uses it: the front, with the routes of docs/api.md behind it.
#pragma once

#include "actors/commands.hpp"
#include "http/front.hpp"
#include "http/request_counters.hpp"
#include "http/request_meter.hpp"
#include "http/services.hpp"
#include "http/signed_url.hpp"
#include "storage/job_files.hpp"
#include "storage/saved_files.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

namespace convertd {

class http_server {
public:
  /// Listens from here on, but answers nothing before start(). What it is given must outlive it.
  /// Throws std::system_error or std::invalid_argument for a socket or key that cannot be had.
  http_server(http_options options, const store& records, const job_files& files,
              const saved_files& saved, commands& actors);
  ~http_server(); ///< As stop().

  void start();
  /// The port in use, also when any was asked for.
  std::uint16_t port() const;

  /// These jobs changed; to be called after each commit that touched them. Any thread; cheap.
  void rung(std::span<const job_change> jobs);

  /// Takes no new connections, lets running requests end for at most `grace`, answers those that
  /// wait for a job with what there is.
  void drain(std::chrono::milliseconds grace);
  /// Breaks off what is left and joins all threads.
  void stop();

private:
  http_options options_;
  url_signer signer_;
  idempotency_claims claims_;
  request_meter meter_;
  request_counters counters_;
  services services_;
  std::unique_ptr<front> front_;
};

} // namespace convertd
