// What handlers work with, and the options of the HTTP layer.
#pragma once

#include "actors/commands.hpp"
#include "actors/webhook_desk.hpp"
#include "http/front.hpp"
#include "http/idempotency.hpp"
#include "http/signed_url.hpp"
#include "job/account.hpp"
#include "job/conversion.hpp"
#include "storage/job_files.hpp"
#include "storage/saved_files.hpp"
#include "storage/store.hpp"
#include "webhooks/address_guard.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace convertd {

struct http_options {
  front_options front;

  /// "https://img.example.com", no slash at the end: what URLs in answers start with. Empty:
  /// http:// and the Host of the request, or what a trusted proxy says in X-Forwarded-Proto and
  /// X-Forwarded-Host.
  std::string public_url;
  std::filesystem::path signing_key; ///< File with the key of content URLs; made if missing.
  /// Content URLs hold for at least this long, and for less than an hour more.
  std::chrono::seconds url_lifetime{3600};

  std::string version;             ///< Of the program.
  std::vector<plan> plans{plan{}}; ///< By name; an account whose plan is missing here is refused.
  resize_boxes boxes;
  address_guard guard; ///< Of webhooks and callbacks.

  std::function<void(const request_line&)> log; ///< Called by many threads.
};

class request_counters;
class request_meter;

/// Handed to every handler; thread-safe, all of it.
struct services {
  const http_options& options;
  const store& records;
  const job_files& files;
  const saved_files& saved;
  commands& actors;
  const url_signer& signer;
  idempotency_claims& claims;
  request_meter& meter;
  const request_counters& counters;
  std::chrono::steady_clock::time_point started;
  webhook_desk webhooks;
};

/// What URLs in the answer to `x` start with.
std::string base_url(const http_options& options, const exchange& x);

} // namespace convertd
