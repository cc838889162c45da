// The resizer against a plain one, on every kind of processor that this machine can stand in for.
#include "imaging/lanczos_resizer.hpp"
#include "imaging/plane_resizer.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/imaging/every_target.hpp"
#include "tests/imaging/magick_image.hpp"
#include "tests/support/likeness.hpp"

#include <cmath>
#include <numbers>
#include <random>

namespace convertd {
namespace {

template <class Sample>
using picture = std::vector<std::vector<Sample>>;

template <class Sample>
picture<Sample> noise(std::uint32_t width, std::uint32_t height) {
  std::mt19937 random{width * 7919 + height};
  picture<Sample> out(height, std::vector<Sample>(width));
  for (auto& line : out)
    for (auto& x : line) // extremes are frequent: there lie the overflows
      x = static_cast<Sample>(random() % 3 == 0 ? random() : random() % 2 == 0 ? ~0u : 0u);
  return out;
}

template <class Sample>
constexpr int kept_bits = sizeof(Sample) == 1 ? 6 : 0;

std::int64_t rounded(std::int64_t x, int bits) {
  return (x + (std::int64_t{1} << (bits - 1))) >> bits;
}

/// What the kernels do, one number after the other.
template <class Sample>
picture<Sample> plainly_resized(const picture<Sample>& from, const resample_axis& across,
                                const resample_axis& down) {
  picture<Sample> out(down.to, std::vector<Sample>(across.to));
  for (std::size_t y = 0; y < down.to; ++y) {
    std::vector<std::int64_t> line(across.from);
    for (std::size_t x = 0; x < across.from; ++x) {
      for (std::size_t k = 0; k < down.taps; ++k)
        line[x] += std::int64_t{from[down.first[y] + k][x]} * down.weights_of(y)[k];
      line[x] = rounded(line[x], weight_bits - kept_bits<Sample>);
    }
    for (std::size_t x = 0; x < across.to; ++x) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < across.taps; ++k)
        sum += line[across.first[x] + k] * across.weights_of(x)[k];
      constexpr std::int64_t most = std::numeric_limits<Sample>::max();
      out[y][x] = static_cast<Sample>(
        std::clamp<std::int64_t>(rounded(sum, weight_bits + kept_bits<Sample>), 0, most));
    }
  }
  return out;
}

/// Rows come in batches, as JPEG has them, and some more than there are.
template <class Sample>
picture<Sample> resized(const picture<Sample>& from, const resample_axis& across,
                        const resample_axis& down, std::uint32_t batch) {
  plane<Sample> to;
  auto padded = across.from + 15;
  plane_resizer<Sample> x{across, down, to, batch, padded};
  for (std::uint32_t y = 0; y < down.from; y += batch) {
    for (std::uint32_t i = 0; i < batch; ++i) {
      std::fill_n(x.row(i), padded, Sample{77});
      if (y + i < down.from)
        std::ranges::copy(from[y + i], x.row(i));
    }
    x.add(batch);
  }
  picture<Sample> out;
  for (std::uint32_t y = 0; y < to.height; ++y)
    out.emplace_back(to.row(y), to.row(y) + to.width);
  return out;
}

struct sizes {
  pixel_size from, to;
};

constexpr sizes cases[] = {
  {{1, 1}, {1, 1}},       {{1, 300}, {1, 7}},     {{640, 3}, {5, 2}},
  {{97, 61}, {96, 60}},   {{200, 150}, {80, 60}}, {{513, 257}, {64, 33}},
  {{1031, 40}, {11, 39}}, {{64, 64}, {64, 64}},   {{33, 500}, {32, 3}},
};

template <class Sample>
void compare_all() {
  for (const auto& [from, to] : cases) {
    auto source = noise<Sample>(from.width, from.height);
    auto across = lanczos_axis(whole_axis(from.width, to.width));
    auto down = lanczos_axis(whole_axis(from.height, to.height));
    auto expected = plainly_resized(source, across, down);
    for (std::uint32_t batch : {1u, 7u, 16u})
      EXPECT_EQ(resized(source, across, down, batch), expected) << from.width << " to " << to.width;
  }
}

TEST(ResampleTest, KernelsDoExactlyWhatPlainLoopsDo) {
  on_every_target([] {
    compare_all<std::uint8_t>();
    compare_all<std::uint16_t>();
  });
}

