// An actor system in which nothing runs until the test says so: no threads, no real clock.
#pragma once

#include "actors/protocols.hpp"
#include "tests/support/records.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>

namespace convertd {

using namespace std::chrono_literals;

class ActorTest : public testing::Test {
protected:
  struct test_config : caf::actor_system_config {
    test_config() {
      add_message_types<caf::id_block::convertd>();
      set("scheduler.policy", caf::atom("testing"));
    }
  };

  /// Ends an actor of the test: the system waits for all of them when it is destroyed.
  template <class Handle>
  void stop(const Handle& x) {
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    run();
  }

  /// Delivers every message, but no delayed one: time stands still.
  void run() {
    while (sched.has_job())
      sched.run_once();
  }

  void advance(caf::timespan by) {
    sched.advance_time(by);
    run();
  }

  /// Sends a request whose answer is looked at later, with receive_answer().
  template <class Handle, class... Ts>
  auto begin_request(const Handle& to, Ts&&... xs) {
    auto response = self->request(to, caf::infinite, std::forward<Ts>(xs)...);
    run();
    return response;
  }

  template <class T, class Response>
  static std::optional<T> receive_answer(Response& response) {
    std::optional<T> result;
    response.receive([&](T& x) { result = std::move(x); }, [](const caf::error&) {});
    return result;
  }

  template <class T, class Handle, class... Ts>
  std::optional<T> ask(const Handle& to, Ts&&... xs) {
    auto response = begin_request(to, std::forward<Ts>(xs)...);
    return receive_answer<T>(response);
  }

  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  caf::scheduler::test_coordinator& sched =
    dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
};

/// Stands in for the store: keeps records in maps, may refuse, and remembers what it was told.
struct fake_store {
  std::map<job_id, job_record> jobs;
  std::map<std::pair<job_id, std::uint32_t>, file_record> files;
  std::vector<job_update> saved;
  std::vector<job_update> noted;
  int saves_to_refuse = 0;
  int writes = 0; ///< Functions, which are not run.
  int loads = 0;

  void put(const job_record& job, const std::vector<file_record>& its_files) {
    jobs[job.id] = job;
    for (const auto& file : its_files)
      files[{job.id, file.index}] = file;
  }
  void apply(const job_update& x) {
    if (x.job_changed)
      jobs[x.job.id] = x.job;
    for (const auto& file : x.files)
      files[{x.job.id, file.index}] = file;
  }
  file_list page(job_id id, std::uint32_t from, std::uint32_t limit) const {
    file_list result;
    for (auto i = files.lower_bound({id, from});
         i != files.end() && i->first.first == id && result.size() < limit; ++i)
      result.push_back(i->second);
    return result;
  }
};

inline snapshotter_actor::behavior_type fake_snapshotter(snapshotter_actor::pointer,
                                                         std::shared_ptr<fake_store> in) {
  return {
    [in](atom::put, const submission_ptr& what) {
      auto job = what->job;
      job.state = job_state::pending;
      in->put(job, what->files);
      return failure{};
    },
    [in](atom::save, const job_update_ptr& what) {
      if (in->saves_to_refuse > 0) {
        --in->saves_to_refuse;
        return fail(ec::storage_full);
      }
      in->saved.push_back(*what);
      in->apply(*what);
      return failure{};
    },
    [in](atom::note, const job_update_ptr& what) {
      in->noted.push_back(*what);
      in->apply(*what);
    },
    [in](atom::write, const write_function&) {
      ++in->writes;
      return failure{};
    },
    [in](atom::load, job_id id) {
      ++in->loads;
      auto found = in->jobs.find(id);
      return found == in->jobs.end() ? job_reply{{}, fail(ec::not_found)}
                                     : job_reply{found->second, {}};
    },
    [in](atom::load, job_id id, std::uint32_t from, std::uint32_t limit) {
      ++in->loads;
      return in->page(id, from, limit);
    },
    [](atom::flush) {},
    [](atom::tick) {},
  };
}

/// Stands in for the codecs: keeps files until the test says how each ended. Promises are delivered
/// by the actor that made them, so the test tells it with a message.
struct fake_codecs {
  struct waiting_file {
    file_task_ptr task;
    caf::typed_response_promise<file_outcome> reply;
  };
  std::deque<waiting_file> waiting;
  std::vector<job_id> forgotten;
  bool busy = false; ///< No file is taken up before it ends.
};

using fake_pool_actor = codec_pool_actor::extend<
  // Ends the file that waits longest.
  caf::reacts_to<atom::ended, file_outcome>>;

inline file_outcome outcome_of(file_outcome::kind what, failure why = {}) {
  file_outcome x;
  x.what = what;
  x.why = std::move(why);
  if (what == file_outcome::kind::converted) {
    x.result = completed_file(0, noon).result;
    x.result.stored_inline = true;
    x.bytes = std::make_shared<const std::string>("output");
  }
  return x;
}

inline fake_pool_actor::behavior_type fake_pool(fake_pool_actor::pointer self,
                                                std::shared_ptr<fake_codecs> codecs) {
  return {
    [self, codecs](atom::convert, file_task_ptr& task) -> caf::result<file_outcome> {
      if (!task->is_sync() && !codecs->busy)
        self->send(caf::actor_cast<job_runner_actor>(self->current_sender()), atom::started_v,
                   task->file.index);
      auto reply = self->make_response_promise<file_outcome>();
      codecs->waiting.push_back({std::move(task), reply});
      return reply;
    },
    [codecs](atom::forget, job_id id) {
      codecs->forgotten.push_back(id);
      std::erase_if(codecs->waiting, [&](auto& x) {
        if (x.task->job != id)
          return false;
        x.reply.deliver(outcome_of(file_outcome::kind::refused, fail(ec::cancelled)));
        return true;
      });
    },
    [](atom::started, const process_ptr&) {},
    [](atom::look) {
      return pool_figures{{codec_figures{}}, 0, 0, 0};
    },
    [](atom::drain) {},
    [](atom::tick) {},
    [codecs](atom::ended, const file_outcome& how) {
      auto next = std::move(codecs->waiting.front());
      codecs->waiting.pop_front();
      next.reply.deliver(how);
    },
  };
}

} // namespace convertd
