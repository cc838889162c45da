// Any form gives a conversion for each file, or a refusal that names its code.
#include "http/job_form.hpp"
#include "http/request_refused.hpp"
#include "job/conversion.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace convertd;

namespace {

/// Lines of "name=value".
form_fields fields_in(std::string_view text) {
  form_fields out;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto equals = std::min(line.find('='), line.size());
    auto value = line.substr(std::min(equals + 1, line.size()));
    if (!value.empty())
      out[std::string{line.substr(0, equals)}] = value;
  }
  return out;
}

} // namespace

FUZZ(input) {
  choices chosen{input};
  std::size_t files = chosen.byte() % 8;
  auto fields = fields_in(chosen.rest());
  for (std::string_view needed : {"format=webp", "saveToStorage=true"}) // else most end at once
    fields.try_emplace(std::string{needed.substr(0, needed.find('='))},
                       needed.substr(needed.find('=') + 1));
  try {
    auto form = read_job_form(fields, files, resize_boxes{});
    must(form.each.size() == files);
    for (const auto& each : form.each)
      must(each.quality >= 1 && each.quality <= 100);
    for (const auto& each : form.each)
      must(each.op == operation::compress || facts_of(each.target).write);
    for (const auto& each : form.each)
      must((each.mode == compress_mode::target_size) == (each.target_bytes != 0));
    must(form.metadata.empty() || (form.metadata.starts_with('{') && form.metadata.ends_with('}')));
  } catch (const request_refused& refusal) {
    must(refusal.why().code != ec::none && refusal.why().code != ec::internal);
  }
}
