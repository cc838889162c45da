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
bytes srgb_curve() {
  bytes out;
  put_text(out, "para");
  put_u32(out, 0);
  put_u32(out, 3u << 16);
  for (auto value : {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045})
    put_number(out, value);
  return out;
}

/// Of type 0: a power.
bytes power_curve(double power) {
  bytes out;
  put_text(out, "para");
  put_u32(out, 0);
  put_u32(out, 0);
  put_number(out, power);
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

/// Adapted to D50 by Bradford's method: X, Y and Z of red, green and blue.
struct rgb_space {
  std::string_view name;
  std::array<std::array<double, 3>, 3> primaries;
};

/// As in the IEC's own profile.
constexpr rgb_space srgb{"sRGB",
                         {{{0.436035, 0.222488, 0.013916},
                           {0.385118, 0.716904, 0.097066},
                           {0.143058, 0.060608, 0.713928}}}};
constexpr rgb_space display_p3{"P3",
                               {{{0.515102, 0.241182, -0.001050},
                                 {0.291965, 0.692236, 0.041882},
                                 {0.157153, 0.066582, 0.784378}}}};
constexpr rgb_space rec2020{"2020",
                            {{{0.673459, 0.279033, -0.001931},
                              {0.165661, 0.675338, 0.029984},
                              {0.125100, 0.045629, 0.797162}}}};

bytes profile_of(const rgb_space& space, const bytes& curve) {
  auto primary = [&](std::size_t i) {
    const auto& x = space.primaries[i];
    return xyz(x[0], x[1], x[2]);
  };
  const std::array tags{
    tag{"desc", text(space.name)},
    tag{"cprt", text("CC0")},
    tag{"wtpt", xyz(d50[0], d50[1], d50[2])},
    tag{"rXYZ", primary(0)},
    tag{"gXYZ", primary(1)},
    tag{"bXYZ", primary(2)},
    tag{"rTRC", curve},
    tag{"gTRC", curve},
    tag{"bTRC", curve},
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

/// Nothing where there is no such curve.
bytes curve_of(unsigned transfer) {
  enum {
    bt709 = 1,
    unspecified = 2,
    gamma22 = 4,
    gamma28 = 5,
    bt601 = 6,
    linear = 8,
    srgb_like = 13,
    bt2020_10 = 14,
    bt2020_12 = 15
  };
  switch (transfer) {
    case gamma22: return power_curve(2.2);
    case gamma28: return power_curve(2.8);
    case linear: return power_curve(1);
    case bt709: // of cameras; what is shown is meant for a screen like sRGB's
    case bt601:
    case bt2020_10:
    case bt2020_12:
    case unspecified:
    case srgb_like: return srgb_curve();
    default: return {};
  }
}

} // namespace

bytes srgb_profile() {
  return profile_of(srgb, srgb_curve());
}

bytes cicp_profile(unsigned primaries, unsigned transfer) {
  enum { bt709 = 1, bt2020 = 9, p3 = 12 };
  auto curve = curve_of(transfer);
  if (curve.empty())
    return {};
  switch (primaries) {
    case bt2020: return profile_of(rec2020, curve);
    case p3: return profile_of(display_p3, curve);
    case bt709: return curve == srgb_curve() ? bytes{} : profile_of(srgb, curve);
    default: return {};
  }
}

} // namespace convertd
