#include "app/serve.hpp"

#include "app/codec_lock.hpp"
#include "app/control_server.hpp"
#include "app/copy_keeper.hpp"
#include "app/heartbeat.hpp"
#include "app/log.hpp"
#include "app/reload.hpp"
#include "app/self_check.hpp"
#include "app/server_options.hpp"
#include "app/service_manager.hpp"
#include "app/signals.hpp"
#include "app/store_child.hpp"

#include <memory>
#include <sys/time.h>

namespace convertd {

namespace {

void report(const recovery_report& x) {
  log_info("recovered " + std::to_string(x.jobs.size()) + " jobs; " + std::to_string(x.interrupted)
           + " files were interrupted, " + std::to_string(x.abandoned) + " uploads abandoned, "
           + std::to_string(x.folders) + " folders removed");
}

std::unique_ptr<metrics_listener> listen_for_scrapes(const settings& with, metrics& figures,
                                                     const commands& actors, const store& records) {
  if (with.metrics.listen.empty())
    return nullptr;
  auto refresh = [&figures, &actors, &records, most = with.store.map] {
    figures.refresh(actors, records, most);
  };
  return std::make_unique<metrics_listener>(with.metrics.listen, figures.registry(), refresh);
}

/// For `systemctl status`.
std::string status_of(const commands& actors) {
  auto x = actors.figures();
  if (!x)
    return "The actors do not answer";
  return std::to_string(x->jobs_processing) + " jobs at work, " + std::to_string(x->jobs_pending)
         + " waiting; " + std::to_string(x->queue_files) + " files in the queue";
}

pulse pulse_of(commands& actors, const job_files& files, const metrics& figures) {
  self_check check{actors, files};
  pulse x;
  x.check = [check](auto time, const auto& stop) { return check.run(time, stop); };
  x.progress = [&figures] { return figures.files_done(); };
  x.status = [&actors] { return status_of(actors); };
  x.log = [](const std::string& line) { log_error(line); };
  return x;
}

/// Returns when the server is to stop.
void obey(const control_signals& signals, const service_manager& manager, settings in_force,
          const std::function<settings()>& read_again) {
  while (signals.wait() == control_signals::wish::reload) {
    using namespace std::chrono;
    auto now = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
    manager.tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now));
    reload(in_force, read_again);
    manager.tell("READY=1");
  }
}

void say_that_it_stops(const settings& with) {
  log_info("stopping: no new work, at most " + std::to_string(with.grace_period.count())
           + " ms for what is running; a second signal stops at once");
}

} // namespace

int serve(const settings& with, const std::function<settings()>& read_again) {
  // Before anything else: no thread takes the signals that we wait for, or sees the variables …
  control_signals signals;
  service_manager manager;
  start_log(with.log_level, with.log_format);
  data_directory data{with.data};
  // … the store is checked by a child, since LMDB may end the process that opens it …
  opening_check store_check{data.path(), with.store};
  // … and meanwhile the zygote is started, while there is nothing to inherit.
  codec_lock_test lock{with, data};
  zygote_keeper zygote{codecs_of(with)};
  heartbeat beats{manager};
  store_check.pass();
  lock.pass();
  start_posting();
  job_files files{data.path(), die};
  saved_files saved{data.path(), die};
  store records{data.store_folder(), {.map_bytes = with.store.map, .sync = true}};
  metrics figures{CONVERTD_VERSION};
  auto begun = std::chrono::steady_clock::now();
  auto recovered = recover(records, files, wall_clock(), with.retention);
  recover_stored_files(records, saved, files);
  figures.recovered(recovered, std::chrono::steady_clock::now() - begun);
  report(recovered);

  bell changes;
  auto for_http =
    http_of(with, manager.credential("url.key").value_or(data.path() / "url.key"), figures);
  for_http.front.listen_fd = manager.http_socket().value_or(-1);
  event_writer events{records,
                      {load_or_create_signing_key(for_http.signing_key), for_http.url_lifetime}};
  auto options = engine_of(with, {data, records, files, zygote, changes, events, figures});
  options.gateway.saved = &saved;
  engine actors{std::move(options), records, files, recovered};
  http_server http{for_http, records, files, saved, actors.gate()};
  control_server control{control_socket(data.path()), records,
                         [&](auto what) { return actors.write(std::move(what)); }};
  bell::connection listening{changes, http};
  auto scraped = listen_for_scrapes(with, figures, actors.gate(), records);
  copy_keeper copies{data.path(), with.store.copy_interval};
  http.start();
  log_info("ready on " + with.http.listen + " port " + std::to_string(http.port()));
  beats.ready(pulse_of(actors.gate(), files, figures));

  obey(signals, manager, with, read_again);
  beats.stopping(with.grace_period);
  say_that_it_stops(with);
  signals.exit_on_next();
  auto all = actors.drain(with.grace_period);
  http.drain(std::chrono::seconds{1});
  http.stop();
  beats.end();
  log_info(all ? "stopped; everything that was running has ended"
               : "stopped; what was running starts again with the next start");
  return 0;
}

} // namespace convertd
