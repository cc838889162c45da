// Every pair of formats through the real process, under the lock: a child of its own for each, so
// that nothing is loaded by the file before.
#include "imaging/imaging.hpp"
#include "imaging/tiny_files.hpp"
#include "tests/codec/codec_fixture.hpp"
#include "tests/support/likeness.hpp"
#include "tests/support/pictures.hpp"

namespace convertd {
namespace {

using enum image_format;

constexpr image_format formats[] = {jpg, png, webp, avif, tiff, gif, bmp, heif, ico};

class LockedPairs : public codec_fixture,
                    public testing::WithParamInterface<std::tuple<image_format, image_format>> {
protected:
  static std::string converted(const std::string& source, const conversion& what) {
    auto process = start();
    auto in = memory_file(source);
    auto order = order_of(source, what.target);
    order.what = what;
    auto probed = process.probe(order, in.get(), soon());
    EXPECT_EQ(fault_of(probed), "none");
    if (!std::holds_alternative<image_header>(probed))
      return {};
    auto out = memory_file();
    auto memory = memory_needed(std::get<image_header>(probed), what);
    auto done = process.convert(out.get(), memory, soon());
    EXPECT_EQ(fault_of(done), "none");
    auto* result = std::get_if<codec_result>(&done);
    return result == nullptr ? std::string{} : content_of(out.get(), result->size);
  }
};

TEST_P(LockedPairs, KeepThePicture) {
  auto [from, to] = GetParam();
  auto scene = draw_scene(160, 120);
  auto source = as_text(encode_raster(scene, from, 95).bytes);
  auto bytes = converted(source, {.target = to, .quality = 90});
  ASSERT_FALSE(bytes.empty());
  EXPECT_EQ(sniff(as_bytes_view(bytes)), to);
  EXPECT_GT(likeness(decode_raster(to, as_bytes_view(bytes)), scene), to == gif ? 0.92 : 0.94);
}

TEST_P(LockedPairs, ResizeALargeOne) {
  auto [from, to] = GetParam();
  auto source = as_text(encode_raster(draw_scene(1200, 900), from, 90).bytes);
  auto bytes = converted(source, {.target = to, .resize = resize_mode::width, .width = 600});
  ASSERT_FALSE(bytes.empty());
  EXPECT_EQ(decode_raster(to, as_bytes_view(bytes)).width, to == ico ? 256u : 600u);
}

INSTANTIATE_TEST_SUITE_P(All, LockedPairs,
                         testing::Combine(testing::ValuesIn(formats), testing::ValuesIn(formats)),
                         [](const auto& pair) {
                           return std::string{facts_of(std::get<0>(pair.param)).name} + "To"
                                  + std::string{facts_of(std::get<1>(pair.param)).name};
                         });

class LockedReads : public LockedPairs {};

TEST_P(LockedReads, FormatsThatAreOnlyReadAreConverted) {
  auto source = as_text(tiny_file(std::get<0>(GetParam())));
  auto bytes = converted(source, {.target = std::get<1>(GetParam())});
  EXPECT_EQ(sniff(as_bytes_view(bytes)), std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, LockedReads,
                         testing::Combine(testing::Values(cur, psd, tga, hdr, pcx, sgi, jp2, pnm),
                                          testing::Values(jpg, pdf)),
                         [](const auto& pair) {
                           return std::string{facts_of(std::get<0>(pair.param)).name} + "To"
                                  + std::string{facts_of(std::get<1>(pair.param)).name};
                         });

} // namespace
} // namespace convertd
