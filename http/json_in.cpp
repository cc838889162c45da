#include "http/json_in.hpp"

#include "http/request_refused.hpp"

#include <simdjson.h>

#include <cstdint>

namespace convertd {

namespace {

[[noreturn]] void bad(std::string_view field, const char* what) {
  throw request_refused{ec::invalid_json, std::string{field} + what, std::string{field}};
}

std::string as_text(simdjson::dom::element x, std::string_view field) {
  std::string_view text;
  std::int64_t number = 0;
  bool flag = false;
  if (x.is_null())
    return {};
  if (x.get(text) == simdjson::SUCCESS)
    return std::string{text};
  if (x.get(number) == simdjson::SUCCESS)
    return std::to_string(number);
  if (x.get(flag) == simdjson::SUCCESS)
    return flag ? "true" : "false";
  bad(field, " must hold plain values only.");
}

} // namespace

std::string compact_json_object(std::string_view text, std::string_view field) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(std::string{text}).get(object) != simdjson::SUCCESS)
    bad(field, " must be a JSON object.");
  return simdjson::minify(object);
}

std::map<std::string, std::string, std::less<>> json_object_as_text(std::string_view text,
                                                                    std::string_view what) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(std::string{text}).get(object) != simdjson::SUCCESS)
    throw request_refused{ec::invalid_json, std::string{what} + " must be a JSON object."};
  std::map<std::string, std::string, std::less<>> out;
  for (auto [name, value] : object)
    if (!value.is_array() && !value.is_object())
      out[std::string{name}] = as_text(value, name);
  return out;
}

std::vector<std::string> json_array_as_text(std::string_view text, std::string_view field) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(std::string{text}).get(array) != simdjson::SUCCESS)
    bad(field, " must be a JSON array.");
  std::vector<std::string> out;
  for (auto each : array)
    out.push_back(as_text(each, field));
  return out;
}

} // namespace convertd
