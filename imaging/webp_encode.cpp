#include "imaging/webp_encode.hpp"

#include "imaging/imaging_error.hpp"
#include "imaging/webp_effort.hpp"

#include <array>
#include <cmath>
#include <new>
#include <webp/encode.h>

namespace convertd {

namespace {

struct encoder {
  WebPPicture picture;
  WebPConfig config;

  encoder(std::uint32_t width, std::uint32_t height, std::uint8_t quality) {
    if (WebPPictureInit(&picture) == 0 || WebPConfigInit(&config) == 0)
      throw imaging_error(ec::encode_failed, "");
    picture.width = static_cast<int>(width);
    picture.height = static_cast<int>(height);
    config.quality = quality;
    config.lossless = quality == 100 ? 1 : 0;
    auto pixels = std::uint64_t{width} * height;
    config.low_memory = is_webp_frugal(pixels) ? 1 : 0;
    config.method = webp_method_for(pixels);
  }
  encoder(const encoder&) = delete;
  encoder& operator=(const encoder&) = delete;
  ~encoder() {
    WebPPictureFree(&picture);
  }

  encoded_image run(std::uint8_t quality) {
    auto result = encode_webp(config, picture);
    result.applied_quality = quality;
    return result;
  }
};

using value_map = std::array<std::uint8_t, 256>;

/// JPEG uses all values; WebP 16 to 235 for brightness, 16 to 240 for colour.
value_map narrowed(double centre, double to, double steps) {
  value_map out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] =
      static_cast<std::uint8_t>(std::lround(to + (static_cast<double>(i) - centre) * steps / 255));
  return out;
}

void apply(const value_map& map, plane<std::uint8_t>& x) {
  for (std::uint32_t y = 0; y < x.height; ++y) {
    auto* row = x.row(y);
    for (std::uint32_t i = 0; i < x.width; ++i)
      row[i] = map[row[i]];
  }
}

} // namespace

encoded_image encode_webp(const WebPConfig& config, WebPPicture& picture) {
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  auto done = WebPEncode(&config, &picture);
  std::shared_ptr<const void> owner{writer.mem, WebPFree};
  if (done == 0 && picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY)
    throw std::bad_alloc();
  if (done == 0)
    throw imaging_error(ec::encode_failed, "");
  return {.bytes = {reinterpret_cast<const std::byte*>(writer.mem), writer.size},
          .owner = std::move(owner),
          .width = static_cast<std::uint32_t>(picture.width),
          .height = static_cast<std::uint32_t>(picture.height)};
}

encoded_image write_webp(ycc_planes& x, std::uint8_t quality) {
  static const auto brightness = narrowed(0, 16, 219);
  static const auto colour = narrowed(128, 128, 224);
  for (std::size_t i = 0; i < x.planes.size(); ++i)
    apply(i == 0 ? brightness : colour, x.planes[i]);
  encoder to{x.width, x.height, quality};
  to.picture.use_argb = 0;
  to.picture.colorspace = WEBP_YUV420;
  to.picture.y = x.planes[0].row(0);
  to.picture.u = x.planes[1].row(0);
  to.picture.v = x.planes[2].row(0);
  to.picture.y_stride = static_cast<int>(x.planes[0].stride);
  to.picture.uv_stride = static_cast<int>(x.planes[1].stride);
  return to.run(quality);
}

encoded_image write_webp(const raster& x, std::uint8_t quality) {
  encoder to{x.width, x.height, quality};
  to.picture.use_argb = 1;
  auto take = x.channels == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB;
  if (take(&to.picture, x.samples.data(), static_cast<int>(x.width * x.channels)) == 0)
    throw std::bad_alloc();
  return to.run(quality);
}

} // namespace convertd
