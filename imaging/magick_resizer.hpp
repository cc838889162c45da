// Lanczos, 3 lobes, by Magick++.
#pragma once

#include "imaging/resizer.hpp"

namespace convertd {

class magick_resizer final : public resizer {
public:
  void resize(Magick::Image& image, pixel_size size) const override;
};

} // namespace convertd
