#include "imaging/avif_file.hpp"
#include "imaging/bmp_writer.hpp"
#include "imaging/coders.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/steps.hpp"
#include "imaging/tiff_file.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace convertd {

namespace {

/// zlib level 7, adaptive filters: what ImageMagick calls quality 75 for formats without loss.
constexpr std::size_t lossless_effort = 75;

/// libwebp takes 32 bytes a pixel in all; above this it would not fit into what codec_memory()
/// grants. Frugal it takes 22, in the same time.
constexpr std::size_t webp_frugal_pixels = 12'000'000;

bool holds_16_bits(image_format x) {
  return x == image_format::png || x == image_format::tiff;
}

/// The source's own choices (its quality, compression, interlacing) are not the target's.
void settle_format(work& x) {
  auto target = x.what.target;
  auto& image = x.image;
  image.magick(writer_of(target));
  image.depth(x.header.depth > 8 && holds_16_bits(target) ? 16 : 8);
  image.quality(knows_quality(target) ? x.what.quality : lossless_effort);
  image.interlaceType(Magick::NoInterlace);
  image.compressType(target == image_format::tiff ? Magick::ZipCompression
                                                  : Magick::UndefinedCompression);
  if (target == image_format::jpg)
    image.defineValue("jpeg", "sampling-factor", "2x2");
  if (target == image_format::png)
    image.defineValue("png", "exclude-chunk", "date,tIME");
  if (target == image_format::webp && x.what.quality < 100)
    image.defineValue("webp", "lossless", "false");
  if (target == image_format::webp && image.columns() * image.rows() > webp_frugal_pixels)
    image.defineValue("webp", "low-memory", "true");
}

/// The blob is ours alone and not yet seen by anyone.
std::span<std::uint8_t> writable(Magick::Blob& blob) {
  return {static_cast<std::uint8_t*>(const_cast<void*>(blob.data())), blob.length()};
}

/// Writes with ImageMagick. To memory, so that the only trouble with writing is room for it.
std::shared_ptr<const Magick::Blob> write_blob(work& x) {
  auto blob = std::make_shared<Magick::Blob>();
  try {
    settle_format(x);
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
  if (x.what.target == image_format::tiff)
    zero_tiff_gaps(writable(*blob));
  return blob;
}

} // namespace

bool knows_quality(image_format x) {
  return x == image_format::jpg || x == image_format::webp || x == image_format::avif;
}

encoded_image encode(work& x) {
  encoded_image out;
  out.width = static_cast<std::uint32_t>(x.image.columns());
  out.height = static_cast<std::uint32_t>(x.image.rows());
  if (x.what.target == image_format::avif)
    return write_avif(x.image, {.quality = x.what.quality, .depth = x.header.depth > 8 ? 10u : 8u});
  if (x.what.target == image_format::bmp) {
    auto bytes = std::make_shared<const std::vector<std::byte>>(write_bmp(x.image));
    out.bytes = *bytes;
    out.owner = bytes;
    return out;
  }
  auto blob = write_blob(x);
  out.bytes = {static_cast<const std::byte*>(blob->data()), blob->length()};
  out.owner = blob;
  if (knows_quality(x.what.target))
    out.applied_quality = x.what.quality;
  return out;
}

} // namespace convertd
