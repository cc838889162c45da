#include "actors/sync_desk.hpp"

#include <caf/send.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace convertd {

namespace {

/// Between the actor that has the result and the thread that fetches it.
class tray {
public:
  /// The first one counts.
  void put(sync_result what) {
    std::lock_guard lock{mutex_};
    if (!std::exchange(filled_, true))
      content_ = std::make_unique<sync_result>(std::move(what));
  }
  std::unique_ptr<sync_result> take() {
    std::lock_guard lock{mutex_};
    return std::move(content_);
  }
  bool filled() const {
    std::lock_guard lock{mutex_};
    return filled_;
  }

private:
  mutable std::mutex mutex_;
  bool filled_ = false;
  std::unique_ptr<sync_result> content_;
};

class ticket : public sync_ticket {
public:
  ticket(job_id id, std::uint64_t files, supervisor_actor supervisor,
         std::shared_ptr<queue_gauge> gauge, std::shared_ptr<tray> from)
    : id_{id},
      files_{files},
      supervisor_{std::move(supervisor)},
      gauge_{std::move(gauge)},
      tray_{std::move(from)} {}
  ~ticket() override {
    if (!tray_->filled())
      caf::anon_send(supervisor_, atom::forget_v, id_);
    gauge_->sync_files -= files_;
  }
  ticket(const ticket&) = delete;
  ticket& operator=(const ticket&) = delete;

  std::unique_ptr<sync_result> take() override {
    return tray_->take();
  }

private:
  job_id id_;
  std::uint64_t files_;
  supervisor_actor supervisor_;
  std::shared_ptr<queue_gauge> gauge_;
  std::shared_ptr<tray> tray_;
};

} // namespace

sync_desk::sync_desk(supervisor_actor supervisor, std::shared_ptr<queue_gauge> gauge,
                     sync_desk_options options)
  : supervisor_{std::move(supervisor)},
    gauge_{std::move(gauge)},
    options_{std::make_shared<const sync_desk_options>(std::move(options))} {}

std::optional<failure> sync_desk::refusal(std::uint64_t files) const {
  if (gauge_->sync_files + files > options_->files_max)
    return fail(ec::queue_full);
  return std::nullopt;
}

outcome<std::unique_ptr<sync_ticket>> sync_desk::begin(sync_request what) {
  auto files = what.files.size();
  if (files > options_->files_max)
    return fail(ec::too_many_files, "A synchronous request takes at most "
                                      + std::to_string(options_->files_max)
                                      + " files; send them to POST /api/jobs.");
  if (gauge_->sync_files.fetch_add(files) + files > options_->files_max) {
    gauge_->sync_files -= files;
    return fail(ec::queue_full);
  }
  auto id = what.id;
  auto into = std::make_shared<tray>();
  auto out = std::make_unique<ticket>(id, files, supervisor_, gauge_, into);
  auto order = std::make_shared<sync_order>();
  order->what = std::move(what);
  order->done = [into, id, options = options_](sync_result result) {
    into->put(std::move(result));
    if (options->done)
      options->done(id);
  };
  caf::anon_send(supervisor_, atom::submit_v, sync_order_ptr{std::move(order)});
  return std::unique_ptr<sync_ticket>{std::move(out)};
}

} // namespace convertd
