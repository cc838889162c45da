// Ids: 16 bytes, UUID version 7 (RFC 9562), so that they sort by the time they were made.
#pragma once

#include "job/time.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace convertd {

/// One of the 16-byte ids. `Tag` only keeps the kinds apart; ids of one kind compare bytewise,
/// which is the order of their creation to the millisecond.
template <class Tag>
struct basic_id {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const basic_id&, const basic_id&) = default;

  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

using job_id = basic_id<struct job_tag>;   ///< A job, as in the API's `jobId`.
using file_id = basic_id<struct file_tag>; ///< A stored file, as in the API's `storedFileId`.

/// An account's number within one store: small, dense, never used again.
using account_id = std::uint32_t;

/// A new version 7 UUID: 48 bits of `now`, 74 bits from the kernel's generator.
std::array<std::uint8_t, 16> mint_uuid(timestamp now);

template <class Id>
Id mint(timestamp now) {
  return Id{mint_uuid(now)};
}

/// The time a version 7 UUID was made at, to the millisecond.
timestamp time_of(const std::array<std::uint8_t, 16>& uuid);

/// Lower-case text with four hyphens.
std::string to_text(const std::array<std::uint8_t, 16>& uuid);

/// Reads the text form, either case; nothing else.
std::optional<std::array<std::uint8_t, 16>> parse_uuid(std::string_view text);

template <class Tag>
std::string to_text(const basic_id<Tag>& id) {
  return to_text(id.bytes);
}

template <class Id>
std::optional<Id> parse_id(std::string_view text) {
  if (auto bytes = parse_uuid(text))
    return Id{*bytes};
  return std::nullopt;
}

/// The id whose 16 bytes `view` holds, as storage keys do; `view.size()` must be 16.
template <class Id>
Id id_from_bytes(std::string_view view) {
  Id id;
  for (std::size_t i = 0; i < id.bytes.size() && i < view.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(view[i]);
  return id;
}

} // namespace convertd

template <class Tag>
struct std::hash<convertd::basic_id<Tag>> {
  std::size_t operator()(const convertd::basic_id<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};
