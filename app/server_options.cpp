#include "app/server_options.hpp"

#include "app/codec_program.hpp"
#include "app/log.hpp"

#include <cstdint>
#include <iterator>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace convertd {

namespace {

constexpr auto exit_store_failed = 70; // EX_SOFTWARE of sysexits.h

/// What the largest image that is allowed takes with the target that takes most.
std::uint64_t most_codec_memory(const image_limits& limits) {
  image_header header;
  header.width = static_cast<std::uint32_t>(limits.frame_pixels_max);
  header.height = 1;
  conversion what;
  what.target = image_format::avif;
  return memory_needed(header, what);
}

} // namespace

codec_options codecs_of(const settings& with) {
  codec_options x;
  x.program = codec_program(with);
  auto user = codec_user(with);
  x.uid = user.uid;
  x.gid = user.gid;
  x.memory_max = most_codec_memory(with.limits);
  x.effort = with.encoders;
  x.log = [](const std::string& line) { log_warning(line); };
  return x;
}

codec_options lock_trial_of(const settings& with) {
  auto x = codecs_of(with);
  x.program = codec_trial_program();
  return x;
}

namespace {

/// Every descriptor that the system allows, since the default of 1,024 is less than a server's
/// connections; and not more connections than descriptors, less those for everything else.
std::size_t connections_max(const settings& with) {
  const rlim_t for_the_rest =
    512 + 2 * with.sync_files_max; // sources and results of those who wait
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  auto most =
    limit.rlim_cur > 2 * for_the_rest ? limit.rlim_cur - for_the_rest : limit.rlim_cur / 2;
  if (with.http.connections_max <= most)
    return with.http.connections_max;
  log_warning("http.connections_max is cut to " + std::to_string(most)
              + ": the system allows this process no more open files");
  return most;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in{text};
  return {std::istream_iterator<std::string>{in}, {}};
}

address_guard guard_of(const settings& with) {
  return address_guard{parse_networks(with.webhooks.allow)};
}

} // namespace

http_options http_of(const settings& with, const std::filesystem::path& key_file,
                     metrics& figures) {
  http_options x;
  x.front.address = with.http.listen;
  x.front.port = with.http.port;
  x.front.query_threads = with.http.query_threads;
  x.front.upload_threads = with.http.upload_threads;
  x.front.download_threads = with.http.download_threads;
  x.front.trusted_proxies = words_of(with.http.trusted_proxies);
  x.front.connections_max = connections_max(with);
  x.front.connections_per_address_max = with.http.connections_per_address;
  x.front.idle_time_max = with.http.idle_timeout;
  x.front.head_time_max = with.http.head_timeout;
  x.front.body_bytes_max = with.http.max_upload;
  x.front.body_time_max = with.http.upload_timeout;
  x.front.rate_min = with.http.upload_rate_min;
  x.public_url = with.http.public_url;
  x.signing_key = key_file;
  x.url_lifetime = std::chrono::duration_cast<std::chrono::seconds>(with.http.url_lifetime);
  x.plans = with.plans;
  x.plans.push_back(plan{});
  x.boxes = with.resize;
  x.version = CONVERTD_VERSION;
  x.guard = guard_of(with);
  x.log = [&figures](const request_line& line) {
    figures.request(line);
    log_request(line);
  };
  return x;
}

void die(const std::string& why) {
  log_error("the store failed, stopping at once: " + why);
  ::_exit(exit_store_failed);
}

namespace {

std::uint64_t jobs_max_of(const settings& with, const store& records, account_id account) {
  auto record = read_view{records}.account(account);
  const auto* found = record ? find_plan(with, record->plan) : nullptr;
  return found != nullptr ? found->jobs_in_flight : 0;
}

} // namespace

engine_options engine_of(const settings& with, const engine_needs& has) {
  engine_options x;
  x.watching = &has.figures;
  x.codec_processes = codec_processes(with);
  x.codec_memory_total = codec_memory_total(with);
  x.worker.in = &has.records;
  x.worker.files = &has.files;
  x.worker.control = has.zygote.control();
  x.worker.limits = with.limits;
  x.worker.log = [](const std::string& line) { log_warning(line); };
  x.gateway.data_directory = has.data.path();
  x.gateway.disk_high_water_percent = with.disk_high_water;
  x.gateway.queue_files_max = with.queue_files_max;
  x.gateway.sync.files_max = with.sync_files_max;
  x.gateway.ring = [&changes = has.changes](job_id id) {
    // No job, or a new one: but somebody waits in the same way as for the end of a job.
    job_change ended{id, job_state::completed};
    changes.ring({&ended, 1});
  };
  x.gateway.sync.done = x.gateway.ring;
  x.snapshotter.committed = [&changes = has.changes](std::span<const job_change> jobs) {
    changes.ring(jobs);
  };
  x.webhooks.age_max = with.webhooks.retry_for;
  x.webhooks.history = with.webhooks.history;
  x.webhooks.couriers = with.webhooks.connections;
  x.courier.posting.guard = guard_of(with);
  x.courier.user_agent = "convertd-webhooks/" CONVERTD_VERSION;
  x.courier.body = [&events = has.events](const delivery_record& what) {
    return events.body(what, wall_clock());
  };
  x.fatal = die;
  x.gateway.codecs_run = [&zygote = has.zygote] { return zygote.ready(); };
  x.supervisor.queue_files_max = with.queue_files_max;
  x.supervisor.jobs_max = with.jobs_max;
  x.supervisor.jobs_per_account_max = with.jobs_per_account;
  x.supervisor.runner.retention = with.retention;
  x.supervisor.log = [](const std::string& line) { log_warning(line); };
  x.jobs_max = [&with, &records = has.records](account_id account) {
    return jobs_max_of(with, records, account);
  };
  return x;
}

} // namespace convertd
