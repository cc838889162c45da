#include "tests/simulation/history.hpp"

#include "job/limits.hpp"
#include "tests/support/records.hpp"

#include <caf/send.hpp>

#include <vector>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr account_id account = 1;
constexpr int steps_max = 250;
constexpr std::uint32_t jobs_max = 4;
constexpr std::uint32_t files_each_max = 4;
constexpr int crashes_each_max = 3;
constexpr int runner_deaths_max = 2;
/// Rounds until everything has ended once no fault comes from outside.
constexpr int quiet_rounds_max = 10'000;

class history {
public:
  history(stage& on, std::uint64_t seed)
    : on_{on},
      random_{seed},
      rules_{on.records, on.files, [this](const std::string& what) { violated(what); }},
      server_{on, random_, [this](const std::string& what) { violated(what); }, ears()} {}

  verdict play() {
    subscribe();
    server_.start();
    for (int i = 0; i < steps_max && ok(); ++i) {
      act();
      check();
    }
    finish();
    return out_;
  }

private:
  bool ok() const {
    return out_.violation.empty();
  }

  void violated(const std::string& what) {
    if (ok())
      out_.violation = "step " + std::to_string(out_.steps) + ": " + what;
  }

  told ears() {
    told x;
    x.of_submission = [this](const submission& what, const failure& why) {
      if (!why)
        rules_.acknowledged(what.job.id);
    };
    x.of_cancel = [this](job_id id, const failure& why) {
      if (!why)
        rules_.cancelled(id);
    };
    x.of_erasure = [this](job_id id, const failure& why) {
      if (!why)
        rules_.erased(id);
    };
    return x;
  }

  void subscribe() {
    webhook_record hook;
    hook.id = mint<webhook_id>(server_.now());
    hook.account = account;
    hook.url = "http://receiver.example/";
    hook.events = 0b111111;
    write_batch batch{on_.records};
    batch.put_webhook(hook);
    batch.commit();
  }

  void check() {
    ++out_.steps;
    if (ok())
      rules_.check(server_.now());
  }

  /// Mostly a message goes its way; now and then something happens.
  void act() {
    switch (random_.below(40)) {
      case 0:
      case 1: return submit();
      case 2: return cancel();
      case 3: return erase();
      case 4: return say_twice();
      case 5: return kill_a_runner();
      case 6: return random_.one_in(3) ? crash() : server_.advance(1ms);
      case 7: return random_.one_in(20) ? wait_long() : server_.advance(5s);
      case 8:
      case 9:
      case 10: return server_.advance(milliseconds{1 + random_.below(900)});
      default:
        for (auto more = random_.below(8); more > 0 && server_.step(); --more)
          ;
    }
  }

  /// Retention passes, if no file is at the pool: that would give up its worker after a minute, and
  /// so long no message is on its way in one process.
  void wait_long() {
    deliver_all();
    if (server_.no_file_taken_up())
      server_.advance(90min);
  }

  void deliver_all() {
    while (server_.step())
      ;
  }

  void submit() {
    if (jobs_.size() == jobs_max)
      return;
    server_.advance(1ms); // ids are in the order of their times
    auto what = std::make_shared<submission>();
    what->job = pending_job(server_.now(), 1 + random_.below(files_each_max), account);
    what->job.state = job_state::uploading;
    what->files = pending_files(what->job.files_total);
    what->spec.priority = random_.one_in(4) ? job_priority::high : job_priority::normal;
    what->sources = std::make_shared<upload>(on_.files);
    what->sources->append(std::string(100, 's'));
    if (random_.one_in(2)) {
      what->sources->to_disk();
      what->job.sources_inline = false;
      what->sources->keep_as_source(what->job.id);
    }
    jobs_.push_back(what->job.id);
    rules_.submitted(what->job.id);
    caf::anon_send(server_.client(), atom::submit_v, submission_ptr{what});
  }

  std::optional<job_id> some_job() {
    if (jobs_.empty())
      return std::nullopt;
    return jobs_[random_.below(static_cast<std::uint32_t>(jobs_.size()))];
  }

  void cancel() {
    if (auto id = some_job())
      for (auto times = 1 + random_.below(2); times > 0; --times)
        caf::anon_send(server_.client(), atom::cancel_v, account, *id, random_.one_in(2));
  }

  void erase() {
    if (auto id = some_job()) {
      rules_.may_be_erased(*id);
      for (auto times = 1 + random_.below(2); times > 0; --times)
        caf::anon_send(server_.client(), atom::erase_v, account, *id);
    }
  }

  /// What actors tell themselves and each other, once more.
  void say_twice() {
    caf::anon_send(server_.pruning(), atom::tick_v);
    caf::anon_send(server_.sender(), atom::wake_v);
    for (const auto& [job, runner] : server_.runners()) {
      caf::anon_send(runner, atom::resume_v);
      caf::anon_send(runner, atom::rested_v);
      caf::anon_send(runner, atom::started_v, random_.below(files_each_max));
    }
  }

  void kill_a_runner() {
    auto runners = server_.runners();
    if (runners.empty() || runner_deaths_ == runner_deaths_max)
      return;
    ++runner_deaths_;
    const auto& [job, runner] = runners[random_.below(static_cast<std::uint32_t>(runners.size()))];
    server_.others().excused.insert(job);
    caf::anon_send_exit(runner, caf::exit_reason::kill);
  }

  void crash() {
    if (crashes_++ == crashes_each_max)
      return;
    server_.crash();
    check();
    server_.start();
  }

  bool all_delivered() const {
    read_view view{on_.records};
    for (const auto& x : view.deliveries_of(account, 0, 1'000).deliveries)
      if (x.state == delivery_state::pending)
        return false;
    return true;
  }

  /// Nobody disturbs any more; workers still fail.
  void finish() {
    auto done = false;
    for (int i = 0; i < quiet_rounds_max && ok() && !done; ++i) {
      deliver_all();
      check();
      done = server_.idle() && all_delivered();
      if (!done)
        server_.advance(i < 100 ? 500ms : 9s);
    }
    if (ok())
      rules_.check_end(account,
                       [this](delivery_id x) { return server_.others().delivered.count(x) > 0; });
  }

  stage& on_;
  chance random_;
  verdict out_;
  invariants rules_;
  std::vector<job_id> jobs_;
  int crashes_ = 0;
  int runner_deaths_ = 0;
  world server_;
};

} // namespace

verdict play(stage& on, std::uint64_t seed) {
  return history{on, seed}.play();
}

} // namespace convertd
