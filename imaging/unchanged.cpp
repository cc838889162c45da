// The source's own image data as a result.
#include "imaging/avif_strip.hpp"
#include "imaging/compressor.hpp"
#include "imaging/gif_file.hpp"
#include "imaging/jpeg_segments.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/tiff_file.hpp"
#include "imaging/webp_metadata.hpp"

#include <string_view>
#include <utility>

namespace convertd {

namespace {

std::vector<std::byte> stripped(const source_header& header, bytes_view source) {
  switch (header.format) {
    case image_format::jpg: return strip_jpeg(source, header.orientation);
    case image_format::png: return strip_png(source, header.orientation);
    case image_format::webp: return strip_webp(source, header.orientation);
    case image_format::gif: return strip_gif(source);
    case image_format::tiff: return strip_tiff(source);
    case image_format::avif: return strip_avif(source);
    default: return {};
  }
}

bool holds_no_metadata(image_format x) {
  return x == image_format::bmp;
}

} // namespace

std::optional<encoded_image> unchanged(const source_header& header, bytes_view source,
                                       const conversion& what) {
  encoded_image like{.bytes = source, .owner = {}, .width = header.width, .height = header.height};
  if (!what.strip_metadata || holds_no_metadata(header.format))
    return like;
  auto bytes = stripped(header, source);
  if (bytes.empty() || bytes.size() > source.size())
    return std::nullopt;
  return owned_image(std::move(bytes), like);
}

encoded_image owned_image(std::vector<std::byte> bytes, encoded_image like) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  like.bytes = *owner;
  like.owner = owner;
  return like;
}

bool has_more_pictures(const source_header& header, bytes_view source) {
  switch (header.format) {
    case image_format::png: return is_animated_png(source);
    case image_format::tiff: return tiff_pages(source) != 1;
    case image_format::avif: {
      constexpr std::size_t brand = 8;
      std::string_view text{reinterpret_cast<const char*>(source.data()), source.size()};
      return text.substr(std::min(brand, text.size())).starts_with("avis");
    }
    default: return header.frames > 1;
  }
}

namespace {

class keeper : public compressor {
public:
  keeper(const source_header& header, bytes_view source, const conversion& what)
    : header_{header}, source_{source}, what_{what} {}

  std::optional<encoded_image> original() override {
    return unchanged(header_, source_, what_);
  }
  std::optional<encoded_image> lossless() override {
    return std::nullopt;
  }
  std::optional<encoded_image> lossy(double) override {
    return std::nullopt;
  }
  double lossless_share() const override {
    return 0;
  }

private:
  source_header header_;
  bytes_view source_;
  conversion what_;
};

} // namespace

std::unique_ptr<compressor> keep_pictures(const source_header& header, bytes_view source,
                                          const conversion& what) {
  return std::make_unique<keeper>(header, source, what);
}

} // namespace convertd
