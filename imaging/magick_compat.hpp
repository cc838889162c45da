// What ImageMagick 6 (Debian 12) and 7 (Debian 13) call by different names, and small helpers that
// need no configuration file: "white" as a name would read colors.xml.
#pragma once

#include <Magick++.h>

namespace convertd {

#if MagickLibVersion >= 0x700
inline bool has_alpha(const Magick::Image& image) {
  return image.alpha();
}
inline void set_alpha(Magick::Image& image, bool on) {
  image.alpha(on);
}
inline Magick::ColorRGB transparent() {
  return Magick::ColorRGB(1, 1, 1, 0);
}
#else
inline bool has_alpha(const Magick::Image& image) {
  return image.matte();
}
inline void set_alpha(Magick::Image& image, bool on) {
  image.matte(on);
}
inline Magick::ColorRGB transparent() {
  auto colour = Magick::ColorRGB(1, 1, 1);
  colour.alpha(1); // an opacity, turned round
  return colour;
}
#endif

inline Magick::ColorRGB white() {
  return Magick::ColorRGB(1, 1, 1);
}

/// Version 6 keeps what went wrong with the image and throws it again later.
inline void forget_error([[maybe_unused]] Magick::Image& image) {
#if MagickLibVersion < 0x700
  MagickCore::ClearMagickException(&image.image()->exception);
#endif
}

/// Forgets a virtual canvas (GIF, PNG offsets), so that no format writes one.
inline void drop_page(Magick::Image& image) {
  image.page(Magick::Geometry(0, 0, 0, 0));
}

} // namespace convertd
