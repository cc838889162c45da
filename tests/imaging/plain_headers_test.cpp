#include "imaging/plain_headers.hpp"
#include "tests/imaging/conversions.hpp"

#include <Magick++.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace convertd {
namespace {

using enum image_format;

std::optional<source_header> plain_header(image_format format, const std::string& file) {
  auto bytes = as_bytes_view(file);
  return format == png ? plain_png_header(bytes) : plain_jpeg_header(bytes);
}

using facts = std::array<std::size_t, 5>;

/// Width, height, whether deep, alpha, orientation of JPEG; nothing where ImageMagick refuses the
/// file.
std::optional<facts> by_magick(image_format format, const std::string& file) {
  Magick::Image image;
  image.quiet(true);
  image.magick(format == png ? "PNG" : "JPEG");
  try {
    image.ping(Magick::Blob(file.data(), file.size()));
  } catch (const Magick::Error&) {
    return std::nullopt;
  }
#if MagickLibVersion >= 0x700
  bool alpha = image.alpha();
#else
  bool alpha = image.matte();
#endif
  auto said = static_cast<std::size_t>(image.orientation());
  auto orientation = format == jpg && said >= 1 && said <= 8 ? said : 1;
  return facts{image.columns(), image.rows(), image.depth() > 8, alpha, orientation};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void expect_same(image_format format, const std::string& file, const std::string& name) {
  auto plain = plain_header(format, file);
  if (!plain)
    return;
  auto magick = by_magick(format, file);
  if (!magick) { // then at least it does not convert
    EXPECT_TRUE(convert_bytes(format, file, {.target = png}).why) << name;
    return;
  }
  auto orientation = std::size_t{format == jpg ? plain->orientation : std::uint8_t{1}};
  EXPECT_EQ((facts{plain->width, plain->height, plain->depth > 8, plain->alpha, orientation}),
            *magick)
    << name;
}

TEST(PlainHeadersTest, FilesOfEveryKindAreAsImageMagickSaysTheyAre) {
  auto scene = draw_scene(40, 30);
  auto clear = scene;
  clear.channels = 4;
  clear.samples.assign(std::size_t{40} * 30 * 4, 77);
  for (const auto& picture : {scene, clear})
    for (auto format : {png, jpg}) {
      auto file = encoded(picture, format);
      ASSERT_TRUE(plain_header(format, file)) << facts_of(format).name;
      expect_same(format, file, std::string{facts_of(format).name});
    }
}

TEST(PlainHeadersTest, DamagedFilesAreLeftToImageMagick) {
  auto file = encoded(draw_scene(40, 30), png);
  auto wrong_crc = file;
  wrong_crc[20] ^= 1;
  EXPECT_FALSE(plain_header(png, wrong_crc));
  EXPECT_FALSE(plain_header(png, file.substr(0, 33))) << "no pixels";
  EXPECT_FALSE(plain_header(png, "\x89PNX" + file.substr(4))) << "another signature";
  EXPECT_FALSE(plain_header(png, ""));
  auto photo = encoded(draw_scene(40, 30), jpg);
  EXPECT_FALSE(plain_header(jpg, photo.substr(0, 100))) << "no frame";
  EXPECT_FALSE(plain_header(jpg, ""));
}

TEST(PlainHeadersTest, TheCorpusIsAsImageMagickSaysItIs) {
  const char* folder = std::getenv("CONVERTD_CORPUS");
  if (folder == nullptr)
    GTEST_SKIP() << "CONVERTD_CORPUS names no folder";
  auto read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    auto ending = entry.path().extension();
    auto format = ending == ".png" ? png : ending == ".jpg" || ending == ".jpeg" ? jpg : unknown;
    if (format == unknown || entry.file_size() > (std::size_t{64} << 20))
      continue;
    auto file = read_file(entry.path());
    read += plain_header(format, file) ? 1 : 0;
    expect_same(format, file, entry.path().filename());
  }
  EXPECT_GT(read, 0);
}

} // namespace
} // namespace convertd
