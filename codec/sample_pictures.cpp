#include "codec/sample_pictures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace convertd {

namespace {

struct rgb {
  double r, g, b;
};

rgb mix(rgb a, rgb b, double t) {
  t = std::clamp(t, 0.0, 1.0);
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

/// The same number in 0..1 for the same place, without any order between neighbours.
double hashed(std::uint32_t x, std::uint32_t y) {
  auto h = x * 0x9E3779B1u ^ y * 0x85EBCA77u;
  h = (h ^ h >> 15) * 0x2C1B3C6Du;
  h = (h ^ h >> 12) * 0x297A2D39u;
  return static_cast<double>(h ^ h >> 15) / 4294967295.0;
}

/// Smooth noise along a line, 0..1, in octaves: the profile of a range of hills.
double ridge(double x, std::uint32_t seed, int octaves) {
  double sum = 0;
  double weight = 0.5;
  for (int i = 0; i < octaves; ++i, x *= 2.03, weight *= 0.5) {
    auto cell = static_cast<std::uint32_t>(x);
    auto t = x - cell;
    t = t * t * (3 - 2 * t);
    sum += weight * (hashed(cell, seed) * (1 - t) + hashed(cell + 1, seed) * t);
  }
  return sum;
}

void put(raster& x, std::uint32_t column, std::uint32_t row, rgb colour, double alpha = 255) {
  auto* at = &x.samples[(std::size_t{row} * x.width + column) * x.channels];
  auto byte = [](double v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5, 0.0, 255.0)); };
  at[0] = byte(colour.r);
  at[1] = byte(colour.g);
  at[2] = byte(colour.b);
  if (x.channels == 4)
    at[3] = byte(alpha);
}

raster blank(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  raster x{.width = width, .height = height, .channels = channels, .samples = {}};
  x.samples.resize(std::size_t{width} * height * channels);
  return x;
}

rgb sky(double x, double y) {
  auto high = mix({38, 62, 110}, {122, 140, 178}, y / 380);
  auto colour = mix(high, {250, 196, 150}, (y - 200) / 420);
  auto distance = std::hypot(x - 1090, (y - 560) * 1.15);
  colour = mix(colour, {255, 226, 178}, 0.9 * std::exp(-distance / 210));
  return mix(colour, {255, 250, 232}, 58 - distance);
}

struct range {
  double base, height, scale;
  rgb colour;
  int octaves;
};

/// From far to near; each paler the farther it is.
constexpr std::array ranges{
  range{640, 260, 250, {150, 146, 178}, 5},
  range{690, 250, 190, {104, 108, 146}, 5},
  range{735, 210, 140, {62, 74, 108}, 6},
  range{770, 130, 60, {28, 42, 62}, 7},
};

constexpr double shore = 780;

rgb land(double x, double y) {
  auto colour = sky(x, y);
  std::uint32_t seed = 11;
  for (const auto& r : ranges) {
    auto crest = r.base - r.height * (ridge(x / r.scale + 3, seed++, r.octaves) - 0.2);
    auto body = mix(r.colour, {226, 190, 176}, (y - crest) / 900);
    auto mist = std::exp(-std::pow((y - r.base - 30) / 50, 2)) * 0.45;
    colour = mix(colour, mix(body, {240, 206, 186}, mist), (y - crest) / 1.6 + 0.5);
  }
  return colour;
}

rgb water(double x, double y) {
  auto depth = y - shore;
  auto wave = std::sin(y * 0.9 / (1 + depth / 140) + ridge(x / 90, 77, 3) * 6);
  auto mirror = shore - depth * 0.95 + wave * (1 + depth / 60);
  auto colour = mix(land(x + wave * depth / 80, mirror), {24, 44, 72}, 0.24 + depth / 900);
  auto glitter = std::exp(-std::abs(x - 1090) / (40 + depth / 3)) * std::max(0.0, wave);
  return mix(colour, {255, 226, 180}, 0.34 * glitter);
}

