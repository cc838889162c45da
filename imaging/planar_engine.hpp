// JPEG to JPEG and WebP on the planes that JPEG has. Nothing goes through RGB, no plane of colour
// is made larger only to be made small again, and the decoder leaves out what the result cannot
// show.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

class planar_engine final : public engine {
public:
  std::string_view name() const override;
  bool takes(const source_header& header, bytes_view source, const conversion& what) const override;
  std::optional<encoded_image> convert(const source_header& header, bytes_view source,
                                       const conversion& what) const override;
};

} // namespace convertd
