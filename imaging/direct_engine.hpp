// PNG and WebP to WebP, JPEG and PNG, with 8 bits a channel and alpha: by the formats' own
// libraries, from memory to memory.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

class direct_engine final : public engine {
public:
  std::string_view name() const override;
  bool takes(const source_header& header, bytes_view source, const conversion& what) const override;
  std::optional<encoded_image> convert(const source_header& header, bytes_view source,
                                       const conversion& what) const override;
};

} // namespace convertd
