#include "config/table.hpp"

#include "config/values.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <type_traits>

namespace convertd {

namespace {

template <auto... Members>
void write_member(settings& in, const raw_value& value) {
  auto& to = (in.*....*Members);
  using type = std::remove_reference_t<decltype(to)>;
  if constexpr (std::is_same_v<type, std::string> || std::is_same_v<type, std::filesystem::path>)
    to = std::get<std::string>(value);
  else
    to = type(std::get<std::uint64_t>(value));
}

template <auto... Members>
raw_value read_member(const settings& in) {
  const auto& from = (in.*....*Members);
  using type = std::remove_cvref_t<decltype(from)>;
  if constexpr (std::is_same_v<type, std::string>)
    return from;
  else if constexpr (std::is_same_v<type, std::filesystem::path>)
    return from.string();
  else if constexpr (std::is_same_v<type, milliseconds>)
    return static_cast<std::uint64_t>(from.count());
  else
    return static_cast<std::uint64_t>(from);
}

/// A row; its member is named by the way that leads to it from `settings`.
template <auto... Members>
constexpr setting_row
row(std::string_view group, std::string_view name, value_rule rule, std::string_view help) {
  return {group, name, rule, write_member<Members...>, read_member<Members...>, help};
}

constexpr value_rule text(std::string_view (*complaint)(const std::string&) = nullptr) {
  return {value_kind::text, 0, 0, {}, complaint};
}

constexpr value_rule path() {
  return {value_kind::path, 0, 0, {}, nullptr};
}

constexpr value_rule choice(std::string_view words) {
  return {value_kind::choice, 0, 0, words, nullptr};
}

constexpr value_rule count(std::uint64_t min, std::uint64_t max) {
  return {value_kind::count, min, max, {}, nullptr};
}

constexpr value_rule size(std::uint64_t min, std::uint64_t max) {
  return {value_kind::size, min, max, {}, nullptr};
}

constexpr value_rule duration(milliseconds min, milliseconds max) {
  return {
    value_kind::duration, std::uint64_t(min.count()), std::uint64_t(max.count()), {}, nullptr};
}

std::string_view address_complaint(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  auto ok = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1
            || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
  return ok ? "" : "must be an IPv4 or IPv6 address, such as 127.0.0.1 or ::";
}

/// ADDRESS:PORT, or nothing at all.
std::string_view listener_complaint(const std::string& text) {
  constexpr std::string_view wrong = "must be an address and a port, such as 127.0.0.1:9465";
  if (text.empty())
    return "";
  auto colon = text.rfind(':');
  if (colon == text.npos)
    return wrong;
  auto address = text.substr(0, colon);
  auto v6 = address.starts_with('[') && address.ends_with(']');
  if (v6)
    address = address.substr(1, address.size() - 2);
  auto port = parse_count(std::string_view{text}.substr(colon + 1));
  auto known = address_complaint(address).empty() && (address.find(':') != address.npos) == v6;
  return known && port && *port >= 1 && *port <= 65'535 ? "" : wrong;
}

bool is_network(std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  std::string address{text.substr(0, text.find('/'))};
  bool v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1)
    return false;
  if (address.size() == text.size())
    return true;
  auto bits = parse_count(text.substr(address.size() + 1));
  return bits && *bits <= (v4 ? 32 : 128);
}

std::string_view networks_complaint(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (!word.empty() && !is_network(word))
      return "must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8, separated by spaces";
  }
  return "";
}

std::string_view url_complaint(const std::string& text) {
  if (text.empty())
    return "";
  if (!text.starts_with("http://") && !text.starts_with("https://"))
    return "must start with http:// or https://";
  return text.ends_with('/') ? "must not end with a slash" : "";
}

constexpr std::uint64_t tib = 1024 * gib;
constexpr std::uint64_t none = 0;
constexpr hours day{24};