/// How far a place is inside a disc with a soft edge.
double disc(double x, double y, double cx, double cy, double radius, double softness) {
  return std::clamp((radius - std::hypot(x - cx, y - cy)) / softness + 0.5, 0.0, 1.0);
}

/// How much ink a line of print has at this place: words of bars with gaps, by the letter.
double ink(double x, double y) {
  constexpr double left = 150, right = 1086, top = 190, leading = 34, letter = 9;
  auto line = std::floor((y - top) / leading);
  if (x < left || x > right || y < top || line > 38)
    return 0;
  auto row = static_cast<std::uint32_t>(line);
  auto paragraph_end = row % 9 == 8;
  auto heading = row % 9 == 0;
  if (paragraph_end || (row % 9 == 7 && x > left + 520) || (heading && x > left + 430))
    return 0;
  auto column = static_cast<std::uint32_t>((x - left) / letter);
  if (hashed(column, row) < 0.16) // the gap between words
    return 0;
  auto in_x = std::fmod(x - left, letter);
  auto in_y = y - top - line * leading;
  auto tall = hashed(column + 7, row) > 0.7 ? 20.0 : 14.0;
  auto inside = in_y > 26 - tall && in_y < 26 && in_x > 1.2 && in_x < 7.8;
  auto hole = in_y > 30 - tall && in_y < 22 && in_x > 3.2 && in_x < 5.8 + hashed(row, column) * 4;
  return inside && !hole ? (heading ? 1.0 : 0.82) : 0;
}

} // namespace

raster draw_photo() {
  auto x = blank(1600, 1200, 3);
  for (std::uint32_t row = 0; row < x.height; ++row)
    for (std::uint32_t column = 0; column < x.width; ++column) {
      auto colour = row < shore ? land(column, row) : water(column, row);
      auto grain = (hashed(column, row) - 0.5) * 7;
      put(x, column, row, {colour.r + grain, colour.g + grain, colour.b + grain});
    }
  return x;
}

raster draw_logo() {
  auto x = blank(640, 640, 4);
  for (std::uint32_t row = 0; row < x.height; ++row)
    for (std::uint32_t column = 0; column < x.width; ++column) {
      auto ring =
        disc(column, row, 320, 300, 230, 1.5) * (1 - disc(column, row, 320, 300, 142, 1.5));
      auto dot = disc(column, row, 412, 232, 64, 1.5);
      auto shadow = 0.4 * disc(column, row, 326, 336, 236, 70);
      auto colour = mix({24, 130, 196}, {108, 74, 214}, (column + row) / 1100.0);
      colour = mix(colour, {255, 178, 64}, dot);
      auto shape = std::max(ring, dot);
      auto alpha = shape + shadow * (1 - shape);
      put(x, column, row, mix({16, 20, 40}, colour, alpha > 0 ? shape / alpha : 0), 255 * alpha);
    }
  return x;
}

raster draw_scan() {
  auto x = blank(1240, 1754, 3);
  for (std::uint32_t row = 0; row < x.height; ++row)
    for (std::uint32_t column = 0; column < x.width; ++column) {
      auto px = column + row * 0.006;
      auto py = row - column * 0.006 + 4;
      auto soft =
        (ink(px, py) + ink(px + 0.6, py) + ink(px, py + 0.6) + ink(px + 0.6, py + 0.6)) / 4;
      auto light = 246 - 12 * std::hypot(column / 1240.0 - 0.4, row / 1754.0 - 0.4);
      auto fibre = (hashed(column, row) - 0.5) * 5 + (ridge(column / 40.0, row / 40, 3) - 0.5) * 3;
      rgb paper{light + fibre, light - 3 + fibre, light - 12 + fibre};
      put(x, column, row, mix(paper, {38, 36, 44}, soft));
    }
  return x;
}

} // namespace convertd
