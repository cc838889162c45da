#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

#include <vector>

namespace convertd {
namespace {

using enum image_format;

constexpr image_format formats[] = {jpg, png, webp, avif, tiff, gif, bmp, heif, ico};

class FormatPairs : public testing::TestWithParam<std::tuple<image_format, image_format>> {};

TEST_P(FormatPairs, KeepThePicture) {
  auto [from, to] = GetParam();
  auto scene = draw_scene(160, 120);
  auto source = encoded(scene, from);
  auto result = convert_bytes(from, source, {.target = to, .quality = 90});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_EQ(sniff(as_bytes_view(result.bytes)), to);
  EXPECT_EQ(result.width, 160u);
  EXPECT_EQ(result.height, 120u);
  EXPECT_GT(likeness(decoded(to, result.bytes), scene), to == gif ? 0.92 : 0.94);
}

TEST_P(FormatPairs, GiveTheSameBytesTwice) {
  auto [from, to] = GetParam();
  auto source = encoded(draw_scene(40, 30), from);
  conversion what{.target = to};
  EXPECT_EQ(convert_bytes(from, source, what).bytes, convert_bytes(from, source, what).bytes);
}

INSTANTIATE_TEST_SUITE_P(All, FormatPairs,
                         testing::Combine(testing::ValuesIn(formats), testing::ValuesIn(formats)),
                         [](const auto& pair) {
                           return std::string{facts_of(std::get<0>(pair.param)).name} + "To"
                                  + std::string{facts_of(std::get<1>(pair.param)).name};
                         });

TEST(FormatPairsTest, QualityIsReportedWhereThereIsOne) {
  auto source = encoded(draw_scene(40, 30), png);
  for (auto to : formats) {
    auto result = convert_bytes(png, source, {.target = to, .quality = 55});
    auto knows = to == jpg || to == webp || to == avif || to == heif;
    EXPECT_EQ(result.quality, knows ? 55 : 0) << facts_of(to).name;
  }
}

TEST(FormatPairsTest, LowerQualityIsSmaller) {
  auto source = encoded(draw_scene(320, 240), png);
  for (auto to : {jpg, webp, avif, heif}) {
    auto low = convert_bytes(png, source, {.target = to, .quality = 30});
    auto high = convert_bytes(png, source, {.target = to, .quality = 95});
    EXPECT_LT(low.bytes.size(), high.bytes.size()) << facts_of(to).name;
  }
}

} // namespace
} // namespace convertd
