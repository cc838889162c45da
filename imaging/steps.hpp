// The steps of a conversion with Magick++, one file each. magick_engine.cpp has them in order.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/resizer.hpp"

#include <Magick++.h>

namespace convertd {

/// One conversion on its way through the steps.
struct work {
  Magick::Image image;
  const source_header& header;
  const conversion& what;
  const geometry plan; ///< In the axes of working_size().
  const resizer& resampler;
};

// read.cpp
source_header read_header(image_format format, bytes_view source);
/// Decodes the first frame; of a JPEG, no more pixels than the plan needs.
void read_pixels(work& x, bytes_view source);

// resize.cpp
void resample(work& x); ///< To plan.scaled, in stored axes: fewer pixels for all that follows.
void crop(work& x);     ///< To plan.cropped.
void shrink(work& x);   ///< To the size of an icon, where the target is one.
void pad(work& x);      ///< To plan.canvas: transparent where the target has alpha, else white.

// orient.cpp
void orient(work& x); ///< Turns the picture upright, if asked.

// colour.cpp
void to_srgb(work& x); ///< Through the embedded profile, which is dropped; 16 bits stay 16.

// flatten.cpp
void flatten(work& x); ///< Onto white, where the target has no alpha.

// metadata.cpp
void settle_metadata(work& x); ///< Strips all, or mends what no longer holds.

// encode.cpp
bool knows_quality(image_format x);
encoded_image encode(work& x);

} // namespace convertd
