// The bounds of the HTTP front: a name, a unit and a default for each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

/// What is read and dropped of a connection after its last answer.
struct linger_bounds {
  std::chrono::milliseconds time;
  std::size_t bytes;
};

struct front_options {
  std::string address = "127.0.0.1"; ///< An IPv4 or IPv6 literal.
  std::uint16_t port = 8080;         ///< 0 = any free one.
  int listen_fd = -1;                ///< An inherited listening socket, in place of the two above.
  int backlog = 1024;

  std::size_t query_threads = 12;     ///< Serve requests without a body.
  std::size_t upload_threads = 12;    ///< Take what has arrived of bodies; never wait for bytes.
  std::size_t download_threads = 32;  ///< Send files, and wait for who takes them.
  std::size_t live_threads = 2;       ///< Write to those who watch jobs; never wait for them.
  std::size_t query_queue_max = 4096; ///< Requests waiting for a thread; more get queue_full.
  std::size_t upload_queue_max = 4096;
  std::size_t download_queue_max = 64;
  std::chrono::milliseconds queue_time_max{10'000}; ///< A request that waited longer too.

  std::size_t connections_max = 4096;
  std::size_t connections_per_address_max = 64;
  std::chrono::milliseconds idle_time_max{75'000}; ///< Between two requests of a connection.
  std::chrono::milliseconds head_time_max{5'000};  ///< From the first byte of a head to its last.

  std::uint64_t body_bytes_max = 10ULL << 30;
  std::chrono::milliseconds body_time_max{15 * 60'000};
  std::chrono::milliseconds body_rate_window{5'000}; ///< See rate_min.
  /// Without progress; and the window of rate_min for answers.
  std::chrono::milliseconds write_time_max{30'000};
  std::uint64_t rate_min = 16 * 1024; ///< Bytes per second that a client must send, or take.

  /// After an answer that ends a connection whose client still sends. Most look for an answer only
  /// when they have sent everything, and a connection that is closed sooner takes it from them (a
  /// proxy, which may be trusted, answers 502 in its place), so for a body of announced length, and
  /// for whatever a proxy sends, this is far more than socket buffers hold.
  linger_bounds linger_after_body{std::chrono::seconds{5}, 256 << 20};
  /// After a body whose end nobody announced.
  linger_bounds linger_after_unsized_body{std::chrono::seconds{5}, 8 << 20};
  /// After a head that was refused, or a request without a body.
  linger_bounds linger_after_head{std::chrono::seconds{2}, 1 << 20};

  /// Peers that are counted by what they say in X-Forwarded-For: "10.0.0.0/8", "::1".
  std::vector<std::string> trusted_proxies;
};

} // namespace convertd
