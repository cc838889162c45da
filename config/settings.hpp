// What can be set, as plain members with their defaults. config/table.cpp gives each its name, its
// help and its allowed values; docs/configuration.md is made from that table.
#pragma once

#include "job/account.hpp"
#include "job/conversion.hpp"
#include "job/effort.hpp"
#include "job/limits.hpp"
#include "job/time.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct http_settings {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 8080; ///< 0 = the kernel chooses.
  std::string public_url;    ///< Empty = from the request.
  std::uint64_t max_upload = 10 * gib;
  milliseconds upload_timeout = minutes{15};
  std::uint64_t upload_rate_min = 16 * kib; ///< Bytes per second.
  milliseconds head_timeout = seconds{5};
  std::uint32_t connections_max = 4096;
  std::uint32_t connections_per_address = 64;
  std::string trusted_proxies; ///< Addresses and networks, separated by spaces; empty = none.
  milliseconds idle_timeout = seconds{75};
  std::uint32_t query_threads = 12;
  std::uint32_t upload_threads = 12;
  std::uint32_t download_threads = 32;
  milliseconds url_lifetime = hours{1};
};

struct codec_settings {
  std::uint32_t processes = 0;           ///< 0 = one for each processor.
  std::string program;                   ///< Empty = looked for; see app/codec_program.hpp.
  std::string user;                      ///< Name or number; empty = see app/codec_program.hpp.
  std::uint64_t memory_total = 0;        ///< 0 = half of the machine's memory.
  std::string require_landlock = "none"; ///< What the kernel's Landlock must cover.
};

struct store_settings {
  std::uint64_t map = 64 * gib;
  milliseconds check_time = seconds{30};
  milliseconds compare_time{100};        ///< Of the check; 0 = as long as it takes.
  milliseconds copy_interval = hours{6}; ///< 0 = no copy is kept.
};

struct webhook_settings {
  std::string allow; ///< Addresses and networks, separated by spaces; empty = none.
  milliseconds retry_for = hours{24};
  milliseconds history = hours{24 * 30};
  std::uint32_t connections = 32;
};

struct metrics_settings {
  std::string listen; ///< ADDRESS:PORT; empty = there is no listener.
};

struct settings {
  std::filesystem::path data = "/var/lib/convertd";
  std::string log_level = "info";
  std::string log_format = "auto"; ///< auto: journald where stderr is the journal, else plain.
  milliseconds retention = hours{24 * 30}; ///< 0 = jobs are kept for ever.
  milliseconds grace_period = seconds{10};
  std::uint64_t queue_files_max = 100'000;
  std::uint64_t sync_files_max = 1'000;
  std::uint32_t jobs_max = runners_max;
  std::uint32_t jobs_per_account = jobs_in_flight_max; ///< Where the plan does not say.
  std::uint32_t disk_high_water = 90;                  ///< Percent.
  http_settings http;
  codec_settings codec;
  encoder_effort encoders;
  image_limits limits;
  store_settings store;
  webhook_settings webhooks;
  metrics_settings metrics;
  resize_boxes resize;
  std::vector<plan> plans; ///< Without `unlimited`, which all_plans() and find_plan() add.

  settings();
};

/// The plans of api.md section 7, which the file may change and add to.
std::vector<plan> built_in_plans();

/// The plans of `in`, with `unlimited`.
std::vector<plan> all_plans(const settings& in);

/// The plan of that name; the plan without limits for `unlimited`; null if there is none.
const plan* find_plan(const settings& in, std::string_view name);

} // namespace convertd
