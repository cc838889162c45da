// POST /api/convert and /api/compress: answered when the files are done. Nothing of it stays but
// what is to be saved.
//
// While it waits the request is parked and holds no thread: the bell rings for its id, and it is
// served again, by those who send downloads, since its answer may be as long as one.
#include "http/admission.hpp"
#include "http/handlers.hpp"
#include "http/job_form.hpp"
#include "http/problem.hpp"
#include "http/request_refused.hpp"
#include "http/sync_answer.hpp"
#include "http/upload_work.hpp"
#include "job/limits.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// A request whose files are with the actors. Little is kept of it: there may be a thousand.
struct sync_wait : request_work {
  std::unique_ptr<sync_ticket> ticket;   ///< If the client leaves, it goes with the connection.
  std::shared_ptr<const upload> sources; ///< Closed here, and not where actors would wait for it.
  steady_time until{};
  account_id account = 0;
  std::uint64_t storage_max = 0; ///< Of the account's plan.
  bool saves = false;
  quota_claim claim; ///< Spent with an answer of 200.
};

upload_work& upload_of(exchange& x, const services& with) {
  auto& kept = x.notes().work;
  if (!kept) {
    auto from = admit(x, with);
    from.storage_left = std::numeric_limits<std::uint64_t>::max(); // nothing of it is stored
    auto boundary = boundary_of(x.head().header("Content-Type").value_or(""));
    if (auto why = with.actors.sync_refusal())
      throw request_refused{*why};
    check_announced_length(x, with, from);
    auto claim = count_request(x, with, from.account, from.limits);
    auto work = std::make_unique<upload_work>(std::move(from), boundary, with);
    work->claim = std::move(claim);
    kept = std::move(work);
  }
  return static_cast<upload_work&>(*kept);
}

/// Hands the files over, and puts the wait in place of the upload.
void begin(exchange& x, const services& with, upload_work& upload, operation op) {
  auto form =
    read_sync_form(upload.form.fields(), upload.form.files().size(), op, with.options.boxes);
  sync_request what;
  what.id = mint<job_id>(wall_clock());
  what.account = upload.from.account;
  what.files = make_records(upload.form, form.each);
  what.sources = upload.form.sources();
  auto wait = std::make_unique<sync_wait>();
  wait->sources = what.sources;
  wait->until = std::chrono::steady_clock::now() + sync_time_max;
  wait->account = what.account;
  wait->storage_max = upload.from.limits.storage_bytes_max;
  wait->saves = form.saves;
  wait->claim = std::move(upload.claim);
  x.notes().work_id = what.id;
  x.watch_job(what.id, watch_for::end); // before it can ring
  auto begun = with.actors.begin(std::move(what));
  if (auto* why = std::get_if<failure>(&begun))
    throw request_refused{*why};
  wait->ticket = std::get<std::unique_ptr<sync_ticket>>(std::move(begun));
  x.park(wait->until);
  x.notes().work = std::move(wait);
}

std::vector<file_to_save> converted_files(const sync_result& what) {
  std::vector<file_to_save> out;
  for (std::size_t i = 0; i < what.files.size(); ++i) {
    const auto& file = what.files[i];
    if (file.progress.state != file_state::completed)
      continue;
    out.push_back({file.target_name, file.what.target, file.result.size, what.outputs[i].bytes,
                   what.outputs[i].file});
  }
  return out;
}

/// Makes the results stored files, when that was asked for: all that were converted, or none.
saved_results save_results(const sync_result& what, const sync_wait& wait, const services& with) {
  if (!wait.saves)
    return {};
  auto done = with.actors.save_files(wait.account, wait.storage_max, converted_files(what));
  if (auto* why = std::get_if<failure>(&done)) {
    if (why->code != ec::storage_limit && why->code != ec::storage_full)
      throw request_refused{*why};
    return {false, std::string{why->text()} + " The results are in this answer.", {}};
  }
  saved_results out{true, {}, {}};
  auto next = std::get<std::vector<file_id>>(done).begin();
  for (const auto& file : what.files)
    out.ids.push_back(file.progress.state == file_state::completed ? *next++ : file_id{});
  return out;
}

/// What every file failed with: 415 or 400, whatever the same code means for a whole request.
void answer_failed(exchange& x, const services& with, const file_record& first) {
  auto why = fail(first.progress.error, first.error_message);
  why.detail = first.error_detail;
  x.reply() = problem_answer(why, with.actors.retry_after());
  if (why.code == ec::timeout)
    x.reply().json(400, problem_json(why));
}

void answer_with(exchange& x, const services& with, sync_wait& wait,
                 std::shared_ptr<const sync_result> what) {
  if (what->why)
    throw request_refused{what->why};
  if (const auto* first = first_failed(*what))
    return answer_failed(x, with, *first);
  auto storage = save_results(*what, wait, with);
  wait.claim.spend();
  with.actors.count_request(wait.account, wait.claim.month());
  if (what->files.size() == 1 && wants_image(x.head().header("Accept").value_or(""))) {
    x.reply() = sync_image(std::move(what));
    return;
  }
  link_maker links{with.signer, base_url(with.options, x), wall_clock()};
  x.reply() = sync_json(std::move(what), storage, links);
}

void serve_waiting(exchange& x, const services& with, sync_wait& wait) {
  if (auto result = wait.ticket->take())
    return answer_with(x, with, wait, std::move(result));
  if (!x.last_call())
    return x.park(wait.until);
  auto stopping = with.actors.sync_refusal().value_or(failure{}).code == ec::shutting_down;
  throw request_refused{stopping ? ec::shutting_down : ec::timeout,
                        stopping ? ""
                                 : "The files were not done in time; send them to POST /api/jobs."};
}

template <operation Op>
void serve(exchange& x, const services& with) {
  if (auto* waiting = dynamic_cast<sync_wait*>(x.notes().work.get()))
    return serve_waiting(x, with, *waiting);
  auto& upload = upload_of(x, with);
  if (read_upload(x, upload))
    begin(x, with, upload, Op);
}

} // namespace

void convert_now(exchange& x, const services& with) {
  refuse_when_full(x, with, serve<operation::convert>);
}

void compress_now(exchange& x, const services& with) {
  refuse_when_full(x, with, serve<operation::compress>);
}

} // namespace convertd
