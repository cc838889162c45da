#include "imaging/animation.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

#include <gif_lib.h>

namespace convertd {
namespace {

using enum image_format;

/// What plays: pictures, and how long each is shown.
struct film {
  std::vector<canvas> pictures;
  std::vector<std::uint32_t> milliseconds;
  std::uint32_t plays = 0;
};

canvas canvas_of(const raster& x) {
  canvas to{x.width, x.height};
  for (std::size_t i = 0; i < to.samples.size() / 4; ++i) {
    std::copy_n(&x.samples[i * x.channels], 3, &to.samples[4 * i]);
    to.samples[4 * i + 3] = x.channels == 4 ? x.samples[4 * i + 3] : 255;
  }
  return to;
}

raster raster_of(const canvas& x) {
  return {.width = x.width, .height = x.height, .channels = 4, .samples = x.samples};
}

/// A red square that moves over a scene, or over nothing.
film moving(std::uint32_t frames, bool over_nothing = false) {
  film x;
  for (std::uint32_t i = 0; i < frames; ++i) {
    auto picture = draw_scene(64, 48, 4);
    for (std::size_t at = 3; at < picture.samples.size(); at += 4)
      picture.samples[at] = over_nothing ? 0 : 255;
    paint(picture, 8 * i, 10, 8, 8, {255, 0, 0, 255});
    x.pictures.push_back(canvas_of(picture));
    x.milliseconds.push_back(100 + 50 * i);
  }
  return x;
}

std::string written(image_format format, const film& x) {
  animation_facts facts{x.pictures[0].width, x.pictures[0].height, x.plays};
  auto sink = format == gif ? new_gif(facts) : new_webp(facts, 100);
  for (std::size_t i = 0; i < x.pictures.size(); ++i)
    sink->add(x.pictures[i], x.milliseconds[i]);
  return as_text(sink->finish());
}

film shown(image_format format, const std::string& file) {
  auto header = std::get<source_header>(probe_image(format, as_bytes_view(file), {}));
  auto bytes = as_bytes_view(file);
  auto source = format == gif ? open_gif(bytes, header.width, header.height)
                              : open_webp(bytes, header.width, header.height);
  film x;
  while (auto frame = source->next()) {
    x.pictures.push_back(*frame->picture);
    x.milliseconds.push_back(frame->milliseconds);
  }
  x.plays = source->plays();
  EXPECT_EQ(x.pictures.size(), header.frames);
  return x;
}

void expect_like(const film& a, const film& b, double least) {
  ASSERT_EQ(a.pictures.size(), b.pictures.size());
  EXPECT_EQ(a.milliseconds, b.milliseconds);
  EXPECT_EQ(a.plays, b.plays);
  for (std::size_t i = 0; i < a.pictures.size(); ++i)
    EXPECT_GT(likeness(raster_of(a.pictures[i]), raster_of(b.pictures[i])), least) << i;
}

class Films : public testing::TestWithParam<std::tuple<image_format, image_format, bool>> {
protected:
  image_format from = std::get<0>(GetParam());
  image_format to = std::get<1>(GetParam());
  film original = moving(4, std::get<2>(GetParam()));
};

TEST_P(Films, GoOnPlaying) {
  for (std::uint32_t plays : {0u, 1u, 3u}) {
    original.plays = plays;
    auto result = convert_bytes(from, written(from, original), {.target = to, .quality = 90});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_EQ(sniff(as_bytes_view(result.bytes)), to);
    EXPECT_EQ(result.quality, to == webp ? 90 : 0);
    expect_like(shown(to, result.bytes), original, 0.9);
  }
}

TEST_P(Films, AreResizedAndCut) {
  auto result =
    convert_bytes(from, written(from, original),
                  {.target = to, .quality = 95, .resize = resize_mode::square, .width = 24});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_EQ(result.width, 24u);
  auto small = shown(to, result.bytes);
  ASSERT_EQ(small.pictures.size(), 4u);
  EXPECT_EQ(small.pictures[0].width, 24u);
  EXPECT_EQ(small.pictures[0].height, 24u);
}

TEST_P(Films, GiveStillTargetsTheFirstFrame) {
  auto result = convert_bytes(from, written(from, original), {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), raster_of(original.pictures[0])), 0.95);
}

TEST_P(Films, EndWhereTheFileDoes) {
  auto file = written(from, original);
  for (std::size_t size = 0; size < file.size(); size += 1 + file.size() / 60) {
    auto code = convert_bytes(from, file.substr(0, size), {.target = to}).why.code;
    EXPECT_TRUE(code == ec::none || code == ec::decode_failed || code == ec::too_large)
      << size << " " << code_of(code);
  }
}

TEST_P(Films, AreLimitedInAll) {
  auto file = written(from, original);
  image_limits limits{.total_pixels_max = 4 * 64 * 48 - 1};
  EXPECT_EQ(convert_bytes(from, file, {.target = to}, limits).why.code, ec::too_large);
  EXPECT_FALSE(convert_bytes(from, file, {.target = png}, limits).why);
  limits.total_pixels_max = 4 * 64 * 48;
  EXPECT_FALSE(convert_bytes(from, file, {.target = to}, limits).why);
}

INSTANTIATE_TEST_SUITE_P(All, Films,
                         testing::Combine(testing::Values(gif, webp), testing::Values(gif, webp),
                                          testing::Bool()),
                         [](const auto& x) {
                           return std::string{facts_of(std::get<0>(x.param)).name} + "To"
                                  + std::string{facts_of(std::get<1>(x.param)).name}
                                  + (std::get<2>(x.param) ? "OverNothing" : "");
                         });

TEST(AnimationTest, WhatOneFormatHoldsComesBackUnchanged) {
  for (auto over_nothing : {true, false}) {
    auto original = moving(5, over_nothing);
    for (auto format : {gif, webp}) {
      auto back = shown(format, written(format, original));
      ASSERT_EQ(back.pictures.size(), 5u);
      for (std::size_t i = 0; i < 5; ++i) {
        auto a = raster_of(back.pictures[i]), b = raster_of(original.pictures[i]);
        EXPECT_GT(likeness(a, b), 0.999) << facts_of(format).name << i;
      }
    }
  }
}

TEST(AnimationTest, GifFramesHoldWhatChanges) {
  EXPECT_LT(written(gif, moving(8)).size(), 3 * written(gif, moving(1)).size());
}

TEST(AnimationTest, EveryFrameIsTurnedUpright) {
  std::string frames;
  for (int i = 0; i < 2; ++i)
    frames += webp_frame_chunk(stored_as(draw_scene(64, 48), 6));
  auto file = webp_file(webp_canvas(2 | 8, 48, 64) + webp_chunk("ANIM", little_endian(0, 6))
                        + frames + webp_chunk("EXIF", exif_block(6, 48, 64).substr(6)));
  auto result = convert_bytes(webp, file, {.target = gif});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_EQ(result.width, 64u);
  for (const auto& x : shown(gif, result.bytes).pictures)
    EXPECT_GT(likeness(raster_of(x), draw_scene(64, 48)), 0.9);
}

TEST(AnimationTest, MetadataIsKeptUnlessStripped) {
  auto frames =
    webp_frame_chunk(draw_scene(64, 48)) + webp_frame_chunk(stored_as(draw_scene(64, 48), 3));
  auto file = webp_file(webp_canvas(2 | 8, 64, 48) + webp_chunk("ANIM", little_endian(0, 6))
                        + frames + webp_chunk("EXIF", exif_block(1, 64, 48).substr(6)));
  for (auto strip : {true, false}) {
    auto result = convert_bytes(webp, file, {.target = webp, .strip_metadata = strip});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_EQ(result.bytes.find("Picasso") == std::string::npos, strip);
    EXPECT_EQ(result.bytes.find("THUMBNAIL"), std::string::npos);
    EXPECT_EQ(shown(webp, result.bytes).pictures.size(), 2u);
  }
}

int append_to(GifFileType* file, const GifByteType* bytes, int size) {
  static_cast<std::string*>(file->UserData)
    ->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return size;
}

/// 4 × 1 pixels: blue all over; then a red one at place 1, taken off as `disposal` says; then a
/// green one at place 3.
std::string gif_with_disposal(int disposal) {
  std::string out;
  int error = 0;
  auto* file = EGifOpen(&out, append_to, &error);
  GifColorType colours[4] = {{0, 0, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 0}};
  auto* map = GifMakeMapObject(4, colours);
  EGifPutScreenDesc(file, 4, 1, 8, 0, map);
  struct {
    int disposal, left, width, colour;
  } frames[] = {{DISPOSE_DO_NOT, 0, 4, 0}, {disposal, 1, 1, 1}, {DISPOSE_DO_NOT, 3, 1, 2}};
  for (const auto& x : frames) {
    GraphicsControlBlock control{x.disposal, false, 7, NO_TRANSPARENT_COLOR};
    GifByteType block[4];
    EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE,
                     static_cast<int>(EGifGCBToExtension(&control, block)), block);
    EGifPutImageDesc(file, x.left, 0, x.width, 1, false, nullptr);
    std::vector<GifPixelType> row(static_cast<std::size_t>(x.width),
                                  static_cast<GifPixelType>(x.colour));
    EGifPutLine(file, row.data(), x.width);
  }
  GifFreeMapObject(map);
  EGifCloseFile(file, nullptr);
  return out;
}

std::string letters_of(const canvas& x) {
  std::string text;
  for (std::size_t i = 0; i < x.samples.size(); i += 4)
    text += x.samples[i + 3] == 0 ? '.' : x.samples[i] ? 'r' : x.samples[i + 1] ? 'g' : 'b';
  return text;
}

TEST(AnimationTest, GifFramesAreTakenOffAsTheySay) {
  for (auto [disposal, last] : {std::pair{DISPOSE_DO_NOT, "brbg"},
                                {DISPOSE_BACKGROUND, "b.bg"},
                                {DISPOSE_PREVIOUS, "bbbg"}}) {
    auto x = shown(gif, gif_with_disposal(disposal));
    ASSERT_EQ(x.pictures.size(), 3u);
    EXPECT_EQ(letters_of(x.pictures[0]), "bbbb");
    EXPECT_EQ(letters_of(x.pictures[1]), "brbb");
    EXPECT_EQ(letters_of(x.pictures[2]), last);
    EXPECT_EQ(x.milliseconds[0], 70u);
    EXPECT_EQ(x.plays, 1u);
  }
}

} // namespace
} // namespace convertd
