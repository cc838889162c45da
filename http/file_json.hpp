// A stored file as JSON, docs/api.md.
#pragma once

#include "http/job_json.hpp"
#include "http/json.hpp"
#include "job/stored_file.hpp"

namespace convertd {

void write_file(json_writer& out, const stored_file& file, const link_maker& links);

/// {"file": {…}}
std::string file_json(const stored_file& file, const link_maker& links);

} // namespace convertd
