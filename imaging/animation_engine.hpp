// The engine for pictures that play and go on playing: GIF and WebP to GIF and WebP.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

class animation_engine final : public engine {
public:
  std::string_view name() const override;
  bool takes(const source_header& header, bytes_view source, const conversion& what) const override;

  /// All frames, each in its turn through the steps of a still image.
  std::optional<encoded_image> convert(const source_header& header, bytes_view source,
                                       const conversion& what) const override;
};

} // namespace convertd
