// Resampling, behind an interface: it is most of the time of most conversions.
#pragma once

#include "job/geometry.hpp"

#include <Magick++.h>

namespace convertd {

class resizer {
public:
  virtual ~resizer() = default;

  /// Resamples the whole image to exactly `size`, alpha weighted.
  virtual void resize(Magick::Image& image, pixel_size size) const = 0;
};

} // namespace convertd
