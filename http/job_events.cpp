// GET /api/jobs/{id}/events: what happens to a job, as Server-Sent Events.
//
// `id:` is a change number up to which everything was sent, so a client that comes back with it in
// Last-Event-ID misses nothing. An event has no `id:` where that does not hold yet.
#include "http/handlers.hpp"
#include "http/job_access.hpp"
#include "http/job_json.hpp"
#include "http/text.hpp"
#include "job/test_hooks.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace convertd {

namespace {

constexpr std::string_view content_type = "text/event-stream";
constexpr std::uint32_t files_at_once = 8; ///< About live_piece_bytes.

/// With a fault hook: what would be if changes were numbered in memory.
std::uint64_t number_of(std::uint64_t change) {
  static std::atomic<std::uint64_t> numbered = 0;
  return fault_wanted("changes-in-memory") ? ++numbered : change;
}

class job_events : public live_answer {
public:
  /// `seen`: the client has everything up to this change number.
  job_events(const services& with, job_id id, std::uint64_t seen)
    : with_{with}, id_{id}, seen_{seen} {}

  more next(std::string& out) override {
    read_view view{with_.records};
    auto job = view.job(id_);
    if (!job)
      return more::never; // erased
    auto spec = view.spec(id_).value_or(job_spec{});
    seen_ = std::min(seen_, job->change); // a larger number is none of ours
    auto files = view.ended_after(id_, seen_, files_at_once);
    link_maker links{with_.signer, spec.base_url, wall_clock()};
    auto tell = [&](std::optional<std::uint64_t> change) {
      write_job(out, *job, spec, view, links, change);
    };
    if (!std::exchange(greeted_, true)) {
      auto up_to_date = files.empty() && !has_unlisted(*job);
      tell(up_to_date ? std::optional{job->change} : std::nullopt);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      auto whole = i + 1 == files.size() || files[i + 1].change != files[i].change;
      write_file(out, *job, files[i], links, whole);
    }
    if (files.size() >= files_at_once)
      return more::now;
    if (has_unlisted(*job) && !write_unlisted(out, *job, view, links))
      return more::now;
    seen_ = job->change;
    if (told_ != job->change)
      tell(job->change);
    return is_final(job->state) ? more::never : more::later;
  }

private:
  /// Files that had not ended when their job was cancelled end with it, and have no number of their
  /// own.
  bool has_unlisted(const job_record& job) const {
    return job.error == ec::cancelled && seen_ < job.change;
  }

  /// False if there are more of them.
  bool write_unlisted(std::string& out, const job_record& job, const read_view& view,
                      const link_maker& links) {
    auto files = view.files(id_, next_unlisted_, files_at_once);
    for (const auto& file : files) {
      next_unlisted_ = file.index + 1;
      if (!is_final(file.progress.state))
        write_file(out, job, as_shown(job, file), links, false);
    }
    return files.size() < files_at_once;
  }

  void write_file(std::string& out, const job_record& job, const file_record& file,
                  const link_maker& links, bool whole) {
    json_writer data;
    write_result(data, job, file, links);
    append(out, "file", whole ? std::optional{file.change} : std::nullopt, data.take());
    if (whole)
      seen_ = file.change;
  }

  void write_job(std::string& out, const job_record& job, const job_spec& spec,
                 const read_view& view, const link_maker& links,
                 std::optional<std::uint64_t> change) {
    json_writer data;
    data.begin_object();
    write_job_before_results(data, job);
    write_job_after_results(data, job, spec, view, links);
    append(out, "job", change, data.end_object().take());
    told_ = change.value_or(told_);
  }

  /// JSON as we write it has no line breaks, so one `data:` holds it.
  static void append(std::string& out, std::string_view event, std::optional<std::uint64_t> change,
                     std::string_view data) {
    out.append("event: ").append(event).append("\n");
    if (change)
      out.append("id: ").append(std::to_string(number_of(*change))).append("\n");
    out.append("data: ").append(data).append("\n\n");
  }

  services with_;
  job_id id_;
  std::uint64_t seen_;     ///< Everything up to this change number was sent.
  std::uint64_t told_ = 0; ///< The change number of the last `job` event that had one.
  std::uint32_t next_unlisted_ = 0;
  bool greeted_ = false;
};

} // namespace

void get_job_events(exchange& x, const services& with) {
  auto account = owner_of(x, with);
  auto id = job_id_of(x);
  if (x.head().method() == "HEAD") {
    x.reply().content_type = content_type;
    x.reply().header("Cache-Control", "no-store");
    return;
  }
  x.notes().account = account;
  x.watch_job(id, watch_for::every_change); // before the store is read
  auto seen = parse_number(x.head().header("Last-Event-ID").value_or("")).value_or(0);
  x.go_live(std::make_unique<job_events>(with, id, seen), content_type);
}

} // namespace convertd
