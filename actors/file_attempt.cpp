#include "actors/file_attempt.hpp"

namespace convertd {

void end_attempt(file_record& file, const file_outcome& outcome) {
  switch (outcome.what) {
    case file_outcome::kind::converted:
      file.progress = converted(file.progress);
      file.result = outcome.result;
      break;
    case file_outcome::kind::refused:
      file.progress = refused(file.progress, outcome.why.code);
      break;
    case file_outcome::kind::died: file.progress = died(file.progress, outcome.why.code); break;
    case file_outcome::kind::interrupted: file.progress = interrupted(file.progress); break;
    case file_outcome::kind::postponed: return;
  }
  if (file.progress.state == file_state::failed && file.progress.error == outcome.why.code) {
    file.error_message = outcome.why.message;
    file.error_detail = outcome.why.detail;
  }
}

} // namespace convertd
