// AVIF at efforts that take more memory than the default does: a child that lacks some crashes
// inside libaom.
#include "tests/codec/codec_fixture.hpp"

#include <tuple>

namespace convertd {
namespace {

constexpr std::uint32_t width = 2000;
constexpr std::uint32_t height = 1500;

/// A drawing of few colours, as PNM: for those libaom has ways that take the most memory.
std::string picture(unsigned depth) {
  auto text = "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n"
              + std::to_string((1u << depth) - 1) + "\n";
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x)
      text.append(3 * depth / 8, static_cast<char>(((x / 9) ^ (y / 7)) % 5 * 50));
  return text;
}

class AvifEfforts : public testing::TestWithParam<std::tuple<unsigned, unsigned>> {
protected:
  static std::unique_ptr<zygote_keeper> keeper_of(unsigned speed) {
    codec_options options;
    options.program = CONVERTD_CODEC_PROGRAM;
    options.effort.avif_speed = speed;
    return std::make_unique<zygote_keeper>(options);
  }
};

TEST_P(AvifEfforts, HaveTheMemoryThatTheyNeed) {
  auto [speed, depth] = GetParam();
  auto keeper = keeper_of(speed);
  auto process = std::get<codec_process>(codec_process::start(keeper->control(), soon()));
  auto source = picture(depth);
  codec_order order;
  order.source_format = image_format::pnm;
  order.source_length = source.size();
  order.what = {.target = image_format::avif, .quality = 80};
  auto in = memory_file(source);
  auto header = std::get<image_header>(process.probe(order, in.get(), soon()));
  EXPECT_EQ(header.depth, depth);
  auto out = memory_file();
  auto done = process.convert(out.get(), memory_needed(header, order.what), soon(60s));
  EXPECT_EQ(fault_of(done), "none");
}

INSTANTIATE_TEST_SUITE_P(Speeds, AvifEfforts,
                         testing::Values(std::tuple{5u, 8u}, std::tuple{8u, 16u}),
                         [](const auto& pair) {
                           return "Speed" + std::to_string(std::get<0>(pair.param)) + "Depth"
                                  + std::to_string(std::get<1>(pair.param));
                         });

} // namespace
} // namespace convertd
