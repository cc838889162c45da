// Tells profiles that are sRGB by another name.
#include "imaging/bytes.hpp"
#include "imaging/srgb_profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace convertd {

namespace {

double fixed_at(bytes_view x, std::size_t at) {
  return static_cast<std::int32_t>(big_endian(x, at, 4)) / 65536.0;
}

constexpr std::size_t header_size = 128;
constexpr std::size_t tag_size = 12; // name, place, size
constexpr std::size_t tags_max = 100;

/// Empty where there is none, or it lies outside.
bytes_view tag(bytes_view x, std::string_view name) {
  auto count = std::min<std::size_t>(big_endian(x, header_size, 4), tags_max);
  for (std::size_t i = 0; i < count; ++i) {
    auto at = header_size + 4 + i * tag_size;
    if (at + tag_size > x.size())
      return {};
    std::size_t from = big_endian(x, at + 4, 4), size = big_endian(x, at + 8, 4);
    if (text_of(x.subspan(at, 4)) == name)
      return from <= x.size() && size <= x.size() - from ? x.subspan(from, size) : bytes_view{};
  }
  return {};
}

bool has_primary(bytes_view x, std::string_view name, const std::array<double, 3>& wanted) {
  constexpr double tolerance = 0.002; // profiles differ in how they adapt the white point
  auto data = tag(x, name);
  if (data.size() < 20 || text_of(data.subspan(0, 4)) != "XYZ ")
    return false;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (std::abs(fixed_at(data, 8 + 4 * i) - wanted[i]) > tolerance)
      return false;
  return true;
}

double srgb_light(double x) {
  return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
}

/// A table, between whose points lines are drawn.
std::optional<double> table_light(bytes_view data, double x) {
  std::size_t count = big_endian(data, 8, 4);
  if (count < 2 || count > 65536 || data.size() < 12 + 2 * count)
    return std::nullopt;
  auto place = x * static_cast<double>(count - 1);
  auto left = std::min(static_cast<std::size_t>(place), count - 2);
  auto a = big_endian(data, 12 + 2 * left, 2), b = big_endian(data, 14 + 2 * left, 2);
  return (a + (place - static_cast<double>(left)) * (static_cast<double>(b) - a)) / 65535;
}

/// (a x + b)^g from d on, c x before.
std::optional<double> formula_light(bytes_view data, double x) {
  if (big_endian(data, 8, 2) != 3 || data.size() < 32)
    return std::nullopt;
  std::array<double, 5> p;
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] = fixed_at(data, 12 + 4 * i);
  return x >= p[4] ? std::pow(p[1] * x + p[2], p[0]) : p[3] * x;
}

bool has_curve(bytes_view x, std::string_view name) {
  constexpr double tolerance = 0.002;
  auto data = tag(x, name);
  if (data.size() < 12)
    return false;
  for (auto at : {0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0}) {
    auto light = text_of(data.subspan(0, 4)) == "curv"   ? table_light(data, at)
                 : text_of(data.subspan(0, 4)) == "para" ? formula_light(data, at)
                                                         : std::nullopt;
    if (!light || !(std::abs(*light - srgb_light(at)) <= tolerance))
      return false;
  }
  return true;
}

} // namespace

bool is_srgb(bytes_view x) {
  constexpr std::size_t colours_at = 16, between_at = 20;
  if (x.size() < header_size + 4 || text_of(x.subspan(colours_at, 4)) != "RGB "
      || text_of(x.subspan(between_at, 4)) != "XYZ " || !tag(x, "A2B0").empty())
    return false;
  return has_primary(x, "rXYZ", {0.4360, 0.2225, 0.0139})
         && has_primary(x, "gXYZ", {0.3851, 0.7169, 0.0971})
         && has_primary(x, "bXYZ", {0.1431, 0.0606, 0.7141}) && has_curve(x, "rTRC")
         && has_curve(x, "gTRC") && has_curve(x, "bTRC");
}

} // namespace convertd
