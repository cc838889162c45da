// Writes and reads the fields of a record; storage/record.hpp describes the layout.
#pragma once

#include "job/ids.hpp"
#include "job/time.hpp"
#include "storage/store.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace convertd {

enum class record_kind : std::uint8_t {
  job = 1,
  spec = 2,
  file = 3,
  account = 4,
  totals = 5,
  key = 6,
  bytes = 7,
  account_number = 8,
  place = 9,
  saved = 10,
  idempotency = 11,
  requests = 12,
  webhook = 16,
  callback = 17,
  delivery = 18,
};

inline constexpr std::size_t record_header_bytes = 6;

class field_writer {
public:
  field_writer(record_kind kind, std::uint8_t version);

  template <class T>
  requires std::integral<T> || std::is_enum_v<T> field_writer& operator<<(T x) {
    auto value = static_cast<std::uint64_t>(x);
    for (std::size_t i = 0; i < sizeof(T); ++i, value >>= 8)
      out_ += static_cast<char>(value & 0xFF);
    return *this;
  }
  field_writer& operator<<(timestamp x) {
    return *this << static_cast<std::int64_t>(x.time_since_epoch().count());
  }
  field_writer& operator<<(std::string_view x) {
    *this << static_cast<std::uint32_t>(x.size());
    out_ += x;
    return *this;
  }
  field_writer& operator<<(const std::string& x) {
    return *this << std::string_view{x};
  }
  template <class Tag>
  field_writer& operator<<(const basic_id<Tag>& x) {
    out_ += x.view();
    return *this;
  }
  /// Bytes without a length, to the end of the record.
  field_writer& rest(std::string_view x) {
    out_ += x;
    return *this;
  }

  /// The record, checksum filled in. Once.
  std::string finish();

private:
  std::string out_;
};

class field_reader {
public:
  /// Checks kind and checksum, and that the version is one of 1..`newest`.
  field_reader(std::string_view record, record_kind kind, std::uint8_t newest);

  std::uint8_t version() const {
    return version_;
  }

  template <class T>
  requires std::integral<T> || std::is_enum_v<T> field_reader& operator>>(T& x) {
    auto bytes = take(sizeof(T));
    std::uint64_t value = 0;
    for (auto i = sizeof(T); i-- > 0;)
      value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    if constexpr (std::is_same_v<T, bool>)
      x = value != 0;
    else
      x = static_cast<T>(value);
    return *this;
  }
  field_reader& operator>>(timestamp& x) {
    std::int64_t millis = 0;
    *this >> millis;
    x = timestamp{milliseconds{millis}};
    return *this;
  }
  field_reader& operator>>(std::string& x) {
    std::uint32_t length = 0;
    *this >> length;
    x = take(length);
    return *this;
  }
  template <class Tag>
  field_reader& operator>>(basic_id<Tag>& x) {
    x = id_from_bytes<basic_id<Tag>>(take(x.bytes.size()));
    return *this;
  }
  std::string_view rest() {
    return take(left_.size());
  }

private:
  std::string_view take(std::size_t length);

  std::string_view left_;
  std::uint8_t version_ = 0;
  record_kind kind_;
};

} // namespace convertd
