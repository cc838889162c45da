#include "imaging/exif.hpp"
#include "imaging/heif_file.hpp"
#include "imaging/heif_library.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/pixels.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// Of x265. One megapixel of a detailed photo takes 0.8 s with "fast" and 0.27 s with "ultrafast",
/// for files that are a seventh larger.
const char* preset_for(std::uint64_t pixels) {
  return pixels <= 8'000'000 ? "fast" : "ultrafast";
}

/// libheif halves what is missing to 100 and calls it x265's rate factor, so that 82 would be four
/// times the bytes of a JPEG's 82. Here it is a factor of 19, and the ends stay.
int quality_for(std::uint8_t quality) {
  constexpr int middle = 82, middle_given = 62, most = 100;
  if (quality <= middle)
    return std::max(1, quality * middle_given / middle);
  return middle_given + (quality - middle) * (most - middle_given) / (most - middle);
}

heif_codec new_encoder(heif_context* file, std::uint8_t quality, std::uint64_t pixels) {
  heif_encoder* encoder = nullptr;
  require(heif_context_get_encoder_for_format(file, heif_compression_HEVC, &encoder),
          ec::encode_failed);
  heif_codec x{encoder};
  require(heif_encoder_set_lossy_quality(encoder, quality_for(quality)), ec::encode_failed);
  // x265 would start a thread for each processor.
  for (auto [name, value] : {std::pair{"x265:pools", "none"}, {"x265:frame-threads", "1"}})
    require(heif_encoder_set_parameter(encoder, name, value), ec::encode_failed);
  require(heif_encoder_set_parameter(encoder, "preset", preset_for(pixels)), ec::encode_failed);
  return x;
}

heif_picture new_picture(Magick::Image& from) {
  auto width = static_cast<int>(from.columns());
  auto height = static_cast<int>(from.rows());
  auto alpha = has_alpha(from);
  heif_image* image = nullptr;
  require(heif_image_create(width, height, heif_colorspace_RGB,
                            alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB,
                            &image),
          ec::encode_failed);
  heif_picture x{image};
  require(heif_image_add_plane(image, heif_channel_interleaved, width, height, 8),
          ec::encode_failed);
  auto stride = 0;
  auto* rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
  for (int y = 0; y < height; ++y, rows += stride)
    from.write(0, y, from.columns(), 1, alpha ? "RGBA" : "RGB", Magick::CharPixel, rows);
  return x;
}

/// sRGB, all of the range.
heif_colours srgb_colours() {
  heif_colours x{heif_nclx_color_profile_alloc()};
  if (!x)
    throw std::bad_alloc();
  x->color_primaries = heif_color_primaries_ITU_R_BT_709_5;
  x->transfer_characteristics = heif_transfer_characteristic_IEC_61966_2_1;
  x->matrix_coefficients = heif_matrix_coefficients_ITU_R_BT_601_6;
  x->full_range_flag = 1;
  return x;
}

heif_handle encode(heif_context* file, const heif_image* from, std::uint8_t quality,
                   int orientation) {
  auto width = heif_image_get_width(from, heif_channel_interleaved);
  auto height = heif_image_get_height(from, heif_channel_interleaved);
  auto encoder = new_encoder(file, quality, std::uint64_t{1} * width * height);
  auto colours = srgb_colours();
  heif_encoding options{heif_encoding_options_alloc()};
  options->output_nclx_profile = colours.get();
  if (orientation >= 1 && orientation <= 8)
    options->image_orientation = static_cast<heif_orientation>(orientation);
  heif_image_handle* handle = nullptr;
  require(heif_context_encode_image(file, from, encoder.get(), options.get(), &handle),
          ec::encode_failed);
  return heif_handle{handle};
}

std::string_view text_of(const Magick::Blob& x) {
  return {static_cast<const char*>(x.data()), x.length()};
}

void add_metadata(heif_context* file, const heif_image_handle* to, const Magick::Image& image) {
  auto exif = image.profile("EXIF");
  if (auto block = without_exif_intro(text_of(exif)); !block.empty())
    require(heif_context_add_exif_metadata(file, to, block.data(), static_cast<int>(block.size())),
            ec::encode_failed);
  auto xmp = image.profile("XMP");
  if (auto packet = text_of(xmp); !packet.empty())
    require(heif_context_add_XMP_metadata(file, to, packet.data(), static_cast<int>(packet.size())),
            ec::encode_failed);
}

using bytes = std::vector<std::byte>;

heif_error append(heif_context*, const void* data, std::size_t size, void* into) {
  auto first = static_cast<const std::byte*>(data);
  static_cast<bytes*>(into)->insert(static_cast<bytes*>(into)->end(), first, first + size);
  return {heif_error_Ok, heif_suberror_Unspecified, ""};
}

} // namespace

encoded_image write_heif(Magick::Image& image, std::uint8_t quality) {
  auto file = new_heif_file();
  auto orientation = static_cast<int>(image.orientation());
  auto handle = encode(file.get(), new_picture(image).get(), quality, orientation);
  add_metadata(file.get(), handle.get(), image);
  auto out = std::make_shared<bytes>();
  heif_writer writer{.writer_api_version = 1, .write = append};
  require(heif_context_write(file.get(), &writer, out.get()), ec::encode_failed);
  return {.bytes = *out,
          .owner = out,
          .width = static_cast<std::uint32_t>(image.columns()),
          .height = static_cast<std::uint32_t>(image.rows()),
          .applied_quality = quality};
}

} // namespace convertd
