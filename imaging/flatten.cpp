#include "imaging/coders.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/steps.hpp"

namespace convertd {

void flatten(work& x) {
  if (writes_alpha(x.what.target) || !has_alpha(x.image))
    return;
  x.image.backgroundColor(white());
  x.image.alphaChannel(Magick::RemoveAlphaChannel);
  set_alpha(x.image, false);
}

} // namespace convertd
