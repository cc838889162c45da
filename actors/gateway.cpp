#include "actors/gateway.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <sys/statvfs.h>
#include <utility>

namespace convertd {

namespace {

constexpr unsigned retry_after_max = 3'600; // seconds
constexpr unsigned retry_after_unknown = 5;

bool above_high_water(const std::filesystem::path& data, unsigned percent) {
  struct statvfs disk {};
  if (::statvfs(data.c_str(), &disk) != 0 || disk.f_blocks == 0)
    return false;
  auto usable = disk.f_blocks - disk.f_bfree + disk.f_bavail;
  return usable > 0 && (disk.f_blocks - disk.f_bfree) * 100 > usable * percent;
}

} // namespace

gateway::gateway(caf::actor_system& system, supervisor_actor supervisor,
                 std::shared_ptr<const queue_gauge> gauge, gateway_options options)
  : system_{system},
    supervisor_{std::move(supervisor)},
    gauge_{std::move(gauge)},
    options_{std::move(options)},
    keeper_{*options_.records, *options_.saved, *options_.files,
            [this](auto what) { return write(std::move(what)).value_or(failure{}); }} {}

std::optional<failure> gateway::refusal(std::uint64_t files) const {
  if (gauge_->draining)
    return fail(ec::shutting_down);
  if (gauge_->files + files > options_.queue_files_max)
    return fail(ec::queue_full);
  if (files > 0 && above_high_water(options_.data_directory, options_.disk_high_water_percent))
    return fail(ec::storage_full);
  return std::nullopt;
}

/// The time in which a twentieth of the queue ends, at the rate of late.
unsigned gateway::retry_after() const {
  auto rate = gauge_->files_per_hour.load();
  if (rate == 0) // nothing has ended yet
    return retry_after_unknown;
  auto seconds = gauge_->files * 3'600 / rate / 20;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(seconds, 1, retry_after_max));
}

outcome<job_id> gateway::submit(submission what) {
  caf::scoped_actor self{system_};
  outcome<job_id> result = fail(ec::internal);
  auto shared = std::make_shared<const submission>(std::move(what));
  self->request(supervisor_, options_.answer_within, atom::submit_v, submission_ptr{shared})
    .receive(
      [&](const submit_reply& x) {
        if (x.why)
          result = x.why;
        else
          result = x.id;
      },
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
