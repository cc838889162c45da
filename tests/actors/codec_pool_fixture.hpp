// A codec pool whose workers are fakes: each test decides when a file ends.
#pragma once

#include "actors/codec_pool.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/temp_dir.hpp"

namespace convertd {

/// What the fake workers do, and what they were asked.
struct fake_workers {
  std::map<std::uint64_t, image_header> headers; ///< By the length of the source.
  std::deque<std::pair<caf::actor_addr, file_task_ptr>> converting;
  std::set<std::uint64_t> small;  ///< Converted at once where that may be; by the same.
  std::vector<bool> went_at_once; ///< Of each file that was probed.
  std::vector<std::uint64_t> granted;
  std::vector<codec_worker_actor> made;
  process_ptr process; ///< Said to be that of a worker, once.
  int skipped = 0;
  bool throws = false;
};

using fake_worker_actor = codec_worker_actor::extend<
  // Ends the file that is being converted.
  caf::reacts_to<atom::ended, file_outcome>>;

struct fake_worker_state {
  file_task_ptr task;
  caf::typed_response_promise<file_outcome> reply;
};

inline fake_worker_actor::behavior_type
fake_worker(fake_worker_actor::stateful_pointer<fake_worker_state> self,
            std::shared_ptr<fake_workers> all) {
  return {
    [self, all](atom::probe, const file_task_ptr& task, bool may_go_at_once) {
      probe_outcome x;
      if (auto process = std::exchange(all->process, nullptr))
        self->send(caf::actor_cast<codec_pool_actor>(self->current_sender()), atom::started_v,
                   process);
      all->went_at_once.push_back(may_go_at_once && all->small.count(task->file.length) > 0);
      auto found = all->headers.find(task->file.length);
      if (found == all->headers.end())
        x.ended = outcome_of(file_outcome::kind::refused, fail(ec::unsupported_input));
      else
        x.header = found->second;
      if (all->went_at_once.back())
        x.ended = outcome_of(file_outcome::kind::converted);
      self->state.task = task;
      return x;
    },
    [self, all](atom::convert, std::uint64_t memory) -> caf::result<file_outcome> {
      if (all->throws)
        throw std::runtime_error{"a bug"};
      all->granted.push_back(memory);
      self->state.reply = self->make_response_promise<file_outcome>();
      all->converting.emplace_back(self->address(), self->state.task);
      return self->state.reply;
    },
    [all](atom::skip) { ++all->skipped; },
    [](atom::wake) {},
    [](atom::tick) {},
    [self](atom::ended, const file_outcome& how) { self->state.reply.deliver(how); },
  };
}

class CodecPoolTest : public ActorTest {
protected:
  void SetUp() override {
    workers->headers[100] = {image_format::png, 1'000, 1'000, 1, 8, false, 1};
    workers->headers[200] = {image_format::png, 5'000, 5'000, 1, 8, false, 1};
    workers->headers[300] = {image_format::png, 50'000, 50'000, 1, 8, false, 1};
    codec_pool_options options;
    options.workers = 2;
    options.memory_total =
      codec_working_set(codec_memory(25'000'000)) + codec_working_set(codec_memory(1'000'000));
    options.make_worker = [this]() -> codec_worker_actor {
      workers->made.push_back(system.spawn(fake_worker, workers));
      return workers->made.back();
    };
    pool = system.spawn(codec_pool, options);
  }

  void TearDown() override {
    stop(pool);
    for (const auto& worker : std::exchange(workers->made, {}))
      stop(worker);
    workers->converting.clear();
  }

  file_task_ptr task_of(std::uint64_t length, account_id account = 1,
                        std::uint8_t interruptions = 0) {
    auto task = std::make_shared<file_task>();
    task->job = job;
    task->account = account;
    task->file = pending_file(next_index++);
    task->file.length = length;
    task->file.progress.interruptions = interruptions;
    return task;
  }

  auto begin(std::uint64_t length, account_id account = 1, std::uint8_t interruptions = 0) {
    return begin_request(pool, atom::convert_v, task_of(length, account, interruptions));
  }

  /// A file of a synchronous request.
  auto begin_sync(std::uint64_t length, account_id account = 1) {
    auto task = std::make_shared<file_task>();
    task->job = job;
    task->account = account;
    task->file = pending_file(next_index++);
    task->file.length = length;
    task->sources = std::make_shared<upload>(files);
    return begin_request(pool, atom::convert_v, file_task_ptr{task});
  }

  /// Ends the file that has been at a worker for longest.
  void end_next(file_outcome::kind how = file_outcome::kind::converted) {
    auto [worker, task] = std::move(workers->converting.front());
    workers->converting.pop_front();
    self->send(caf::actor_cast<fake_worker_actor>(worker), atom::ended_v, outcome_of(how));
    run();
  }

  /// The worker that one file of that account goes to, on its own.
  caf::actor_addr worker_of_one(account_id account,
                                file_outcome::kind how = file_outcome::kind::converted) {
    begin(100, account);
    auto worker = workers->converting.front().first;
    end_next(how);
    return worker;
  }

  /// Since it was asked last.
  int times_told_of_a_start() {
    auto told = 0;
    auto more = true;
    while (more)
      self->receive([&](atom::started, std::uint32_t) { ++told; },
                    caf::after(0s) >> [&] { more = false; });
    return told;
  }

  temp_dir folder;
  job_files files{folder.path()};
  std::uint32_t next_index = 0; ///< Of the next file; each is another.
  std::shared_ptr<fake_workers> workers = std::make_shared<fake_workers>();
  codec_pool_actor pool;
  job_id job = mint<job_id>(noon);
};

} // namespace convertd
