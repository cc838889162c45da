#include "http/job_json.hpp"

#include "http/job_archive.hpp"
#include "job/image_format.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace convertd {

namespace {

void write_error(json_writer& out, const job_record& job) {
  out.key("errorMessage");
  if (job.state != job_state::failed)
    out.null();
  else if (!job.error_message.empty())
    out.value(job.error_message);
  else if (job.error != ec::none)
    out.value(sentence_of(job.error));
  else
    out.value("None of the files could be converted.");
}

/// Its size is counted anew each time; that takes a millisecond for 1,000 files.
void write_archive(json_writer& out, const job_record& job, const read_view& view,
                   const link_maker& links) {
  out.key("archive").begin_object().field("filename", archive_name(job));
  out.field("size", plan_archive(job, view).size);
  if (!job.erased)
    out.field("downloadUrl", links.signer.archive_url(links.base, job.id, links.now));
  out.end_object();
}

/// Milliseconds with three places.
std::string milliseconds_text(std::chrono::microseconds x) {
  constexpr unsigned thousand = 1'000;
  auto count = static_cast<std::uint64_t>(x.count());
  auto places = std::to_string(thousand + count % thousand);
  return std::to_string(count / thousand) + "." + places.substr(1);
}

void write_stages(json_writer& out, const file_record& file) {
  const auto& result = file.result;
  out.key("stages");
  if (!result.has_times()) {
    out.null();
    return;
  }
  out.begin_object();
  auto stage = [&](std::string_view name, std::chrono::microseconds time) {
    out.key(name).raw_number(milliseconds_text(time));
  };
  if (file.what.op == operation::compress) {
    stage("compressMs", result.stages.compress);
  } else {
    stage("decodeMs", result.stages.decode);
    stage("transformMs", result.stages.transform);
    stage("encodeMs", result.stages.encode);
  }
  stage("storeMs", result.store);
  out.end_object();
}

void write_completed(json_writer& out, const job_record& job, const file_record& file,
                     const link_maker& links) {
  const auto& result = file.result;
  out.field("filename", file.target_name).field("mimeType", facts_of(file.what.target).mime_type);
  out.field("originalSize", file.length).field("finalSize", result.size);
  out.field("savedPercent", saved_percent(file.length, result.size));
  out.field("width", result.width).field("height", result.height);
  out.field_or_null("appliedQuality", result.applied_quality != 0, result.applied_quality);
  out.field("storedFileId", to_text(result.id));
  if (result.erased)
    out.key("downloadUrl").null();
  else if (!job.erased)
    out.field("downloadUrl", links.signer.url(links.base, result.id, links.now));
}

} // namespace

void write_time(json_writer& out, std::string_view name, timestamp at) {
  out.field_or_null(name, at != timestamp{}, to_rfc3339(at));
}

void write_job_before_results(json_writer& out, const job_record& job) {
  out.field("jobId", to_text(job.id)).field("jobType", name_of(job.type));
  out.field("status", name_of(job.state)).field("totalFiles", job.files_total);
  out.field("completedFiles", job.files_completed).field("failedFiles", job.files_failed);
  out.field("progress", progress_percent(job));
  write_error(out, job);
}

void write_job_after_results(json_writer& out, const job_record& job, const job_spec& spec,
                             const read_view& view, const link_maker& links) {
  if (has_archive(job, spec))
    write_archive(out, job, view, links);
  write_time(out, "createdAt", job.created);
  write_time(out, "startedAt", job.started);
  write_time(out, "completedAt", job.completed);
  write_time(out, "expiresAt", job.expires);
  out.key("metadata").raw_object(spec.metadata.empty() ? std::string_view{"{}"} : spec.metadata);
}

void write_result(json_writer& out, const job_record& job, const file_record& file,
                  const link_maker& links) {
  out.begin_object().field("index", file.index).field("status", name_of(file.progress.state));
  if (file.progress.state == file_state::completed) {
    write_completed(out, job, file, links);
  } else {
    out.field("filename", file.source_name).field("errorCode", code_of(file.progress.error));
    out.field("errorMessage", error_text(file));
    if (!file.error_detail.empty())
      out.field("detail", file.error_detail);
  }
  write_time(out, "startedAt", file.started);
  if (file.progress.state == file_state::completed)
    write_stages(out, file);
  out.end_object();
}

unsigned saved_percent(std::uint64_t original, std::uint64_t final) {
  if (original == 0 || final >= original)
    return 0;
  auto saved = static_cast<double>(original - final) / static_cast<double>(original);
  return static_cast<unsigned>(100.0 * saved + 0.5);
}

} // namespace convertd
