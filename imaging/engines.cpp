#include "imaging/engines.hpp"

#include "imaging/animation_engine.hpp"
#include "imaging/direct_engine.hpp"
#include "imaging/magick_engine.hpp"
#include "imaging/planar_engine.hpp"

#include <array>

namespace convertd {

std::span<const engine* const> engines() {
  static const animation_engine animation;
  static const planar_engine planar;
  static const direct_engine direct;
  static const magick_engine magick;
  static const std::array<const engine*, 4> all{&animation, &planar, &direct, &magick};
  return all;
}

} // namespace convertd
