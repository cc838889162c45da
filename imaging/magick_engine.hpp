// The engine that takes everything: Magick++.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

class magick_engine final : public engine {
public:
  std::string_view name() const override;
  bool takes(const source_header& header, bytes_view source, const conversion& what) const override;
  std::optional<encoded_image> convert(const source_header& header, bytes_view source,
                                       const conversion& what) const override;
};

} // namespace convertd
