#include "imaging/exif.hpp"
#include "imaging/heif_file.hpp"
#include "imaging/heif_library.hpp"
#include "imaging/pixels.hpp"
#include "imaging/srgb_profile.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

namespace {

/// Blocks of metadata that are larger are not for us to copy around.
constexpr std::size_t metadata_max = std::size_t{4} << 20;

struct heif_source {
  heif_file file;
  heif_handle image;
};

heif_source open(bytes_view source) {
  heif_source x{.file = new_heif_file(), .image = {}};
  require(
    heif_context_read_from_memory_without_copy(x.file.get(), source.data(), source.size(), nullptr),
    ec::decode_failed);
  heif_image_handle* handle = nullptr;
  require(heif_context_get_primary_image_handle(x.file.get(), &handle), ec::decode_failed);
  x.image.reset(handle);
  return x;
}

bool is_wide(const heif_image_handle* x) {
  return heif_image_handle_get_luma_bits_per_pixel(x) > 8;
}

bool has_transparency(const heif_image_handle* x) {
  return heif_image_handle_has_alpha_channel(x) != 0;
}

heif_picture decode(const heif_image_handle* from) {
  auto alpha = has_transparency(from);
  auto chroma =
    is_wide(from)
      ? (alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE)
      : (alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  heif_image* image = nullptr;
  require(heif_decode_image(from, &image, heif_colorspace_RGB, chroma, nullptr), ec::decode_failed);
  return heif_picture{image};
}

/// From 10 or 12 bits to all 16.
void widen(const std::uint8_t* row, std::vector<std::uint16_t>& into, std::uint32_t bits) {
  auto most = (1u << bits) - 1;
  for (auto& x : into) {
    auto value = std::min<std::uint32_t>(row[0] | row[1] << 8, most);
    x = static_cast<std::uint16_t>((value * 65535u + most / 2) / most);
    row += 2;
  }
}

void copy_pixels(Magick::Image& to, const heif_image& from, bool wide, bool alpha) {
  auto stride = 0;
  const auto* rows = heif_image_get_plane_readonly(&from, heif_channel_interleaved, &stride);
  if (rows == nullptr)
    throw imaging_error(ec::decode_failed, "");
  auto bits = heif_image_get_bits_per_pixel_range(&from, heif_channel_interleaved);
  std::vector<std::uint16_t> row(wide ? to.columns() * (alpha ? 4 : 3) : 0);
  const auto* order = alpha ? "RGBA" : "RGB";
  for (std::uint32_t y = 0; y < to.rows(); ++y, rows += stride) {
    if (wide)
      widen(rows, row, static_cast<std::uint32_t>(std::clamp(bits, 9, 16)));
    if (wide)
      put_rows(to, y, 1, order, Magick::ShortPixel, row.data());
    else
      put_rows(to, y, 1, order, Magick::CharPixel, rows);
  }
}

/// Empty where there is none, or one of unlikely size.
std::string metadata_of(const heif_image_handle* from, const char* type,
                        std::string_view content_type) {
  heif_item_id ids[8]{};
  auto count = heif_image_handle_get_list_of_metadata_block_IDs(from, type, ids, 8);
  for (int i = 0; i < std::min(count, 8); ++i) {
    if (content_type != heif_image_handle_get_metadata_content_type(from, ids[i]))
      continue;
    auto size = heif_image_handle_get_metadata_size(from, ids[i]);
    if (size == 0 || size > metadata_max)
      continue;
    std::string bytes(size, '\0');
    if (heif_image_handle_get_metadata(from, ids[i], bytes.data()).code == heif_error_Ok)
      return bytes;
  }
  return {};
}

/// Behind four bytes that say how far behind them it starts.
std::string exif_of(const heif_image_handle* from) {
  auto block = metadata_of(from, "Exif", "");
  if (block.size() < 4)
    return {};
  std::size_t skip = 0;
  for (int i = 0; i < 4; ++i)
    skip = skip << 8 | static_cast<std::uint8_t>(block[static_cast<std::size_t>(i)]);
  return skip < block.size() - 4 ? block.substr(4 + skip) : std::string{};
}

/// Of the numbers that stand in place of a profile.
std::string profile_of_numbers(const heif_image_handle* from) {
  heif_color_profile_nclx* found = nullptr;
  if (heif_image_handle_get_nclx_color_profile(from, &found).code != heif_error_Ok)
    return {};
  heif_colours numbers{found};
  auto profile = cicp_profile(static_cast<unsigned>(numbers->color_primaries),
                              static_cast<unsigned>(numbers->transfer_characteristics));
  return {profile.begin(), profile.end()};
}

std::string profile_of(const heif_image_handle* from) {
  auto type = heif_image_handle_get_color_profile_type(from);
  if (type == heif_color_profile_type_nclx)
    return profile_of_numbers(from);
  auto size = heif_image_handle_get_raw_color_profile_size(from);
  if ((type != heif_color_profile_type_prof && type != heif_color_profile_type_rICC) || size == 0
      || size > metadata_max)
    return {};
  std::string bytes(size, '\0');
  auto got = heif_image_handle_get_raw_color_profile(from, bytes.data());
  return got.code == heif_error_Ok ? bytes : std::string{};
}

void set_metadata(Magick::Image& image, const heif_image_handle* from) {
  attach_profile(image, "ICC", profile_of(from));
  attach_profile(image, "XMP", metadata_of(from, "mime", "application/rdf+xml"));
  if (auto exif = exif_of(from); !exif.empty())
    attach_profile(image, "EXIF", with_exif_intro(exif));
}

} // namespace

source_header read_heif_header(bytes_view source) {
  auto [file, image] = open(source);
  auto depth = heif_image_handle_get_luma_bits_per_pixel(image.get());
  return {
    .format = image_format::heif,
    .width = static_cast<std::uint32_t>(std::max(0, heif_image_handle_get_width(image.get()))),
    .height = static_cast<std::uint32_t>(std::max(0, heif_image_handle_get_height(image.get()))),
    .depth = static_cast<std::uint32_t>(std::clamp(depth, 1, 16)),
    .alpha = has_transparency(image.get())};
}

Magick::Image read_heif(bytes_view source, const source_header& header) {
  auto [file, handle] = open(source);
  auto from = decode(handle.get());
  auto width = heif_image_get_width(from.get(), heif_channel_interleaved);
  auto height = heif_image_get_height(from.get(), heif_channel_interleaved);
  if (width != static_cast<int>(header.width) || height != static_cast<int>(header.height))
    throw imaging_error(ec::decode_failed, "");
  auto wide = is_wide(handle.get());
  auto alpha = has_transparency(handle.get());
  auto image = blank_image(header.width, header.height, alpha);
  image.depth(wide ? 16 : 8);
  copy_pixels(image, *from, wide, alpha);
  set_metadata(image, handle.get());
  return image;
}

} // namespace convertd
