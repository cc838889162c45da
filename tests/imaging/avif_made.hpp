// AVIF files as other programs write them: by libavif, with what ours never has.
#pragma once

#include "tests/support/pictures.hpp"

#include <gtest/gtest.h>

#include <avif/avif.h>
#include <functional>
#include <string>

namespace convertd {

struct avif_make {
  std::uint32_t depth = 8;
  avifPixelFormat format = AVIF_PIXEL_FORMAT_YUV444;
  std::uint32_t frames = 1;
  std::function<void(avifImage&)> change = [](avifImage&) {};
};

/// Nearly without loss.
inline std::string avif_made(const raster& x, const avif_make& how = {}) {
  auto* image = avifImageCreate(x.width, x.height, how.depth, how.format);
  how.change(*image);
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image);
  rgb.depth = 8;
  rgb.format = x.channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.pixels = const_cast<std::uint8_t*>(x.samples.data());
  rgb.rowBytes = x.width * x.channels;
  EXPECT_EQ(avifImageRGBToYUV(image, &rgb), AVIF_RESULT_OK);
  auto* encoder = avifEncoderCreate();
  encoder->speed = 10;
  encoder->maxQuantizer = 4;
  auto flags = how.frames == 1 ? AVIF_ADD_IMAGE_FLAG_SINGLE : AVIF_ADD_IMAGE_FLAG_NONE;
  for (std::uint32_t i = 0; i < how.frames; ++i)
    EXPECT_EQ(avifEncoderAddImage(encoder, image, 1, flags), AVIF_RESULT_OK);
  avifRWData out = AVIF_DATA_EMPTY;
  EXPECT_EQ(avifEncoderFinish(encoder, &out), AVIF_RESULT_OK);
  std::string file{reinterpret_cast<const char*>(out.data), out.size};
  avifRWDataFree(&out);
  avifEncoderDestroy(encoder);
  avifImageDestroy(image);
  return file;
}

} // namespace convertd
