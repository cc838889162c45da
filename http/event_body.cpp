#include "http/event_body.hpp"

#include "http/job_json.hpp"
#include "http/webhook_json.hpp"

#include <chrono>
#include <vector>

namespace convertd {

namespace {

bool is_about_file(event_kind x) {
  return x == event_kind::progress || x == event_kind::source_stored
         || x == event_kind::output_stored;
}

bool is_end(event_kind x) {
  return x == event_kind::completed || x == event_kind::failed;
}

/// A source has no id to be fetched by: it is the client's own.
void write_source(json_writer& out, const file_record& file) {
  out.begin_object().field("index", file.index).field("filename", file.source_name);
  out.field("sizeBytes", file.length).end_object();
}

void write_file(json_writer& out, const delivery_record& x, const job_record& job,
                const file_record& file, const link_maker& links) {
  bool source = x.kind == event_kind::source_stored;
  bool named = !source && file.progress.state == file_state::completed;
  out.field("filename", named ? file.target_name : file.source_name).key("file");
  if (source)
    write_source(out, file);
  else
    write_result(out, job, file, links);
}

void write_results(json_writer& out, const job_record& job, const std::vector<file_record>& files,
                   const link_maker& links) {
  for (const auto& file : files)
    if (file.progress.state == file_state::completed) {
      out.field("filename", file.target_name);
      break;
    }
  out.key("results").begin_array();
  for (const auto& file : files)
    write_result(out, job, file, links);
  out.end_array();
  if (job.files_ended() > files.size())
    out.field("resultsTruncated", true);
}

void write_job(json_writer& out, const job_record& job, const job_spec& spec, const read_view& view,
               const link_maker& links) {
  out.key("job").begin_object();
  write_job_before_results(out, job);
  write_job_after_results(out, job, spec, view, links);
  out.end_object();
}

} // namespace

std::string event_writer::body(const delivery_record& x, timestamp now) const {
  read_view view{*records_};
  json_writer out;
  auto created = std::chrono::floor<std::chrono::seconds>(x.created.time_since_epoch()).count();
  out.begin_object().field("id", event_text(x.event)).field("type", type_of(x.kind));
  out.field("created", created).key("data").begin_object().field("jobId", to_text(x.job));
  if (auto job = view.job(x.job)) {
    auto spec = view.spec(x.job).value_or(job_spec{});
    link_maker links{signer_, spec.base_url, now};
    if (is_end(x.kind))
      write_results(out, *job, view.ended_files(*job, 0, results_in_event_max), links);
    auto file = is_about_file(x.kind) ? view.file(x.job, x.file) : std::nullopt;
    if (file)
      write_file(out, x, *job, *file, links);
    write_job(out, *job, spec, view, links);
  }
  return out.end_object().end_object().take();
}

} // namespace convertd
