#include "imaging/avif_file.hpp"
#include "imaging/bmp_writer.hpp"
#include "imaging/coders.hpp"
#include "imaging/effort.hpp"
#include "imaging/heif_file.hpp"
#include "imaging/ico_file.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/pdf_file.hpp"
#include "imaging/png_from_image.hpp"
#include "imaging/steps.hpp"
#include "imaging/tiff_file.hpp"
#include "imaging/webp_effort.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// What ImageMagick calls quality for formats without loss: zlib's level, then for PNG adaptive
/// filters.
std::size_t lossless_effort(image_format target) {
  constexpr std::size_t usual_level = 7, adaptive = 5;
  return (target == image_format::tiff ? effort().tiff_level : usual_level) * 10 + adaptive;
}

bool holds_16_bits(image_format x) {
  return x == image_format::png || x == image_format::tiff;
}

/// The source's own choices (its quality, compression, interlacing) are not the target's.
void settle_format(work& x, image_format target) {
  auto& image = x.image;
  image.magick(writer_of(target));
  image.depth(x.header.depth > 8 && holds_16_bits(x.what.target) ? 16 : 8);
  image.quality(knows_quality(target) ? x.what.quality : lossless_effort(target));
  image.interlaceType(Magick::NoInterlace);
  image.compressType(target == image_format::tiff ? Magick::ZipCompression
                                                  : Magick::UndefinedCompression);
  if (target == image_format::jpg)
    image.defineValue("jpeg", "sampling-factor", "2x2");
  if (target == image_format::png)
    image.defineValue("png", "exclude-chunk", "date,tIME");
  if (target == image_format::webp && x.what.quality < 100)
    image.defineValue("webp", "lossless", "false");
  if (target == image_format::webp) {
    auto pixels = std::uint64_t{image.columns()} * image.rows();
    image.defineValue("webp", "low-memory", is_webp_frugal(pixels) ? "true" : "false");
    image.defineValue("webp", "method", std::to_string(webp_method_for(pixels)));
  }
}

/// The blob is ours alone and not yet seen by anyone.
std::span<std::uint8_t> writable(Magick::Blob& blob) {
  return {static_cast<std::uint8_t*>(const_cast<void*>(blob.data())), blob.length()};
}

/// Writes with ImageMagick. To memory, so that the only trouble with writing is room for it.
std::shared_ptr<const Magick::Blob> write_blob(work& x, image_format target) {
  auto blob = std::make_shared<Magick::Blob>();
  try {
    settle_format(x, target);
    x.image.write(blob.get());
  } catch (const Magick::ErrorResourceLimit&) {
    throw;
  } catch (const Magick::ErrorCache&) {
    throw;
  } catch (const Magick::ErrorBlob&) {
    throw std::bad_alloc();
  } catch (const Magick::Warning&) { // what was written is whole
  } catch (const Magick::Exception&) {
    throw imaging_error(ec::encode_failed, "");
  }
  if (blob->length() == 0)
    throw imaging_error(ec::encode_failed, "");
  if (target == image_format::tiff)
    zero_tiff_gaps(writable(*blob));
  return blob;
}

bytes_view bytes_of(const Magick::Blob& x) {
  return {static_cast<const std::byte*>(x.data()), x.length()};
}

std::uint32_t width_of(const work& x) {
  return static_cast<std::uint32_t>(x.image.columns());
}

std::uint32_t height_of(const work& x) {
  return static_cast<std::uint32_t>(x.image.rows());
}

encoded_image result_of(work& x, bytes_view bytes, std::shared_ptr<const void> owner) {
  auto quality = knows_quality(x.what.target) ? x.what.quality : std::uint8_t{0};
  return {.bytes = bytes,
          .owner = std::move(owner),
          .width = width_of(x),
          .height = height_of(x),
          .applied_quality = quality};
}

encoded_image result_of(work& x, std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return result_of(x, *owner, owner);
}

encoded_image encode_with_magick(work& x) {
  auto blob = write_blob(x, x.what.target);
  return result_of(x, bytes_of(*blob), blob);
}

encoded_image encode_ico(work& x) {
  auto png = write_blob(x, image_format::png);
  return result_of(x, icon_around(bytes_of(*png), width_of(x), height_of(x)));
}

encoded_image encode_pdf(work& x) {
  auto jpeg = write_blob(x, image_format::jpg);
  return result_of(x, pdf_around(bytes_of(*jpeg), width_of(x), height_of(x)));
}

encoded_image encode_png(work& x) {
  if (!is_plain(x.image, x.header.depth, x.what.strip_metadata))
    return encode_with_magick(x);
  pixel_size size{width_of(x), height_of(x)};
  auto owner = std::make_shared<const std::vector<std::byte>>(write_plain_png(x.image));
  return {.bytes = *owner, .owner = owner, .width = size.width, .height = size.height};
}

} // namespace

bool knows_quality(image_format x) {
  return x == image_format::jpg || x == image_format::webp || x == image_format::avif
         || x == image_format::heif || x == image_format::pdf;
}

encoded_image encode(work& x) {
  switch (x.what.target) {
    case image_format::avif: {
      auto depth = x.header.depth > 8 ? 10u : 8u;
      return write_avif(x.image, {.quality = x.what.quality, .depth = depth});
    }
    case image_format::png: return encode_png(x);
    case image_format::heif: return write_heif(x.image, x.what.quality);
    case image_format::bmp: return result_of(x, write_bmp(x.image));
    case image_format::ico: return encode_ico(x);
    case image_format::pdf: return encode_pdf(x);
    default: return encode_with_magick(x);
  }
}

} // namespace convertd
