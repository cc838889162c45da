// The settings of docs/api.md section 2: from form fields to conversions. Nothing of HTTP in here.
#pragma once

#include "job/conversion.hpp"
#include "job/job.hpp"
#include "job/webhook.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// The fields of a form that are not files, by name; empty ones are not in it.
using form_fields = std::map<std::string, std::string, std::less<>>;

/// What a form asks for.
struct job_form {
  job_type type = job_type::convert;
  std::string metadata; ///< A JSON object without white space; empty = none.
  bool create_archive = false;
  job_priority priority = job_priority::normal;
  std::optional<callback_record> callback; ///< Its URL is not checked yet.
  std::vector<conversion> each;            ///< One for each uploaded file.
};

/// Throws request_refused with the field at fault; see also settle_for_source().
job_form read_job_form(const form_fields& fields, std::size_t files, const resize_boxes& boxes);

/// What a form of a synchronous route asks for.
struct sync_form {
  bool saves = false;           ///< The results should be stored, too.
  std::vector<conversion> each; ///< One for each uploaded file.
};

/// The same; fields that only jobs know are ignored.
sync_form read_sync_form(const form_fields& fields, std::size_t files, operation op,
                         const resize_boxes& boxes);

/// True for the fields that hold one value per file, which may be long.
bool is_array_field(std::string_view name);

} // namespace convertd
