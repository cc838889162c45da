#include "imaging/webp_picture.hpp"

#include "imaging/imaging_error.hpp"
#include "imaging/webp_effort.hpp"
#include "imaging/webp_encode.hpp"

#include <cstdint>
#include <new>
#include <utility>
#include <webp/decode.h>
#include <webp/encode.h>

namespace convertd {

namespace {

constexpr int lossless = 2; // of WebPBitstreamFeatures::format

[[noreturn]] void fail_decoding(VP8StatusCode why) {
  if (why == VP8_STATUS_OUT_OF_MEMORY)
    throw std::bad_alloc();
  throw imaging_error(ec::decode_failed, "");
}

} // namespace

struct webp_picture::impl {
  WebPDecoderConfig decoded;
  WebPPicture picture; ///< Over the decoder's memory; what it converts to is its own.
  WebPConfig config;

  impl() {
    if (WebPInitDecoderConfig(&decoded) == 0 || WebPPictureInit(&picture) == 0
        || WebPConfigInit(&config) == 0)
      throw imaging_error(ec::decode_failed, "");
  }
  ~impl() {
    WebPPictureFree(&picture);
    WebPFreeDecBuffer(&decoded.output);
  }

  void read(bytes_view source);
  void show_planes();
  encoded_image encode();
};

void webp_picture::impl::read(bytes_view source) {
  auto first = reinterpret_cast<const std::uint8_t*>(source.data());
  if (auto why = WebPGetFeatures(first, source.size(), &decoded.input); why != VP8_STATUS_OK)
    fail_decoding(why);
  decoded.output.colorspace = decoded.input.format == lossless ? MODE_BGRA : MODE_YUVA;
  if (auto why = WebPDecode(first, source.size(), &decoded); why != VP8_STATUS_OK)
    fail_decoding(why);
  picture.width = decoded.output.width;
  picture.height = decoded.output.height;
  show_planes();
}

void webp_picture::impl::show_planes() {
  if (decoded.input.format == lossless) {
    const auto& from = decoded.output.u.RGBA; // as 32-bit words of a little-endian machine: ARGB
    picture.argb = reinterpret_cast<std::uint32_t*>(from.rgba);
    picture.argb_stride = from.stride / 4;
    return;
  }
  const auto& from = decoded.output.u.YUVA;
  auto alpha = decoded.input.has_alpha != 0;
  picture.colorspace = alpha ? WEBP_YUV420A : WEBP_YUV420;
  picture.y = from.y;
  picture.u = from.u;
  picture.v = from.v;
  picture.y_stride = from.y_stride;
  picture.uv_stride = from.u_stride;
  picture.a = alpha ? from.a : nullptr;
  picture.a_stride = from.a_stride;
}

encoded_image webp_picture::impl::encode() {
  auto pixels = std::uint64_t(picture.width) * std::uint64_t(picture.height);
  config.low_memory = pixels > webp_frugal_pixels ? 1 : 0;
  return encode_webp(config, picture);
}

webp_picture::webp_picture(bytes_view source) : impl_{std::make_unique<impl>()} {
  impl_->read(source);
}

webp_picture::~webp_picture() = default;

bool webp_picture::is_lossless() const {
  return impl_->decoded.input.format == lossless;
}

encoded_image webp_picture::encode_lossy(double quality) {
  WebPConfigPreset(&impl_->config, WEBP_PRESET_DEFAULT, static_cast<float>(quality));
  impl_->picture.use_argb = impl_->picture.y == nullptr ? 1 : 0;
  return impl_->encode();
}

encoded_image webp_picture::encode_lossless() {
  constexpr int effort = 6; // of 9
  WebPConfigLosslessPreset(&impl_->config, effort);
  impl_->config.exact = 1; // colours under full transparency stay, too
  impl_->picture.use_argb = 1;
  return impl_->encode();
}

} // namespace convertd
