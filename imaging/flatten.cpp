#include "imaging/magick_compat.hpp"
#include "imaging/steps.hpp"

namespace convertd {

void flatten(work& x) {
  if (facts_of(x.what.target).alpha || !has_alpha(x.image))
    return;
  x.image.backgroundColor(white());
  x.image.alphaChannel(Magick::RemoveAlphaChannel);
  set_alpha(x.image, false);
}

} // namespace convertd
