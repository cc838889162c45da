#include "http/upload_form.hpp"

#include "http/request_refused.hpp"
#include "http/text.hpp"
#include "job/name.hpp"

#include <span>
#include <utility>

namespace convertd {

namespace {

/// files, files[], files[12]
bool is_files_name(std::string_view name) {
  constexpr std::string_view stem = "files";
  if (!name.starts_with(stem))
    return false;
  auto rest = name.substr(stem.size());
  if (rest.empty())
    return true;
  if (!rest.starts_with('[') || !rest.ends_with(']') || rest.size() < 2)
    return false;
  auto number = rest.substr(1, rest.size() - 2);
  return number.empty() || parse_number(number).has_value();
}

} // namespace

upload_form::upload_form(const job_files& spool, const plan& limits, std::uint64_t storage_left)
  : limits_{&limits}, storage_left_{storage_left}, sources_{std::make_shared<upload>(spool)} {}

upload_form::kind upload_form::kind_of(const part_head& head) {
  into_ = is_files_name(head.name) ? &files_ : &alternatives_;
  if (is_files_name(head.name))
    return kind::file;
  if (head.name == "file")
    return files_.empty() ? kind::file : kind::ignored;
  return head.filename ? kind::ignored : kind::field;
}

void upload_form::begin_part(const part_head& head) {
  kind_ = kind_of(head);
  name_ = head.name;
  value_.clear();
  head_.clear();
  if (kind_ == kind::file)
    begin_file(head);
}

void upload_form::begin_file(const part_head& head) {
  named_ = head.filename && !head.filename->empty();
  into_->push_back(
    {.name = clean_name(head.filename.value_or("")), .offset = sources_->size(), .length = 0});
  if (hashes_)
    hash_.emplace();
}

void upload_form::part_bytes(std::string_view bytes) {
  if (kind_ == kind::file)
    file_bytes(bytes);
  else if (kind_ == kind::field)
    field_bytes(bytes);
}

void upload_form::file_bytes(std::string_view bytes) {
  auto& file = into_->back();
  file.length += bytes.size();
  head_ += bytes.substr(0, sniff_bytes - head_.size());
  if (limits_->file_bytes_max > 0 && file.length > limits_->file_bytes_max)
    throw request_refused{ec::file_too_large, "A file is larger than the plan allows."};
  if (sources_->size() + bytes.size() > storage_left_)
    throw request_refused{ec::storage_limit};
  if (hash_)
    hash_->add(bytes);
  if (!drops_)
    sources_->append(bytes);
}

void upload_form::field_bytes(std::string_view bytes) {
  bool array = is_array_field(name_);
  auto& total = array ? array_bytes_ : plain_bytes_;
  total += bytes.size();
  value_ += bytes;
  if (total > (array ? array_bytes_max : fields_bytes_max)
      || value_.size() > (array ? array_bytes_max : field_bytes_max))
    throw request_refused{ec::invalid_setting, "A field is too long.", name_};
}

void upload_form::end_part() {
  if (kind_ == kind::field && !value_.empty() && !name_.empty()) {
    fields_[name_] = std::move(value_);
  } else if (kind_ == kind::file) {
    end_file();
  }
}

void upload_form::end_file() {
  if (hash_)
    into_->back().sha256 = hash_->finish();
  hash_.reset();
  into_->back().format = sniff(std::as_bytes(std::span{head_}));
  if (!named_ && into_->back().length == 0)
    into_->pop_back(); // a form's file input that was left empty
  else if (limits_->files_per_batch_max > 0 && into_->size() > limits_->files_per_batch_max)
    throw request_refused{ec::too_many_files, "The plan allows "
                                                + std::to_string(limits_->files_per_batch_max)
                                                + " files per batch."};
}

} // namespace convertd
