#include "actors/observer.hpp"

namespace convertd {

std::string_view name_of(file_outcome::kind x) {
  switch (x) {
    case file_outcome::kind::converted: return "converted";
    case file_outcome::kind::refused: return "refused";
    case file_outcome::kind::died: return "died";
    case file_outcome::kind::interrupted: return "interrupted";
    case file_outcome::kind::postponed: return "postponed";
  }
  return "unknown";
}

observer& observer::nobody() {
  static observer one;
  return one;
}

} // namespace convertd