TEST(ResampleTest, EveryPartAndMirrorIsExact) {
  auto source = noise<std::uint8_t>(120, 90);
  auto part = [](std::uint32_t from, double step, double start) {
    return lanczos_axis({.from = from, .to = 21, .step = step, .start = start});
  };
  for (const auto& across : {part(120, 3.7, 11), part(120, -3.7, 101.5), part(120, -1, 100)})
    for (const auto& down : {part(90, 2.25, 30.25), part(90, -2.25, 80), part(90, 1, 7)})
      EXPECT_EQ(resized(source, across, down, 8), plainly_resized(source, across, down));
}

TEST(ResampleTest, WeightsAreThoseOfLanczos) {
  auto lanczos = [](double x) {
    auto t = std::numbers::pi * x;
    return x == 0 ? 1 : std::abs(x) >= 3 ? 0 : 3 * std::sin(t) * std::sin(t / 3) / (t * t);
  };
  auto axis = lanczos_axis(whole_axis(1000, 400));
  constexpr std::size_t middle = 200;
  for (std::size_t k = 0; k < axis.taps; ++k) {
    auto distance = axis.first[middle] + static_cast<double>(k) - (middle + 0.5) * 2.5 + 0.5;
    EXPECT_NEAR(axis.weights_of(middle)[k] / 16384.0, lanczos(distance / 2.5) / 2.5, 0.002);
  }
}

TEST(ResampleTest, WeightsAddUpToOne) {
  for (auto [from, to] : {std::pair{5000u, 7u}, {12000u, 1600u}, {3u, 2u}, {100u, 99u}}) {
    auto axis = lanczos_axis(whole_axis(from, to));
    for (std::size_t i = 0; i < to; ++i) {
      int sum = 0;
      for (std::size_t k = 0; k < axis.stride; ++k)
        sum += axis.weights_of(i)[k];
      EXPECT_EQ(sum, 1 << weight_bits);
      EXPECT_LE(axis.first[i] + axis.taps, from);
    }
  }
}

TEST(ResampleTest, OneSampleCanBecomeSeveral) {
  auto axis = lanczos_axis({.from = 1, .to = 3, .step = 0.5, .start = 0});
  EXPECT_FALSE(axis.copies);
  picture<std::uint8_t> one{{77}};
  auto threes = resized(one, axis, axis, 8);
  EXPECT_EQ(threes, picture<std::uint8_t>(3, {77, 77, 77}));
}

TEST(ResampleTest, OfEqualSizeNothingChanges) {
  auto axis = lanczos_axis(whole_axis(500, 500));
  EXPECT_TRUE(axis.copies);
  auto mirror = lanczos_axis({.from = 500, .to = 500, .step = -1, .start = 500});
  EXPECT_TRUE(mirror.copies);
  EXPECT_EQ(mirror.first[0], 499u);
}

raster samples_of(Magick::Image& image, std::uint32_t channels) {
  raster x{.width = static_cast<std::uint32_t>(image.columns()),
           .height = static_cast<std::uint32_t>(image.rows()),
           .channels = channels,
           .samples = {}};
  x.samples.resize(std::size_t{x.width} * x.height * channels);
  image.write(0, 0, x.width, x.height, channels == 4 ? "RGBA" : "RGB", Magick::CharPixel,
              x.samples.data());
  return x;
}

TEST(ResampleTest, LooksLikeWhatImageMagickMakes) {
  for (std::uint32_t channels : {3u, 4u})
    for (std::size_t depth : {8u, 16u})
      for (pixel_size size : {pixel_size{480, 360}, {320, 240}, {33, 25}, {639, 479}}) {
        auto mine = image_of(draw_scene(640, 480, channels));
        auto theirs = mine;
        mine.depth(depth);
        lanczos_resizer{}.resize(mine, size);
        Magick::Geometry exact{size.width, size.height};
        exact.aspect(true);
        theirs.filterType(Magick::LanczosFilter);
        theirs.resize(exact);
        EXPECT_GT(likeness(samples_of(mine, channels), samples_of(theirs, channels)), 0.998)
          << size.width << ' ' << channels << ' ' << depth;
      }
}

TEST(ResampleTest, SixteenBitsStaySixteen) {
  std::vector<std::uint16_t> source(64 * 64 * 3, 1000);
  Magick::Image image;
  image.read(64, 64, "RGB", Magick::ShortPixel, source.data());
  image.depth(16);
  lanczos_resizer{}.resize(image, {20, 20});
  std::vector<std::uint16_t> samples(20 * 20 * 3);
  image.write(0, 0, 20, 20, "RGB", Magick::ShortPixel, samples.data());
  for (std::size_t i = 0; i < samples.size(); i += 3)
    EXPECT_EQ(samples[i], 1000);
}

} // namespace
} // namespace convertd
