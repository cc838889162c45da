// JSON out: a thin, chainable cover of RapidJSON's Writer.
#pragma once

#include <concepts>
#include <cstdint>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string>
#include <string_view>

namespace convertd {

/// Writes one JSON text, at once or in pieces: take() hands over what was written since the last
/// call, and the writer goes on where it was.
class json_writer {
public:
  json_writer& begin_object() {
    writer_.StartObject();
    return *this;
  }
  json_writer& end_object() {
    writer_.EndObject();
    return *this;
  }
  json_writer& begin_array() {
    writer_.StartArray();
    return *this;
  }
  json_writer& end_array() {
    writer_.EndArray();
    return *this;
  }
  json_writer& key(std::string_view name) {
    writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    return *this;
  }
  json_writer& value(std::string_view x) {
    writer_.String(x.data(), static_cast<rapidjson::SizeType>(x.size()));
    return *this;
  }
  json_writer& value(const std::string& x) {
    return value(std::string_view{x});
  }
  json_writer& value(const char* x) {
    return value(std::string_view{x});
  }
  json_writer& value(bool x) {
    writer_.Bool(x);
    return *this;
  }
  json_writer& value(std::unsigned_integral auto x) {
    writer_.Uint64(x);
    return *this;
  }
  json_writer& value(std::signed_integral auto x) {
    writer_.Int64(x);
    return *this;
  }
  json_writer& null() {
    writer_.Null();
    return *this;
  }
  /// `text` is JSON already and was checked when it came in.
  json_writer& raw_object(std::string_view text) {
    writer_.RawValue(text.data(), text.size(), rapidjson::kObjectType);
    return *this;
  }
  /// `text` is a JSON number.
  json_writer& raw_number(std::string_view text) {
    writer_.RawValue(text.data(), text.size(), rapidjson::kNumberType);
    return *this;
  }
  /// Opens a string whose text, which needs no escaping, begins with `begin`. Somebody else writes
  /// what comes after it, the quotation mark at its end included.
  json_writer& begin_raw_string(std::string_view begin) {
    auto text = "\"" + std::string{begin};
    writer_.RawValue(text.data(), text.size(), rapidjson::kStringType);
    return *this;
  }
  template <class T>
  json_writer& field(std::string_view name, const T& x) {
    return key(name).value(x);
  }

  /// Null unless `known`.
  template <class T>
  json_writer& field_or_null(std::string_view name, bool known, const T& x) {
    return known ? field(name, x) : key(name).null();
  }

  std::string take() {
    std::string out{buffer_.GetString(), buffer_.GetSize()};
    buffer_.Clear();
    return out;
  }

private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

} // namespace convertd
