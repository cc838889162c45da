#include "imaging/avif_file.hpp"
#include "imaging/avif_library.hpp"
#include "imaging/effort.hpp"
#include "imaging/exif.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/pixels.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace convertd {

namespace {

bool is_lossless(const avif_settings& x) {
  return x.quality == 100;
}

void set_quality(avifEncoder& x, const avif_settings& settings) {
#if AVIF_VERSION >= 1000000
  x.quality = settings.quality;
  x.qualityAlpha = settings.quality;
#else
  // What version 1 makes of a quality; libheif has the same scale.
  constexpr auto slack = 4;
  auto quantizer = ((100 - settings.quality) * 63 + 50) / 100;
  x.minQuantizer = std::max(quantizer - slack, AVIF_QUANTIZER_BEST_QUALITY);
  x.maxQuantizer =
    is_lossless(settings) ? 0 : std::min(quantizer + slack, AVIF_QUANTIZER_WORST_QUALITY);
  x.minQuantizerAlpha = x.minQuantizer;
  x.maxQuantizerAlpha = x.maxQuantizer;
  if (is_lossless(settings))
    return;
  avifEncoderSetCodecSpecificOption(&x, "end-usage", "q");
  avifEncoderSetCodecSpecificOption(&x, "cq-level", std::to_string(quantizer).c_str());
#endif
}

/// At 7 a picture of 100 megapixels would take longer than a file may.
constexpr std::uint64_t avif_large_pixels = 12'000'000;
constexpr std::uint32_t avif_large_speed = 8;

int speed_for(std::uint64_t pixels) {
  auto speed = effort().avif_speed;
  return static_cast<int>(pixels > avif_large_pixels ? std::max(speed, avif_large_speed) : speed);
}

/// Steps are coarser for high frequencies than for low ones: at equal SSIM 1 % fewer bytes. The
/// bounds are of libaom's 16 sets of matrices, of which the last are the flattest.
void use_quantizer_matrices(avifEncoder& x) {
  avifEncoderSetCodecSpecificOption(&x, "color:enable-qm", "1");
  avifEncoderSetCodecSpecificOption(&x, "color:qm-min", "5");
  avifEncoderSetCodecSpecificOption(&x, "color:qm-max", "12");
}

avif_encoder new_encoder(const avif_settings& settings, std::uint64_t pixels) {
  auto x = owned(avif_encoder{avifEncoderCreate()});
  x->codecChoice = AVIF_CODEC_CHOICE_AOM;
  x->maxThreads = 1;
  x->speed = speed_for(pixels);
  // For what it takes for a drawing libaom looks from speed 5 down for repeated blocks, with tables
  // of 100 bytes for each pixel, which it finds no way to do without.
  avifEncoderSetCodecSpecificOption(x.get(), "enable-intrabc", "0");
  set_quality(*x, settings);
  if (!is_lossless(settings))
    use_quantizer_matrices(*x);
  return x;
}

/// sRGB, all of the range. Without loss the samples stay red, green and blue.
avif_picture new_picture(const Magick::Image& image, const avif_settings& settings) {
  auto lossless = is_lossless(settings);
  auto x = owned(avif_picture{avifImageCreate(
    static_cast<std::uint32_t>(image.columns()), static_cast<std::uint32_t>(image.rows()),
    settings.depth, lossless ? AVIF_PIXEL_FORMAT_YUV444 : AVIF_PIXEL_FORMAT_YUV420)});
  x->yuvRange = AVIF_RANGE_FULL;
  x->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
  x->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
  x->matrixCoefficients =
    lossless ? AVIF_MATRIX_COEFFICIENTS_IDENTITY : AVIF_MATRIX_COEFFICIENTS_BT601;
  require(avifImageAllocatePlanes(x.get(), has_alpha(image) ? AVIF_PLANES_ALL : AVIF_PLANES_YUV),
          ec::encode_failed);
  return x;
}

void copy_pixels(avifImage& to, Magick::Image& from) {
  rgb_band band{to, band_rows};
  for (std::uint32_t y = 0; y < to.height; y += band_rows) {
    auto rows = std::min(band_rows, to.height - y);
    from.write(0, y, to.width, rows, "RGBA", band.storage(), band.row(0));
    auto view = rows_of(to, y, rows, ec::encode_failed);
    auto rgb = band.over(*view);
    auto result = avifImageRGBToYUV(view.get(), &rgb);
    view->imageOwnsYUVPlanes = view->imageOwnsAlphaPlane = AVIF_FALSE; // it says otherwise
    require(result, ec::encode_failed);
  }
}

void set_turn(avifImage& x, std::uint8_t orientation) {
  x.transformFlags = AVIF_TRANSFORM_NONE;
  if (orientation < 2 || orientation > avif_turns.size())
    return;
  const auto& turn = avif_turns[orientation - 1];
  x.irot.angle = turn.quarters;
  if (turn.quarters != 0)
    x.transformFlags |= AVIF_TRANSFORM_IROT;
  if (turn.mirror < 0)
    return;
  mirror_axis(x) = static_cast<std::uint8_t>(turn.mirror);
  x.transformFlags |= AVIF_TRANSFORM_IMIR;
}

std::string_view text_of(const Magick::Blob& x) {
  return {static_cast<const char*>(x.data()), x.length()};
}

const std::uint8_t* first_of(std::string_view x) {
  return reinterpret_cast<const std::uint8_t*>(x.data());
}

void set_metadata(avifImage& x, const Magick::Image& image) {
  auto exif = image.profile("EXIF");
  if (auto block = without_exif_intro(text_of(exif)); !block.empty())
    do_set(avifImageSetMetadataExif, &x, first_of(block), block.size());
  auto xmp = image.profile("XMP");
  if (auto packet = text_of(xmp); !packet.empty())
    do_set(avifImageSetMetadataXMP, &x, first_of(packet), packet.size());
  set_turn(x, static_cast<std::uint8_t>(image.orientation())); // last: EXIF set one, too
}

struct avif_bytes {
  avifRWData data = AVIF_DATA_EMPTY;

  avif_bytes() = default;
  avif_bytes(const avif_bytes&) = delete;
  avif_bytes& operator=(const avif_bytes&) = delete;
  ~avif_bytes() {
    avifRWDataFree(&data);
  }
};

} // namespace

encoded_image write_avif(Magick::Image& image, const avif_settings& settings) {
  auto x = new_picture(image, settings);
  copy_pixels(*x, image);
  set_metadata(*x, image);
  auto out = std::make_shared<avif_bytes>();
  auto encoder = new_encoder(settings, std::uint64_t{x->width} * x->height);
  require(avifEncoderWrite(encoder.get(), x.get(), &out->data), ec::encode_failed);
  return {.bytes = {reinterpret_cast<const std::byte*>(out->data.data), out->data.size},
          .owner = out,
          .width = x->width,
          .height = x->height,
          .applied_quality = settings.quality};
}

} // namespace convertd
