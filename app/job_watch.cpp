#include "app/job_watch.hpp"

#include "app/json_read.hpp"
#include "app/remote.hpp"

#include <chrono>
#include <ostream>
#include <thread>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr auto give_up_after = 30s;
constexpr auto try_again_after = 500ms;
constexpr unsigned bar_width = 30;

bool is_final_status(const std::string& x) {
  return x == "completed" || x == "failed";
}

void take_job(const std::string& data, watched_job& to, progress_line& progress) {
  simdjson::dom::parser parser;
  simdjson::dom::element job;
  if (parser.parse(data).get(job) != simdjson::SUCCESS)
    return;
  to.status = json_text(job, "status");
  to.files = json_count(job, "totalFiles");
  to.completed = json_count(job, "completedFiles");
  to.failed = json_count(job, "failedFiles");
  to.error = json_text(job, "errorMessage");
  auto text = std::to_string(to.completed + to.failed) + " of " + std::to_string(to.files)
              + " files" + (to.failed == 0 ? "" : ", " + std::to_string(to.failed) + " failed");
  progress.show(static_cast<unsigned>(json_count(job, "progress")), text);
}

} // namespace

progress_line::~progress_line() {
  clear();
}

void progress_line::show(unsigned percent, const std::string& text) {
  if (!terminal_)
    return;
  auto done = bar_width * percent / 100;
  clear();
  shown_ = "[" + std::string(done, '#') + std::string(bar_width - done, '-') + "] "
           + std::to_string(percent) + " %  " + text;
  *to_ << shown_ << std::flush;
}

void progress_line::line(const std::string& text) {
  auto kept = shown_;
  clear();
  *to_ << text << "\n";
  if (terminal_ && !kept.empty())
    *to_ << (shown_ = kept);
  to_->flush();
}

void progress_line::clear() {
  if (!shown_.empty())
    *to_ << "\r\033[K" << std::flush; // erase to the end of the line (ECMA-48)
  shown_.clear();
}

std::string file_line(const std::string& result_json) {
  simdjson::dom::parser parser;
  simdjson::dom::element x;
  if (parser.parse(result_json).get(x) != simdjson::SUCCESS)
    return "";
  if (json_text(x, "status") == "failed")
    return json_text(x, "filename") + ": failed: " + json_text(x, "errorMessage");
  return json_text(x, "filename") + ": " + std::to_string(json_count(x, "originalSize")) + " -> "
         + std::to_string(json_count(x, "finalSize")) + " bytes";
}

watched_job follow_job(api_client& client, const std::string& id, progress_line& progress) {
  watched_job job;
  std::string after;
  auto last_seen = std::chrono::steady_clock::now();
  auto take = [&](const api_event& x) {
    last_seen = std::chrono::steady_clock::now();
    if (!x.id.empty())
      after = x.id;
    if (x.name == "file")
      progress.line(file_line(x.data));
    if (x.name == "job")
      take_job(x.data, job, progress);
    return true;
  };
  while (!is_final_status(job.status)) {
    try {
      succeeded(client.events("/api/jobs/" + id + "/events", after, take));
    } catch (const unreachable&) {
      if (std::chrono::steady_clock::now() - last_seen > give_up_after)
        throw;
      std::this_thread::sleep_for(try_again_after);
    }
  }
  return job;
}

} // namespace convertd