constexpr std::array groups{
  setting_group{"", "At the top of the file, before the first table."},
  setting_group{"http", "Connections, uploads and URLs."},
  setting_group{"codec", "The processes that read and write images."},
  setting_group{"encoders", "How much is spent on a picture: bytes against time."},
  setting_group{"limits", "What one image may cost, whoever sends it."},
  setting_group{"store", "The database of jobs, accounts and keys."},
  setting_group{"webhooks", "Events that are sent to receivers."},
  setting_group{"metrics", "Figures for Prometheus, on a listener of their own."},
  setting_group{"resize", "Pixels of the named resize modes. A job keeps the numbers of its time."},
};

using all = settings;
using http = http_settings;
using codec = codec_settings;
using effort = encoder_effort;
using limit = image_limits;
using box = resize_boxes;
using watched = metrics_settings;

constexpr auto side = count(1, 16'383);

// The member, its table and name, what it may be; then its help.
// clang-format off
constexpr std::array rows{
  row<&all::data>("", "data", path(),
    "Folder with all that the server keeps. Made with mode 0700 if it is missing."),
  row<&all::log_level>("", "log_level", choice("trace debug info warn error"),
    "The least important lines that are still logged. Changed by a reload, too."),
  row<&all::log_format>("", "log_format", choice("auto plain json journald"),
    "Lines for people, lines of JSON, or lines with the priorities of the journal; auto takes the "
    "journal's where the log goes there, else plain."),
  row<&all::retention>("", "retention", duration({}, 36'500 * day),
    "How long sources and outputs of a job are kept once it has ended. 0 keeps them for ever."),
  row<&all::grace_period>("", "grace_period", duration({}, hours{1}),
    "At a stop, the time that files in work have to end by themselves."),
  row<&all::queue_files_max>("", "queue_files_max", count(1, 100'000'000),
    "Files that may wait in all jobs together. Above it new jobs are refused with 503."),
  row<&all::sync_files_max>("", "sync_files_max", count(1, 100'000),
    "Files that clients may wait for at a time, half of them of one account. Above it synchronous requests are refused "
    "with 503."),
  row<&all::jobs_max>("", "jobs_max", count(1, 10'000),
    "Jobs that are worked on at a time, whosever they are. Further ones stay pending."),
  row<&all::jobs_per_account>("", "jobs_per_account", count(1, 10'000),
    "Jobs of one account that are worked on at a time where its plan has no limit of its own."),
  row<&all::disk_high_water>("", "disk_high_water", count(1, 100),
    "Percent of the data folder's disk, and of the store's map. Above it new work is refused with 503."),

  row<&all::http, &http::listen>("http", "listen", text(address_complaint),
    "Address to listen on."),
  row<&all::http, &http::port>("http", "port", count(0, 65'535),
    "Port to listen on. 0 lets the kernel choose."),
  row<&all::http, &http::public_url>("http", "public_url", text(url_complaint),
    "Start of the URLs in answers, such as https://images.example.com. Empty takes scheme and "
    "host of the request."),
  row<&all::http, &http::max_upload>("http", "max_upload", size(kib, 16 * tib),
    "Bytes of one request's body."),
  row<&all::http, &http::upload_timeout>("http", "upload_timeout", duration(seconds{1}, day),
    "Time for one request's body."),
  row<&all::http, &http::upload_rate_min>("http", "upload_rate_min", size(none, gib),
    "Bytes per second below which an upload is given up. 0 allows any."),
  row<&all::http, &http::head_timeout>("http", "head_timeout",
    duration(milliseconds{100}, minutes{5}),
    "Time for one request's head."),
  row<&all::http, &http::connections_max>("http", "connections_max", count(1, 1'000'000),
    "Connections at a time."),
  row<&all::http, &http::connections_per_address>("http", "connections_per_address",
    count(1, 1'000'000),
    "Connections of one address at a time; behind trusted proxies, requests of one client."),
  row<&all::http, &http::trusted_proxies>("http", "trusted_proxies", text(networks_complaint),
    "Addresses and networks of proxies, such as 127.0.0.1 10.0.0.0/8, separated by spaces. Only "
    "what they say in X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host counts."),
  row<&all::http, &http::idle_timeout>("http", "idle_timeout", duration(seconds{1}, hours{1}),
    "How long a connection may wait for its next request."),
  row<&all::http, &http::query_threads>("http", "query_threads", count(1, 1024),
    "Threads that answer requests without uploads."),
  row<&all::http, &http::upload_threads>("http", "upload_threads", count(1, 4096),
    "Threads that take uploads. They never wait for a client."),
  row<&all::http, &http::download_threads>("http", "download_threads", count(1, 4096),
    "Threads that send files. Each waits for the client that takes one."),
  row<&all::http, &http::url_lifetime>("http", "url_lifetime", duration(minutes{1}, 365 * day),
    "How long a signed download URL holds at least. Its end is rounded up to the hour."),

  row<&all::codec, &codec::processes>("codec", "processes", count(0, 1024),
    "Files converted at a time, each in a process of its own; while one of them is large, one small file more. "
    "0 takes one per processor."),
  row<&all::codec, &codec::program>("codec", "program", path(),
    "The program convertd-codec. Empty looks beside convertd, then in /usr/lib/convertd."),
  row<&all::codec, &codec::user>("codec", "user", text(),
    "User, by name or number, that codec processes change to if the server runs as root. Empty "
    "takes nobody."),
  row<&all::codec, &codec::memory_total>("codec", "memory_total", size(none, 16 * tib),
    "Memory of all codec processes together. 0 takes half of the machine's."),
  row<&all::codec, &codec::require_landlock>("codec", "require_landlock",
    choice("none files network all"),
    "What the kernel's Landlock must close to codec processes, beside the system call filter, which "
    "always closes all: files (Linux 5.13), the network too (6.7), or signals and abstract sockets "
    "too (6.12). Where less is there, the server does not start; none only warns."),

  row<&all::encoders, &effort::png_level>("encoders", "png_level", count(1, 12),
    "Of libdeflate; 12 is all effort. 6 takes nearly twice as long as 4, for 2 % less."),
  row<&all::encoders, &effort::tiff_level>("encoders", "tiff_level", count(1, 9),
    "Of zlib."),
  row<&all::encoders, &effort::avif_speed>("encoders", "avif_speed", count(0, 10),
    "Of libaom; 0 is all effort. 7 takes twice as long as 8, for 4 % less. Above 12 megapixels at least 8."),
  row<&all::encoders, &effort::webp_method>("encoders", "webp_method", count(0, 6),
    "Of libwebp; 6 is all effort. Above 12 megapixels at most 2."),
  row<&all::encoders, &effort::webp_animation_method>("encoders", "webp_animation_method", count(0, 6),
    "The same for each frame of an animation."),

  row<&all::limits, &limit::frame_pixels_max>("limits", "frame_pixels", count(1, 4'000'000'000),
    "Pixels of one frame."),
  row<&all::limits, &limit::frames_max>("limits", "frames", count(1, 100'000),
    "Frames of one file."),
  row<&all::limits, &limit::total_pixels_max>("limits", "total_pixels", count(1, 100'000'000'000),
    "Pixels of all frames of one file. Not below frame_pixels."),
  row<&all::limits, &limit::output_side_max>("limits", "output_side", side,
    "Pixels of the longer side of an output."),
  row<&all::limits, &limit::time_max>("limits", "time", duration(milliseconds{100}, hours{1}),
    "Time for one file."),
  row<&all::limits, &limit::output_bytes_max>("limits", "output_bytes", size(kib, tib),
    "Bytes of one output."),

  row<&all::store, &store_settings::map>("store", "map", size(mib, 64 * tib),
    "The most that the database can hold: address space, which costs no memory."),
  row<&all::store, &store_settings::check_time>("store", "check_time", duration(seconds{1}, day),
    "How long the store is checked, at most, before the server opens it."),
  row<&all::store, &store_settings::compare_time>("store", "compare_time", duration(milliseconds{0}, day),
    "How long of that records are compared with each other, at most, once all pages are seen to fit; "
    "0 = as long as it takes. What is left over is compared when the next copy is made."),
  row<&all::store, &store_settings::copy_interval>("store", "copy_interval",
    duration(seconds{0}, 30 * day),
    "How often a copy of the store is made in the data directory, for `convertd store restore`; "
    "0 = never."),

  row<&all::webhooks, &webhook_settings::allow>("webhooks", "allow", text(networks_complaint),
    "Addresses and networks that webhooks may go to although they are not public, separated by "
    "spaces, such as 10.1.2.0/24."),
  row<&all::webhooks, &webhook_settings::retry_for>("webhooks", "retry_for",
    duration(seconds{0}, 30 * day),
    "How long an event is sent again when its receiver does not accept it."),
  row<&all::webhooks, &webhook_settings::history>("webhooks", "history",
    duration(seconds{1}, 3650 * day),
    "How long deliveries are listed after they have ended; of an account the last 100,000."),
  row<&all::webhooks, &webhook_settings::connections>("webhooks", "connections", count(1, 256),
    "Events that are on their way at a time."),

  row<&all::metrics, &watched::listen>("metrics", "listen", text(listener_complaint),
    "Address and port that answer /metrics, without a key, such as 127.0.0.1:9465 or [::1]:9465. "
    "Empty: nothing listens."),

  row<&all::resize, &box::website_width>("resize", "website_width", side,
    "Mode website."),
  row<&all::resize, &box::email_width>("resize", "email_width", side,
    "Mode email."),
  row<&all::resize, &box::instagram_width>("resize", "instagram_width", side,
    "Mode instagram."),
  row<&all::resize, &box::instagram_height>("resize", "instagram_height", side,
    "Mode instagram."),
  row<&all::resize, &box::linkedin_width>("resize", "linkedin_width", side,
    "Mode linkedin."),
  row<&all::resize, &box::linkedin_height>("resize", "linkedin_height", side,
    "Mode linkedin."),
  row<&all::resize, &box::ecommerce_side>("resize", "ecommerce_side", side,
    "Mode ecommerce."),
};
// clang-format on

constexpr std::array columns{
  plan_column{"files_per_batch", count(0, 1'000'000'000), &plan::files_per_batch_max,
              "Files of one request."},
  plan_column{"file_bytes", size(0, tib), &plan::file_bytes_max, "Bytes of one file."},
  plan_column{"storage_bytes", size(0, 1024 * tib), &plan::storage_bytes_max,
              "Bytes of all sources and outputs that are kept."},
  plan_column{"jobs", count(0, 1'000'000), &plan::jobs_in_flight,
              "Jobs that are worked on at a time. Further ones stay pending."},
  plan_column{"requests_per_minute", count(0, 1'000'000'000), &plan::requests_per_minute,
              "Requests that convert or compress, a minute."},
  plan_column{"requests_per_month", count(0, 1'000'000'000'000), &plan::requests_per_month,
              "The same, a calendar month."},
};

} // namespace

std::span<const setting_group> all_groups() {
  return groups;
}

std::span<const setting_row> all_settings() {
  return rows;
}

std::span<const plan_column> plan_columns() {
  return columns;
}

std::optional<std::string> contradiction(const settings& x) {
  if (x.limits.total_pixels_max < x.limits.frame_pixels_max)
    return "limits.total_pixels is below limits.frame_pixels: no image could use its frame's limit";
  if (x.http.connections_per_address > x.http.connections_max)
    return "http.connections_per_address is above http.connections_max";
  return std::nullopt;
}

} // namespace convertd
