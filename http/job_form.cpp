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

void check_saves(const form_fields& fields) {
  auto saves = read_flag(value_of(fields, "saveToStorage"), "saveToStorage");
  if (!saves.value_or(false))
    throw request_refused{ec::invalid_setting,
                          "Jobs store their results: saveToStorage must be true.", "saveToStorage"};
}

job_priority read_priority(std::string_view text) {
  auto read = text.empty() ? job_priority::normal : parse_job_priority(text);
  if (!read)
    throw request_refused{ec::invalid_setting, "priority must be high, normal or low.", "priority"};
  return *read;
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

void refuse_source_url(const form_fields& fields, std::size_t files) {
  if (files == 0 && !value_of(fields, "sourceUrl").empty())
    throw request_refused{ec::source_url_not_offered, {}, "sourceUrl"};
}

void need_files(std::size_t files) {
  if (files == 0)
    throw request_refused{ec::missing_field, "The request has no files.", "files"};
}

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

} // namespace

job_form read_job_form(const form_fields& fields, std::size_t files, const resize_boxes& boxes) {
  refuse_source_url(fields, files);
  job_form out;
  out.type = read_job_type(value_of(fields, "jobType"));
  check_saves(fields);
  need_files(files);
  out.metadata = read_metadata(value_of(fields, "metadata"));
  out.create_archive =
    read_flag(value_of(fields, "createArchive"), "createArchive").value_or(false);
  out.priority = read_priority(value_of(fields, "priority"));
  out.callback = read_callback(fields);
  auto op = out.type == job_type::compress ? operation::compress : operation::convert;
  out.each = read_conversions(fields, files, op, boxes);
  return out;
}

sync_form read_sync_form(const form_fields& fields, std::size_t files, operation op,
                         const resize_boxes& boxes) {
  refuse_source_url(fields, files);
  need_files(files);
  sync_form out;
  out.saves = read_flag(value_of(fields, "saveToStorage"), "saveToStorage").value_or(false);
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
