#include "imaging/avif_file.hpp"
#include "imaging/coders.hpp"
#include "imaging/exif.hpp"
#include "imaging/heif_file.hpp"
#include "imaging/ico_file.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/magick_core.hpp"
#include "imaging/pixels.hpp"
#include "imaging/plain_headers.hpp"
#include "imaging/planar_geometry.hpp"
#include "imaging/png_file.hpp"
#include "imaging/steps.hpp"
#include "imaging/webp_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

namespace {

using reader = decltype(&MagickCore::BlobToImage);

core_problem new_problem() {
  return core_problem{MagickCore::AcquireExceptionInfo()};
}

/// "PNG:" as a file name: the coder is given, and the bytes have no say in it.
core_options options_for(image_format format) {
  core_options options{MagickCore::CloneImageInfo(nullptr)};
  auto name = std::string{reader_of(format)} + ":";
  MagickCore::CopyMagickString(options->filename, name.c_str(), sizeof options->filename);
  auto problem = new_problem();
  MagickCore::SetImageInfo(options.get(), 1, problem.get());
  return options;
}

/// Warnings are none of ours: an image that is damaged and yields pixels is converted.
core_images read_list(const core_options& options, bytes_view source, reader how) {
  auto problem = new_problem();
  core_images images{how(options.get(), source.data(), source.size(), problem.get())};
  if (problem->severity >= MagickCore::ErrorException)
    Magick::throwException(problem.release()); // destroys it, too
  if (images == nullptr)
    throw imaging_error(ec::decode_failed, "");
  return images;
}

Magick::Image first_of(core_images images) {
  auto* all = images.release();
  auto* first = MagickCore::RemoveFirstImageFromList(&all);
  core_images rest{all};
  return Magick::Image{first};
}

void only_first_frame(const core_options& options) {
  options->scene = 0;
  options->number_scenes = 1;
}

std::uint8_t orientation_of(const Magick::Image& image, image_format format, bytes_view source) {
  if (format == image_format::png) {
    auto block = png_exif(source);
    return exif_orientation(std::as_bytes(std::span{block}));
  }
  auto value = static_cast<int>(image.orientation());
  return value >= 1 && value <= 8 ? static_cast<std::uint8_t>(value) : std::uint8_t{1};
}

/// The size of the picture: of a GIF the logical screen, which may be larger than the frame, or
/// wrong.
pixel_size canvas_of(const Magick::Image& image, image_format format) {
  pixel_size size{static_cast<std::uint32_t>(image.columns()),
                  static_cast<std::uint32_t>(image.rows())};
  if (format != image_format::gif)
    return size;
  auto page = image.page();
  auto side = [](std::size_t screen, std::ptrdiff_t at, std::uint32_t frame) {
    return std::max(static_cast<std::uint32_t>(screen), static_cast<std::uint32_t>(at) + frame);
  };
  return {side(page.width(), page.xOff(), size.width),
          side(page.height(), page.yOff(), size.height)};
}

/// An animation's first frame may be smaller than the picture: the rest is transparent.
void spread_on_canvas(work& x) {
  auto page = x.image.page();
  drop_page(x.image);
  if (!facts_of(x.header.format).animated
      || (x.image.columns() == x.header.width && x.image.rows() == x.header.height))
    return;
  if (!has_alpha(x.image))
    x.image.alphaChannel(Magick::OpaqueAlphaChannel);
  x.image.extent(Magick::Geometry(x.header.width, x.header.height, -page.xOff(), -page.yOff()),
                 transparent());
  drop_page(x.image);
}

/// ImageMagick 6 leaves a PNG file's EXIF block to libpng.
void keep_png_exif(Magick::Image& image, bytes_view source) {
  auto block = png_exif(source);
  if (block.empty() || image.profile("EXIF").length() != 0)
    return;
  attach_profile(image, "EXIF", with_exif_intro(block));
}

/// The decoder may leave out whole blocks of 2 to 8 pixels a side while enough is left.
void hint_size(const core_options& options, const work& x) {
  auto size = x.plan.scaled;
  if (x.what.auto_orient && lies_on_its_side(x.header))
    std::swap(size.width, size.height);
  if (size == pixel_size{x.header.width, x.header.height})
    return;
  auto enough = [](std::uint32_t side) {
    return std::to_string(static_cast<int>(std::ceil(side * least_left)));
  };
  auto text = enough(size.width) + "x" + enough(size.height);
  MagickCore::SetImageOption(options.get(), "jpeg:size", text.c_str());
}

/// What a decoder of version 6 has to say is kept with the image.
void throw_kept_error(Magick::Image& image) {
#if MagickLibVersion < 0x700
  auto problem = new_problem();
  MagickCore::GetImageException(image.image(), problem.get());
  if (problem->severity >= MagickCore::ErrorException)
    Magick::throwException(problem.release());
#endif
  forget_error(image);
}

source_header ping(image_format format, bytes_view source) {
  auto options = options_for(format);
  auto animated = facts_of(format).animated;
  if (!animated)
    only_first_frame(options);
  auto images = read_list(options, source, MagickCore::PingBlob);
  auto frames = MagickCore::GetImageListLength(images.get());
  auto image = first_of(std::move(images));
  auto size = canvas_of(image, format);
  auto covered = size.width == image.columns() && size.height == image.rows();
  return {.format = format,
          .width = size.width,
          .height = size.height,
          .frames = animated ? static_cast<std::uint32_t>(frames) : 1,
          .depth = static_cast<std::uint32_t>(std::clamp<std::size_t>(image.depth(), 1, 64)),
          .alpha = has_alpha(image) || !covered,
          .orientation = orientation_of(image, format, source)};
}

bool is_icon(image_format x) {
  return x == image_format::ico || x == image_format::cur;
}

void read_with_magick(work& x, bytes_view source) {
  std::optional<webp_frame> frame;
  std::vector<std::byte> icon;
  if (x.header.format == image_format::webp)
    frame = first_webp_frame(source);
  if (frame)
    source = frame->file;
  if (is_icon(x.header.format))
    source = icon = largest_icon(source);
  auto options = options_for(x.header.format);
  only_first_frame(options);
  if (x.header.format == image_format::jpg)
    hint_size(options, x);
  x.image = first_of(read_list(options, source, MagickCore::BlobToImage));
  throw_kept_error(x.image);
  x.image.quiet(true);
  if (x.image.columns() == 0 || x.image.rows() == 0)
    throw imaging_error(ec::decode_failed, "");
  if (frame)
    x.image.page(Magick::Geometry(x.header.width, x.header.height, frame->left, frame->top));
  spread_on_canvas(x);
  if (x.header.format == image_format::png)
    keep_png_exif(x.image, source);
}

} // namespace

source_header read_header(image_format format, bytes_view source) {
  auto or_ping = [&](const std::optional<source_header>& plain) {
    return plain ? *plain : ping(format, source);
  };
  switch (format) {
    case image_format::jpg: return or_ping(plain_jpeg_header(source));
    case image_format::png: return or_ping(plain_png_header(source));
    case image_format::webp: return read_webp_header(source);
    case image_format::avif: return read_avif_header(source);
    case image_format::heif: return read_heif_header(source);
    case image_format::ico:
    case image_format::cur: return ping(format, largest_icon(source));
    default: return ping(format, source);
  }
}

void read_pixels(work& x, bytes_view source) {
  switch (x.header.format) {
    case image_format::avif: x.image = read_avif(source, x.header); break;
    case image_format::heif: x.image = read_heif(source, x.header); break;
    default: read_with_magick(x, source);
  }
}

} // namespace convertd
