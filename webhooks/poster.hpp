// One POST to a receiver that a client named, and nothing that the client did not ask for.
//
// The name is looked up once, every address of it must be permitted, and only those are connected
// to: libcurl is given them in place of a resolver, and its open-socket hook looks at each address
// once more. No redirects, no proxy, no cookies, no .netrc; http and https only.
#pragma once

#include "webhooks/address_guard.hpp"
#include "webhooks/resolver.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace convertd {

inline constexpr std::size_t response_bytes_kept = 2 * 1024; ///< Of a body; the rest is not read.
inline constexpr std::size_t response_head_bytes_max = 64 * 1024;

struct post_request {
  std::string url;
  std::vector<std::string> headers; ///< "name: value"
  std::string user_agent;
  std::string body;
};

struct post_result {
  int status = 0;      ///< 0 = there was no answer in time.
  std::string body;    ///< Its beginning.
  std::string trouble; ///< Why there was none, for a person; says nothing of our network.

  bool accepted() const {
    return status >= 200 && status < 300;
  }
};

struct poster_options {
  address_guard guard;
  std::chrono::milliseconds time_max{10'000}; ///< From the lookup to the end of the answer.
  resolver look_up = resolve;
  /// Once true, everything ends within a second or so. May be null.
  const std::atomic<bool>* stop = nullptr;
  bool guarded = true; ///< false only in negative controls of tests.
};

/// Once, before other threads exist: libcurl's own start.
void start_posting();

/// Blocks for time_max at most. Thread-safe.
post_result post(const post_request& what, const poster_options& with);

} // namespace convertd
