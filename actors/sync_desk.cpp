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
  ticket(const sync_request& what, supervisor_actor supervisor, std::shared_ptr<sync_places> places,
         std::shared_ptr<tray> from)
    : id_{what.id},
      account_{what.account},
      files_{what.files.size()},
      supervisor_{std::move(supervisor)},
      places_{std::move(places)},
      tray_{std::move(from)} {}
  ~ticket() override {
    if (!tray_->filled())
      caf::anon_send(supervisor_, atom::forget_v, id_);
    places_->give_back(account_, files_);
  }
  ticket(const ticket&) = delete;
  ticket& operator=(const ticket&) = delete;

  std::unique_ptr<sync_result> take() override {
    return tray_->take();
  }

private:
  job_id id_;
  account_id account_;
  std::uint64_t files_;
  supervisor_actor supervisor_;
  std::shared_ptr<sync_places> places_;
  std::shared_ptr<tray> tray_;
};

} // namespace

bool sync_places::take(account_id account, std::uint64_t files) {
  std::lock_guard lock{mutex_};
  auto& mine = by_account_[account];
  auto room = gauge_->sync_files + files <= most_ && mine + files <= of_one_account(most_);
  if (room) {
    mine += files;
    gauge_->sync_files += files;
  }
  if (mine == 0)
    by_account_.erase(account);
  return room;
}

void sync_places::give_back(account_id account, std::uint64_t files) {
  std::lock_guard lock{mutex_};
  gauge_->sync_files -= files;
  if ((by_account_[account] -= files) == 0)
    by_account_.erase(account);
}

sync_desk::sync_desk(supervisor_actor supervisor, std::shared_ptr<queue_gauge> gauge,
                     sync_desk_options options)
  : supervisor_{std::move(supervisor)},
    gauge_{std::move(gauge)},
    options_{std::make_shared<const sync_desk_options>(std::move(options))},
    places_{std::make_shared<sync_places>(gauge_, options_->files_max)} {}

std::optional<failure> sync_desk::refusal(std::uint64_t files) const {
  if (gauge_->sync_files + files > options_->files_max)
    return fail(ec::queue_full);
  return std::nullopt;
}

outcome<std::unique_ptr<sync_ticket>> sync_desk::begin(sync_request what) {
  auto files = what.files.size();
  auto most = sync_places::of_one_account(options_->files_max);
  if (files > most)
    return fail(ec::too_many_files, "A synchronous request takes at most " + std::to_string(most)
                                      + " files; send them to POST /api/jobs.");
  if (!places_->take(what.account, files))
    return fail(ec::queue_full);
  auto id = what.id;
  auto into = std::make_shared<tray>();
  auto out = std::make_unique<ticket>(what, supervisor_, places_, into);
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
