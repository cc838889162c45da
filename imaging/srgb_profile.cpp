#include "imaging/srgb_profile.hpp"

#include <array>
#include <cmath>
#include <string_view>

namespace convertd {

namespace {

using bytes = std::vector<std::uint8_t>;

void put_u32(bytes& out, std::uint32_t x) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(x >> shift));
}

void put_text(bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

/// s15Fixed16Number
void put_number(bytes& out, double x) {
  put_u32(out, static_cast<std::uint32_t>(std::lround(x * 65536)));
}

bytes xyz(double x, double y, double z) {
  bytes out;
  put_text(out, "XYZ ");
  put_u32(out, 0);
  for (auto value : {x, y, z})
    put_number(out, value);
  return out;
}

/// Parametric curve of type 3: the sRGB transfer function.
bytes transfer_curve() {
  bytes out;
  put_text(out, "para");
  put_u32(out, 0);
  put_u32(out, 3u << 16);
  for (auto value : {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045})
    put_number(out, value);
  return out;
}

/// multiLocalizedUnicodeType with one record.
bytes text(std::string_view ascii) {
  bytes out;
  put_text(out, "mluc");
  for (std::uint32_t x : {0u, 1u, 12u})
    put_u32(out, x);
  put_text(out, "enUS");
  put_u32(out, static_cast<std::uint32_t>(2 * ascii.size()));
  put_u32(out, 28);
  for (auto c : ascii) {
    out.push_back(0);
    out.push_back(static_cast<std::uint8_t>(c));
  }
  while (out.size() % 4 != 0)
    out.push_back(0);
  return out;
}

constexpr double d50[] = {0.9642, 1.0, 0.8249};

bytes header(std::uint32_t size) {
  bytes out;
  put_u32(out, size);
  put_u32(out, 0);          // no preferred module
  put_u32(out, 0x04000000); // version 4
  put_text(out, "mntrRGB XYZ ");
  for (std::uint32_t x : {(2026u << 16) | 1u, 1u << 16, 0u}) // a fixed date: 2026-01-01
    put_u32(out, x);
  put_text(out, "acsp");
  out.resize(68, 0);
  for (auto value : d50)
    put_number(out, value);
  out.resize(128, 0);
  return out;
}

struct tag {
  std::string_view name;
  bytes data;
};

} // namespace

bytes srgb_profile() {
  // The primaries, adapted to D50 by Bradford's method, as in the IEC's own profile.
  const std::array tags{
    tag{"desc", text("sRGB")},
    tag{"cprt", text("CC0")},
    tag{"wtpt", xyz(d50[0], d50[1], d50[2])},
    tag{"rXYZ", xyz(0.436035, 0.222488, 0.013916)},
    tag{"gXYZ", xyz(0.385118, 0.716904, 0.097066)},
    tag{"bXYZ", xyz(0.143058, 0.060608, 0.713928)},
    tag{"rTRC", transfer_curve()},
    tag{"gTRC", transfer_curve()},
    tag{"bTRC", transfer_curve()},
  };
  auto at = static_cast<std::uint32_t>(128 + 4 + 12 * tags.size());
  bytes table;
  bytes body;
  put_u32(table, static_cast<std::uint32_t>(tags.size()));
  for (const auto& x : tags) {
    put_text(table, x.name);
    put_u32(table, at + static_cast<std::uint32_t>(body.size()));
    put_u32(table, static_cast<std::uint32_t>(x.data.size()));
    body.insert(body.end(), x.data.begin(), x.data.end());
  }
  auto out = header(at + static_cast<std::uint32_t>(body.size()));
  out.insert(out.end(), table.begin(), table.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

} // namespace convertd
