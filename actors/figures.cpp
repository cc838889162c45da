#include "actors/figures.hpp"

namespace convertd {

std::string_view name_of(codec_state x) {
  switch (x) {
    case codec_state::idle: return "idle";
    case codec_state::probing: return "probing";
    case codec_state::waiting: return "waiting";
    case codec_state::converting: return "converting";
  }
  return "unknown";
}

} // namespace convertd
