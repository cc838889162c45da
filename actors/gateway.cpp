#include "actors/gateway.hpp"

#include "storage/room.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <sys/statvfs.h>
#include <utility>

namespace convertd {

namespace {

constexpr unsigned retry_after_max = 3'600; // seconds
constexpr unsigned retry_after_unknown = 5;
constexpr std::chrono::seconds figures_within{5};

/// What is free inside the store counts as free: its file never shrinks.
bool above_high_water(const std::filesystem::path& data, unsigned percent, const store& records) {
  struct statvfs disk {};
  if (::statvfs(data.c_str(), &disk) != 0 || disk.f_blocks == 0)
    return false;
  auto used = disk.f_blocks - disk.f_bfree;
  auto most = (used + disk.f_bavail) * percent / 100;
  return used > most && used - std::min(used, bytes_free(records) / disk.f_frsize) > most;
}

} // namespace

gateway::gateway(caf::actor_system& system, supervisor_actor supervisor,
                 std::shared_ptr<queue_gauge> gauge, gateway_options options)
  : system_{system},
    supervisor_{std::move(supervisor)},
    gauge_{gauge},
    options_{std::move(options)},
    keeper_{*options_.records, *options_.saved, *options_.files,
            [this](auto what) { return write(std::move(what)).value_or(failure{}); }},
    desk_{supervisor_, std::move(gauge), options_.sync} {}

std::optional<failure> gateway::refusal(std::uint64_t files) const {
  if (gauge_->draining)
    return fail(ec::shutting_down);
  if (gauge_->files + files > options_.queue_files_max)
    return fail(ec::queue_full);
  if (files > 0 && disk_is_full())
    return fail(ec::storage_full);
  return std::nullopt;
}

/// What does not fit into memory goes to the disk for a while.
std::optional<failure> gateway::sync_refusal() const {
  if (gauge_->draining)
    return fail(ec::shutting_down);
  if (disk_is_full())
    return fail(ec::storage_full);
  return desk_.refusal(1);
}

bool gateway::disk_is_full() const {
  return is_above(*options_.records, options_.disk_high_water_percent)
         || above_high_water(options_.data_directory, options_.disk_high_water_percent,
                             *options_.records);
}

std::vector<std::string_view> gateway::not_ready() const {
  std::vector<std::string_view> reasons;
  if (gauge_->draining)
    reasons.push_back(code_of(ec::shutting_down));
  if (options_.codecs_run && !options_.codecs_run())
    reasons.emplace_back("no_codec_process");
  return reasons;
}

std::optional<server_figures> gateway::figures() const {
  caf::scoped_actor self{system_};
  std::optional<server_figures> result;
  self->request(supervisor_, figures_within, atom::look_v)
    .receive([&](server_figures& x) { result = std::move(x); }, [](const caf::error&) {});
  struct statvfs disk {};
  if (result && ::statvfs(options_.data_directory.c_str(), &disk) == 0) {
    result->disk_bytes = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    result->disk_free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  return result;
}

void gateway::count_request(account_id account, month_number month) {
  caf::anon_send(supervisor_, atom::count_v, account, month);
}

/// The time in which a twentieth of the queue ends, at the rate of late.
unsigned gateway::retry_after() const {
  auto rate = gauge_->files_per_hour.load();
  if (rate == 0) // nothing has ended yet
    return retry_after_unknown;
  auto seconds = (gauge_->files + gauge_->sync_files) * 3'600 / rate / 20;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(seconds, 1, retry_after_max));
}

void gateway::submit(submission what, std::function<void(const failure&)> settled) {
  auto id = what.job.id;
  auto order = std::make_shared<submit_order>();
  order->what = std::move(what);
  order->settled = [id, settled = std::move(settled), ring = options_.ring](const auto& why) {
    settled(why);
    if (ring)
      ring(id);
  };
  caf::anon_send(supervisor_, atom::submit_v, submit_order_ptr{std::move(order)});
}

outcome<std::unique_ptr<sync_ticket>> gateway::begin(sync_request what) {
  return desk_.begin(std::move(what));
}

std::optional<failure> gateway::erase_job_files(account_id account, job_id id) {
  caf::scoped_actor self{system_};
  std::optional<failure> result = fail(ec::internal);
  self->request(supervisor_, options_.answer_within, atom::erase_v, account, id)
    .receive([&](const failure& why) { result = why ? std::optional{why} : std::nullopt; },
             [](const caf::error&) {});
  return result;
}

outcome<job_record> gateway::cancel(account_id account, job_id id, bool force) {
  caf::scoped_actor self{system_};
  outcome<job_record> result = fail(ec::internal);
  self->request(supervisor_, options_.answer_within, atom::cancel_v, account, id, force)
    .receive(
      [&](const job_reply& x) {
        if (x.why)
          result = x.why;
        else
          result = x.job;
      },
      [](const caf::error&) {});
  return result;
}

std::optional<failure> gateway::write(std::function<void(write_batch&)> what) {
  caf::scoped_actor self{system_};
  auto result = fail(ec::internal);
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
  self->request(supervisor_, options_.answer_within, atom::write_v, write_function{shared})
    .receive([&](const failure& why) { result = why; }, [](const caf::error&) {});
  return result ? std::optional{result} : std::nullopt;
}

outcome<std::vector<file_id>> gateway::save_files(account_id account, std::uint64_t storage_max,
                                                  std::vector<file_to_save> files) {
  return keeper_.save(account, storage_max, std::move(files));
}

outcome<stored_file> gateway::rename_file(account_id account, file_id id, const std::string& name) {
  return keeper_.rename(account, id, name);
}

std::optional<failure> gateway::erase_file(account_id account, file_id id) {
  return keeper_.erase(account, id);
}

} // namespace convertd
