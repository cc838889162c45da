#include "http/job_form.hpp"

#include "http/file_settings.hpp"
#include "http/json_in.hpp"
#include "http/request_refused.hpp"
#include "job/limits.hpp"

namespace convertd {

namespace {

std::string_view value_of(const form_fields& fields, std::string_view name) {
  auto found = fields.find(name);
  return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

void refuse_not_offered(const form_fields& fields) {
  auto type = value_of(fields, "jobType");
  if (!type.empty() && !parse_job_type(type))
    throw request_refused{ec::invalid_setting, "jobType must be convert.", "jobType"};
  if (!type.empty() && *parse_job_type(type) != job_type::convert)
    throw request_refused{ec::invalid_setting,
                          "Compress jobs are not offered yet; jobType may be convert.", "jobType"};
  if (read_flag(value_of(fields, "createArchive"), "createArchive").value_or(false))
    throw request_refused{ec::invalid_setting, "Archives are not offered yet.", "createArchive"};
}

void check_storage_and_priority(const form_fields& fields) {
  auto saves = read_flag(value_of(fields, "saveToStorage"), "saveToStorage");
  if (!saves.value_or(false))
    throw request_refused{ec::invalid_setting,
                          "Jobs store their results: saveToStorage must be true.", "saveToStorage"};
  auto priority = value_of(fields, "priority");
  if (!priority.empty() && priority != "high" && priority != "normal" && priority != "low")
    throw request_refused{ec::invalid_setting, "priority must be high, normal or low.", "priority"};
}

std::optional<callback_record> read_callback(const form_fields& fields) {
  callback_record out{std::string{value_of(fields, "callbackUrl")},
                      std::string{value_of(fields, "callbackSecret")}};
  if (out.secret.size() > callback_secret_bytes_max)
    throw request_refused{ec::invalid_setting, "callbackSecret is longer than 255 bytes.",
                          "callbackSecret"};
  if (out.url.empty() && !out.secret.empty())
    throw request_refused{ec::missing_field, "callbackSecret needs a callbackUrl.", "callbackUrl"};
  return out.url.empty() ? std::nullopt : std::optional{std::move(out)};
}

std::string read_metadata(std::string_view text) {
  if (text.empty())
    return {};
  if (text.size() > metadata_bytes_max)
    throw request_refused{ec::invalid_setting, "metadata is longer than 4 KiB.", "metadata"};
  return compact_json_object(text, "metadata");
}

void apply(const setting& what, const form_fields& fields, std::vector<conversion>& each) {
  if (auto text = value_of(fields, what.array); !what.array.empty() && !text.empty()) {
    auto values = json_array_as_text(text, what.array);
    if (values.size() != each.size())
      throw request_refused{ec::array_length,
                            std::string{what.array} + " must have one value per uploaded file.",
                            std::string{what.array}};
    for (std::size_t i = 0; i < each.size(); ++i)
      what.apply(each[i], values[i], what.array);
  } else if (auto value = value_of(fields, what.name); !value.empty()) {
    for (auto& conversion : each)
      what.apply(conversion, value, what.name);
  }
}

} // namespace

job_form read_job_form(const form_fields& fields, std::size_t files, const resize_boxes& boxes) {
  if (files == 0 && !value_of(fields, "sourceUrl").empty())
    throw request_refused{ec::source_url_not_offered, {}, "sourceUrl"};
  refuse_not_offered(fields);
  check_storage_and_priority(fields);
  if (files == 0)
    throw request_refused{ec::missing_field, "The request has no files.", "files"};
  job_form out;
  out.metadata = read_metadata(value_of(fields, "metadata"));
  out.callback = read_callback(fields);
  out.each.resize(files);
  for (const auto& each : file_settings())
    apply(each, fields, out.each);
  for (auto& each : out.each) {
    check_complete(each);
    fill_named_box(each, boxes);
  }
  return out;
}

bool is_array_field(std::string_view name) {
  for (const auto& each : file_settings())
    if (!each.array.empty() && each.array == name)
      return true;
  return false;
}

} // namespace convertd
