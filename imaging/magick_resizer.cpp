#include "imaging/magick_resizer.hpp"

namespace convertd {

void magick_resizer::resize(Magick::Image& image, pixel_size size) const {
  Magick::Geometry exact{size.width, size.height};
  exact.aspect(true); // both sides as given
  image.filterType(Magick::LanczosFilter);
  image.resize(exact);
}

} // namespace convertd
