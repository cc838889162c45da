#include "http/job_results.hpp"

#include "http/job_json.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// Writes a job's JSON piece by piece. Each piece looks at the store anew, so that a slow client
/// does not keep an old view of it alive; files are walked by index, so none comes twice or is
/// missed when others end meanwhile.
class job_stream {
public:
  job_stream(const services& with, job_record job, job_spec spec, link_maker links,
             results_range range)
    : with_{with},
      job_{std::move(job)},
      spec_{std::move(spec)},
      links_{std::move(links)},
      left_{range.limit},
      offset_{range.offset} {}

  /// Up to and with the first page of results.
  std::string begin(const read_view& view) {
    out_.begin_object();
    write_job_before_results(out_, job_);
    out_.key("results");
    if (job_.files_ended() == 0) {
      out_.null();
      ended_ = true;
    } else {
      out_.begin_array();
      auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(left_, results_page));
      write_page(view.ended_files(job_, static_cast<std::uint32_t>(offset_), size), size);
    }
    return out_.take();
  }

  /// The next page; empty when all was written.
  std::string next() {
    std::string piece;
    while (piece.empty() && !finished_) { // a page of files that have not ended says nothing
      if (ended_) {
        finish();
      } else {
        read_view view{with_.records};
        // Offsets count files that have ended, indexes count all: the walk goes on by index.
        write_page(view.files(job_.id, next_index_, results_page), results_page);
      }
      piece = out_.take();
    }
    return piece;
  }

  bool ended() const {
    return ended_;
  }

private:
  /// `asked`: a page with fewer files than that is the last.
  void write_page(const std::vector<file_record>& page, std::uint32_t asked) {
    for (const auto& each : page) {
      auto file = as_shown(job_, each);
      next_index_ = file.index + 1;
      if (!is_final(file.progress.state) || left_ == 0)
        continue;
      write_result(out_, job_, file, links_);
      --left_;
    }
    ended_ = page.size() < asked || left_ == 0 || next_index_ >= job_.files_total;
  }

  void finish() {
    if (job_.files_ended() > 0)
      out_.end_array();
    write_job_after_results(out_, job_, spec_, read_view{with_.records}, links_);
    out_.end_object();
    finished_ = true;
  }

  services with_;
  job_record job_;
  job_spec spec_;
  link_maker links_;
  std::uint64_t left_; ///< Results still to be written.
  std::uint64_t offset_;
  std::uint32_t next_index_ = 0;
  json_writer out_;
  bool ended_ = false;
  bool finished_ = false;
};

} // namespace

void answer_job(exchange& x, const services& with, const read_view& view, const job_record& job,
                results_range range) {
  link_maker links{with.signer, base_url(with.options, x), wall_clock()};
  auto spec = view.spec(job.id).value_or(job_spec{});
  auto stream = std::make_shared<job_stream>(with, job, std::move(spec), std::move(links), range);
  auto text = stream->begin(view);
  if (stream->ended()) {
    x.reply().json(200, text + stream->next());
    return;
  }
  x.reply().json(200, {});
  x.reply().source = [stream, first = std::move(text)](std::string& piece) mutable {
    piece = first.empty() ? stream->next() : std::exchange(first, {});
    return true;
  };
}

} // namespace convertd
