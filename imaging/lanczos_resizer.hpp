// The one resizer, for images that are in ImageMagick's hands.
#pragma once

#include "imaging/resizer.hpp"

namespace convertd {

/// Lanczos, 3 lobes. With 8 bits a channel where the image has no more, else with 16.
class lanczos_resizer final : public resizer {
public:
  void resize(Magick::Image& image, pixel_size size) const override;
};

} // namespace convertd
