#include "imaging/magick_compat.hpp"
#include "imaging/steps.hpp"

namespace convertd {

void orient(work& x) {
  x.image.orientation(static_cast<Magick::OrientationType>(x.header.orientation));
  if (!x.what.auto_orient)
    return;
  x.image.autoOrient();
  x.image.orientation(Magick::TopLeftOrientation);
  drop_page(x.image);
}

} // namespace convertd
