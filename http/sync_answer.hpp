// The answer to a synchronous request, docs/api.md: JSON with data URLs, or the bytes of one image.
// Either is sent straight from the descriptors of the results and never whole in memory.
#pragma once

#include "actors/commands.hpp"
#include "http/answer.hpp"
#include "http/job_json.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// Whether the results were stored, too.
struct saved_results {
  bool saved = false;
  std::string notice;       ///< Why not, if that was asked for; empty = null.
  std::vector<file_id> ids; ///< By index, if saved; that of a file that failed means nothing.
};

/// One image, if the client takes images and no JSON: `Accept: image/*`, without `*/*`.
bool wants_image(std::string_view accept);

/// The first file's error, if every file failed.
const file_record* first_failed(const sync_result& what);

/// `files` and `storage`; links for what was saved, data URLs else. At least one file was
/// converted.
answer sync_json(std::shared_ptr<const sync_result> what, const saved_results& storage,
                 const link_maker& links);

/// The bytes of the only file, which was converted.
answer sync_image(std::shared_ptr<const sync_result> what);

} // namespace convertd
