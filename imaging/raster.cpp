#include "imaging/raster.hpp"

#include "imaging/lanczos_resizer.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/steps.hpp"

namespace convertd {

namespace {

source_header header_of(const raster& x, image_format format) {
  return {.format = format, .width = x.width, .height = x.height, .alpha = x.channels == 4};
}

const resizer& no_resizer() {
  static const lanczos_resizer unused;
  return unused;
}

} // namespace

encoded_image encode_raster(const raster& x, image_format format, std::uint8_t quality) {
  auto header = header_of(x, format);
  conversion what{.target = format, .quality = quality};
  work w{.image = {}, .header = header, .what = what, .plan = {}, .resampler = no_resizer()};
  w.image.read(x.width, x.height, x.channels == 4 ? "RGBA" : "RGB", Magick::CharPixel,
               x.samples.data());
  flatten(w);
  return encode(w);
}

raster decode_raster(image_format format, bytes_view source) {
  auto header = read_header(format, source);
  conversion what{.target = format, .auto_orient = false};
  auto plan = plan_geometry(what, {header.width, header.height});
  work w{.image = {}, .header = header, .what = what, .plan = plan, .resampler = no_resizer()};
  read_pixels(w, source);
  to_srgb(w);
  if (!has_alpha(w.image)) // some readers leave chance in it
    w.image.alphaChannel(Magick::OpaqueAlphaChannel);
  raster x{.width = static_cast<std::uint32_t>(w.image.columns()),
           .height = static_cast<std::uint32_t>(w.image.rows()),
           .channels = 4,
           .samples = {}};
  x.samples.resize(std::size_t{x.width} * x.height * x.channels);
  w.image.write(0, 0, x.width, x.height, "RGBA", Magick::CharPixel, x.samples.data());
  return x;
}

} // namespace convertd
