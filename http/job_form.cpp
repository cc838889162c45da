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

job_type read_job_type(std::string_view text) {
  auto type = text.empty() ? job_type::convert : parse_job_type(text);
  if (!type)
    throw request_refused{ec::invalid_setting, "jobType must be convert or compress.", "jobType"};
  return *type;
}

void refuse_not_offered(const form_fields& fields) {
  if (read_flag(value_of(fields, "createArchive"), "createArchive").value_or(false))
    throw request_refused{ec::invalid_setting, "Archives are not offered yet.", "createArchive"};
  if (!value_of(fields, "callbackUrl").empty())
    throw request_refused{ec::invalid_setting,
                          "Callbacks are not offered yet; ask for the job instead.", "callbackUrl"};
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

std::vector<conversion> read_conversions(const form_fields& fields, std::size_t files, operation op,
                                         const resize_boxes& boxes) {
  std::vector<conversion> out(files);
  for (auto& each : out)
    each.op = op;
  for (const auto& each : file_settings())
    if (op == operation::compress ? each.compress : each.convert)
      apply(each, fields, out);
  for (auto& each : out) {
    check_complete(each);
    fill_named_box(each, boxes);
  }
  return out;
}

job_form read_job_form(const form_fields& fields, std::size_t files, const resize_boxes& boxes) {
  if (files == 0 && !value_of(fields, "sourceUrl").empty())
    throw request_refused{ec::source_url_not_offered, {}, "sourceUrl"};
  auto type = read_job_type(value_of(fields, "jobType"));
  refuse_not_offered(fields);
  check_storage_and_priority(fields);
  if (files == 0)
    throw request_refused{ec::missing_field, "The request has no files.", "files"};
  job_form out;
  out.metadata = read_metadata(value_of(fields, "metadata"));
  out.type = type;
  auto op = type == job_type::compress ? operation::compress : operation::convert;
  out.each = read_conversions(fields, files, op, boxes);
  return out;
}

bool is_array_field(std::string_view name) {
  for (const auto& each : file_settings())
    if (!each.array.empty() && each.array == name)
      return true;
  return false;
}

} // namespace convertd
