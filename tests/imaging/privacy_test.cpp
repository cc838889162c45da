// No metadata in any result when it is stripped, whatever the source and the way.
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

#include <Magick++.h>

#include <malloc.h>

namespace convertd {
namespace {

using enum image_format;

constexpr image_format formats[] = {jpg, png, webp, avif, tiff, gif, bmp};
const std::vector<std::string> marks{"Picasso", "THUMBNAIL", "XMPMARK", "IPTCMARK", "COMMENTMARK"};

const std::string xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>XMPMARK</x:xmpmeta>";

/// A Photoshop resource with an IPTC record: a caption.
std::string iptc_block() {
  std::string record("\x1C\x02\x78\0\x08IPTCMARK", 13);
  return std::string("8BIM\x04\x04\0\0", 8) + big_endian(static_cast<std::uint32_t>(record.size()))
         + record + '\0';
}

std::string jpeg_segment(char marker, const std::string& data) {
  auto size = data.size() + 2;
  return std::string{'\xFF', marker, static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)}
         + data;
}

std::string marked_jpeg(const raster& x, int orientation) {
  auto block = exif_block(orientation, 1, 1);
  return encoded(x, jpg).substr(0, 20) + jpeg_segment('\xE1', block)
         + jpeg_segment('\xE1', std::string("http://ns.adobe.com/xap/1.0/\0", 29) + xmp)
         + jpeg_segment('\xED', std::string("Photoshop 3.0\0", 14) + iptc_block())
         + jpeg_segment('\xFE', "COMMENTMARK") + encoded(x, jpg).substr(20);
}

std::string marked_png(const raster& x, int orientation) {
  auto file = encoded(x, png);
  auto chunks = png_chunk("eXIf", exif_block(orientation, 1, 1).substr(6))
                + png_chunk("iTXt", std::string("XML:com.adobe.xmp\0\0\0\0\0", 22) + xmp)
                + png_chunk("tEXt", std::string("Comment\0", 8) + "COMMENTMARK");
  return file.insert(png_after_ihdr, chunks) + "COMMENTMARK";
}

std::string marked_webp(const raster& x, int orientation) {
  return webp_file(webp_canvas(8 + 4, x.width, x.height) + webp_image_chunks(x, 90)
                   + webp_chunk("EXIF", exif_block(orientation, 1, 1).substr(6))
                   + webp_chunk("XMP ", xmp) + webp_chunk("NOTE", "COMMENTMARK"));
}

std::string marked_gif(const raster& x) {
  auto file = encoded(x, gif);
  auto said = std::string("!\xFE\x0B"
                          "COMMENTMARK\0",
                          15)
              + std::string("!\xFF\x0BXMP DataXMP", 14) + static_cast<char>(xmp.size()) + xmp
              + '\0';
  return file.insert(gif_descriptor(file), said);
}

/// As ImageMagick writes it, with everything that it takes from an image.
std::string marked_tiff(const raster& x, int orientation) {
  Magick::Image image;
  auto source = marked_jpeg(x, orientation);
  image.read(Magick::Blob(source.data(), source.size()), Magick::Geometry(), 8, "JPEG");
  image.comment("COMMENTMARK");
  Magick::Blob blob;
  image.magick("TIFF");
  image.write(&blob);
  return {static_cast<const char*>(blob.data()), blob.length()};
}

std::string marked(const raster& x, image_format format, int orientation = 1) {
  switch (format) {
    case jpg: return marked_jpeg(x, orientation);
    case png: return marked_png(x, orientation);
    case webp: return marked_webp(x, orientation);
    case gif: return marked_gif(x);
    case tiff: return marked_tiff(x, orientation);
    default: return convert_bytes(jpg, marked_jpeg(x, orientation), {.target = format}).bytes;
  }
}

int count_marks(const std::string& bytes) {
  return static_cast<int>(std::ranges::count_if(
    marks, [&](const auto& x) { return bytes.find(x) != std::string::npos; }));
}

raster noisy_scene(std::uint32_t width, std::uint32_t height) {
  auto x = draw_scene(width, height);
  for (std::size_t i = 0; i < x.samples.size(); i += 3)
    x.samples[i] = static_cast<std::uint8_t>(x.samples[i] ^ (i * 7 % 13));
  return x;
}

TEST(PrivacyTest, MarksAreInTheSources) {
  for (auto format : {jpg, png, webp, gif, tiff, avif})
    EXPECT_GE(count_marks(marked(noisy_scene(64, 48), format)), 2) << facts_of(format).name;
}

TEST(PrivacyTest, ConversionsThatStripSayNothing) {
  auto scene = noisy_scene(64, 48);
  for (auto from : formats)
    for (auto to : formats) {
      auto done = convert_bytes(from, marked(scene, from), {.target = to, .strip_metadata = true});
      ASSERT_FALSE(done.why);
      EXPECT_EQ(count_marks(done.bytes), 0) << facts_of(from).name << facts_of(to).name;
      EXPECT_EQ(done.bytes.find("Exif"), std::string::npos)
        << facts_of(from).name << facts_of(to).name;
    }
}

TEST(PrivacyTest, CompressionsThatStripSayNothing) {
  auto scene = noisy_scene(160, 96);
  for (auto format : formats)
    for (auto orientation : {1, 6})
      for (auto quality : {100, 80, 5})
        for (auto lossless : {false, true}) {
          auto source = marked(scene, format, orientation);
          conversion what{.quality = static_cast<std::uint8_t>(quality),
                          .strip_metadata = true,
                          .op = operation::compress,
                          .lossless = lossless};
          settle_for_source(what, format);
          auto done = convert_bytes(format, source, what);
          auto said = std::string{facts_of(format).name} + " " + std::to_string(orientation) + " "
                      + std::to_string(quality) + (lossless ? " lossless" : "");
          ASSERT_FALSE(done.why) << said;
          EXPECT_EQ(count_marks(done.bytes), 0) << said;
          EXPECT_LE(done.bytes.size(), source.size()) << said;
          EXPECT_EQ(decoded(format, done.bytes).samples.size(), 160u * 96 * 4) << said;
        }
}

TEST(PrivacyTest, StrippedPicturesStayUpright) {
  auto scene = noisy_scene(160, 96);
  for (auto format : {jpg, png, webp, tiff})
    for (int orientation = 1; orientation <= 8; ++orientation)
      for (auto op : {operation::convert, operation::compress}) {
        auto source = marked(stored_as(scene, orientation), format, orientation);
        conversion what{.target = format, .quality = 80, .strip_metadata = true, .op = op};
        settle_for_source(what, format);
        auto done = convert_bytes(format, source, what);
        // As a viewer shows it: through a tag, if there is one.
        auto shown = convert_bytes(format, done.bytes, {.target = png});
        EXPECT_GT(likeness(decoded(png, shown.bytes), scene), 0.8)
          << facts_of(format).name << orientation << (op == operation::compress);
      }
}

/// What is left to chance would differ between memory full of one byte and of another.
class poisoned_memory {
public:
  explicit poisoned_memory(int byte) {
    mallopt(M_PERTURB, byte);
  }
  ~poisoned_memory() {
    mallopt(M_PERTURB, 0);
  }
};

std::string outcome(image_format format, const std::string& source, const conversion& what,
                    int byte) {
  poisoned_memory poisoned{byte};
  auto done = convert_bytes(format, source, what);
  return done.why ? std::string{code_of(done.why.code)} : done.bytes;
}

TEST(PrivacyTest, FilesThatAreCutShortShowNoMemory) {
  auto scene = noisy_scene(160, 96);
  for (auto format : formats) {
    auto whole = encoded(scene, format);
    for (auto share : {0.3, 0.6, 0.9}) {
      auto source =
        whole.substr(0, static_cast<std::size_t>(share * static_cast<double>(whole.size())));
      conversion squeeze{.quality = 60, .op = operation::compress};
      settle_for_source(squeeze, format);
      for (const auto& what : {conversion{.target = png}, conversion{.target = jpg}, squeeze})
        EXPECT_EQ(outcome(format, source, what, 0x55), outcome(format, source, what, 0xA3))
          << facts_of(format).name << share << int(what.op);
    }
  }
}

} // namespace
} // namespace convertd
