#include "imaging/avif_file.hpp"
#include "imaging/avif_library.hpp"
#include "imaging/bytes.hpp"
#include "imaging/exif.hpp"
#include "imaging/pixels.hpp"
#include "imaging/srgb_profile.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// Frames of a sequence that a table may name. We show one; the table itself takes memory.
constexpr std::uint32_t sequence_frames_max = 10'000;

/// Rows around a band that its colours are smoothed from; even, as halved planes need it.
constexpr std::uint32_t band_margin = 2;

avif_decoder new_decoder(std::uint32_t pixels_max) {
  auto x = owned(avif_decoder{avifDecoderCreate()});
  x->maxThreads = 1;
  x->imageSizeLimit = pixels_max;
  x->imageCountLimit = sequence_frames_max;
  x->strictFlags = AVIF_STRICT_DISABLED; // older writers left out what harms nobody
  return x;
}

avifResult parse(avifDecoder& x, bytes_view source) {
  auto first = reinterpret_cast<const std::uint8_t*>(source.data());
  auto set = avifDecoderSetIOMemory(&x, first, source.size());
  return set == AVIF_RESULT_OK ? avifDecoderParse(&x) : set;
}

void rename(std::vector<std::byte>& file, std::size_t at, std::string_view name) {
  std::ranges::copy(std::as_bytes(std::span{name}), file.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The same file as a still: without its tracks. libavif 0.11 gives up on a file with a track of
/// sound, though the picture to show is in no track. Nothing where there are none.
std::optional<std::vector<std::byte>> without_tracks(bytes_view source) {
  constexpr std::size_t head = 8; // size, name
  std::vector<std::byte> copy;
  for (std::size_t at = 0; source.size() - at >= head;) {
    auto size = std::size_t{big_endian(source, at, 4)};
    if (size < head || size > source.size() - at)
      break;
    if (text_of(source.subspan(at + 4, 4)) == "moov") {
      if (copy.empty())
        copy.assign(source.begin(), source.end());
      rename(copy, at + 4, "free");
    }
    at += size;
  }
  if (copy.empty() || text_of(bytes_view{copy}.subspan(4, 4)) != "ftyp")
    return std::nullopt;
  auto brands_end = std::size_t{big_endian(copy, 0, 4)};
  for (auto at = head; at + 4 <= brands_end; at += 4)
    if (text_of(bytes_view{copy}.subspan(at, 4)) == "avis")
      rename(copy, at, "mif1");
  return copy;
}

/// A parsed file, and its bytes where they are not the source's.
struct avif_source {
  std::vector<std::byte> copy = {};
  avif_decoder file = {};
};

avif_source open(bytes_view source, std::uint32_t pixels_max = AVIF_DEFAULT_IMAGE_SIZE_LIMIT) {
  avif_source x{.file = new_decoder(pixels_max)};
  auto result = parse(*x.file, source);
  if (result == AVIF_RESULT_OK)
    return x;
  if (std::string_view{x.file->diag.error}.find("too large") != std::string_view::npos)
    throw imaging_error(ec::too_large, "");
  if (auto still = without_tracks(source)) {
    x = {.copy = std::move(*still), .file = new_decoder(pixels_max)};
    result = parse(*x.file, x.copy);
  }
  require(result, ec::decode_failed);
  return x;
}

/// The part of the stored picture that is shown. A crop that makes no sense is none.
avifCropRect shown_part(const avifImage& x) {
  avifCropRect part{};
  avifDiagnostics ignored{};
  if ((x.transformFlags & AVIF_TRANSFORM_CLAP) != 0
      && avifCropRectConvertCleanApertureBox(&part, &x.clap, x.width, x.height, x.yuvFormat,
                                             &ignored)
           != AVIF_FALSE)
    return part;
  return {0, 0, x.width, x.height};
}

/// The EXIF orientation that says the same as the file's turn and mirror.
std::uint8_t turn_of(avifImage& x) {
  avif_turn turn{.quarters = 0, .mirror = -1};
  if ((x.transformFlags & AVIF_TRANSFORM_IROT) != 0)
    turn.quarters = x.irot.angle & 3;
  if ((x.transformFlags & AVIF_TRANSFORM_IMIR) != 0)
    turn.mirror = mirror_axis(x) & 1;
  if (turn.mirror >= 0 && turn.quarters >= 2) // a half turn is both mirrors
    turn = {static_cast<std::uint8_t>(turn.quarters - 2), 1 - turn.mirror};
  auto found = std::ranges::find(avif_turns, turn);
  return static_cast<std::uint8_t>(found - avif_turns.begin() + 1);
}

std::string_view text_of(const avifRWData& x) {
  return {reinterpret_cast<const char*>(x.data), x.size};
}

std::string_view text_of(const std::vector<std::uint8_t>& x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

void set_metadata(Magick::Image& image, const avifImage& x) {
  auto numbers = cicp_profile(x.colorPrimaries, x.transferCharacteristics);
  attach_profile(image, "ICC", x.icc.size != 0 ? text_of(x.icc) : text_of(numbers));
  attach_profile(image, "XMP", text_of(x.xmp));
  if (x.exif.size != 0)
    attach_profile(image, "EXIF", with_exif_intro(text_of(x.exif)));
}

void copy_pixels(Magick::Image& to, const avifImage& from) {
  rgb_band band{from, band_rows + 2 * band_margin};
  for (std::uint32_t y = 0; y < from.height; y += band_rows) {
    auto top = y == 0 ? 0 : y - band_margin;
    auto end = std::min(from.height, y + band_rows + band_margin);
    auto view = rows_of(from, top, end - top, ec::decode_failed);
    auto rgb = band.over(*view);
    require(avifImageYUVToRGB(view.get(), &rgb), ec::decode_failed);
    put_rows(to, y, std::min(band_rows, from.height - y), rgb.ignoreAlpha ? "RGBP" : "RGBA",
             band.storage(), band.row(y - top));
  }
}

/// The parts of a grid may stand out of the picture.
std::uint32_t decoded_pixels_max(const source_header& x) {
  constexpr std::uint64_t room = 1024;
  auto pixels = (x.width + room) * (x.height + room);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(pixels, AVIF_DEFAULT_IMAGE_SIZE_LIMIT));
}

} // namespace

source_header read_avif_header(bytes_view source) {
  auto [copy, file] = open(source);
  auto& image = *file->image;
  auto part = shown_part(image);
  source_header x{.format = image_format::avif,
                  .width = part.width,
                  .height = part.height,
                  .depth = image.depth,
                  .alpha = file->alphaPresent != AVIF_FALSE};
  if (turn_of(image) >= 5)
    std::swap(x.width, x.height);
  return x;
}

Magick::Image read_avif(bytes_view source, const source_header& header) {
  auto [copy, file] = open(source, decoded_pixels_max(header));
  require(avifDecoderNextImage(file.get()), ec::decode_failed);
  auto& from = *file->image;
  auto image = blank_image(from.width, from.height, from.alphaPlane != nullptr);
  image.depth(from.depth > 8 ? 16 : 8);
  copy_pixels(image, from);
  set_metadata(image, from);
  auto part = shown_part(from);
  auto turn = turn_of(from);
  file.reset(); // its planes are large
  if (part.width != image.columns() || part.height != image.rows())
    image.crop(Magick::Geometry(part.width, part.height, part.x, part.y));
  turn_upright(image, turn);
  if (image.columns() != header.width || image.rows() != header.height)
    throw imaging_error(ec::decode_failed, "");
  return image;
}

} // namespace convertd
