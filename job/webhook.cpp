#include "job/webhook.hpp"

#include <algorithm>
#include <utility>

namespace convertd {

namespace {

struct type_name {
  event_kind kind;
  std::string_view type;
};

constexpr std::array types{
  type_name{event_kind::started, "conversion.started"},
  type_name{event_kind::progress, "conversion.progress"},
  type_name{event_kind::completed, "conversion.completed"},
  type_name{event_kind::failed, "conversion.failed"},
  type_name{event_kind::source_stored, "file.uploaded"},
  type_name{event_kind::output_stored, "file.uploaded"},
};

/// Targets of an account's callbacks.
constexpr std::uint64_t callback_targets = 64;

constexpr event_set bit(event_kind x) {
  return static_cast<event_set>(1U << static_cast<unsigned>(x));
}

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (auto c : text)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return hash;
}

} // namespace

std::string_view type_of(event_kind x) {
  auto found = std::ranges::find(types, x, &type_name::kind);
  return found == types.end() ? std::string_view{"unknown"} : found->type;
}

std::optional<event_set> parse_event_type(std::string_view type) {
  event_set set = 0;
  for (const auto& each : types)
    if (each.type == type)
      set |= bit(each.kind);
  return set == 0 ? std::nullopt : std::optional{set};
}

std::vector<std::string_view> types_in(event_set set) {
  std::vector<std::string_view> out;
  for (const auto& each : types)
    if (contains(set, each.kind) && std::ranges::count(out, each.type) == 0)
      out.push_back(each.type);
  return out;
}

void rotate(webhook_record& x, std::string new_secret, timestamp now) {
  x.old_secret = std::exchange(x.secret, std::move(new_secret));
  x.old_secret_until = now + old_secret_time;
}

std::vector<std::string> secrets_of(const webhook_record& x, timestamp now) {
  std::vector<std::string> out{x.secret};
  if (!x.old_secret.empty() && now < x.old_secret_until)
    out.push_back(x.old_secret);
  return out;
}

std::string_view name_of(delivery_state x) {
  switch (x) {
    case delivery_state::pending: return "pending";
    case delivery_state::delivered: return "delivered";
    case delivery_state::failed: return "failed";
  }
  return "failed";
}

target_id target_of(webhook_id x) {
  return {x.bytes};
}

target_id callback_target(account_id account, std::string_view url) {
  auto begin = url.find("//");
  auto host = url.substr(begin == url.npos ? 0 : begin + 2);
  host = host.substr(0, host.find_first_of("/?#"));
  target_id out;
  out.bytes.fill(0xFF); // no id of version 7 begins so before the year 10889
  for (std::size_t i = 0; i < sizeof account; ++i, account >>= 8)
    out.bytes[11 - i] = static_cast<std::uint8_t>(account);
  out.bytes[15] = static_cast<std::uint8_t>(hash_of(host) % callback_targets);
  return out;
}

milliseconds retry_gap(std::uint32_t tries) {
  using namespace std::chrono;
  constexpr std::array first{milliseconds{5s}, milliseconds{20s}, milliseconds{1min}};
  constexpr milliseconds longest{2h};
  if (tries <= first.size())
    return first[std::max(tries, 1U) - 1];
  auto gap = first.back();
  for (auto i = first.size(); i < tries && gap < longest; ++i)
    gap *= 3;
  return std::min(gap, longest);
}

delivery_record after_attempt(delivery_record x, const attempt& how, timestamp now,
                              milliseconds age_max) {
  ++x.attempts;
  ++x.tries;
  x.http_status = static_cast<std::uint16_t>(std::clamp(how.status, 0, 999));
  x.response = how.response;
  x.trouble = how.trouble;
  auto next = now + retry_gap(x.tries);
  if (how.status >= 200 && how.status < 300)
    x.state = delivery_state::delivered;
  else if (how.hopeless || next > x.since + age_max)
    x.state = delivery_state::failed;
  if (x.state == delivery_state::pending)
    x.next_attempt = next;
  else
    x.completed = now;
  return x;
}

delivery_record again(delivery_record x, timestamp now) {
  x.state = delivery_state::pending;
  x.tries = 0;
  x.since = now;
  x.next_attempt = now;
  x.completed = {};
  return x;
}

} // namespace convertd
