// The actor system as a whole: what is started, in which order, and how it stops.
//
//   engine
//     ├─ snapshotter      detached; the store's only writer. Its failure is the process's.
//     ├─ codec_pool
//     │    └─ codec_worker × codec_processes   detached; replaced when one fails
//     ├─ supervisor
//     │    ├─ job_runner × jobs at work        monitored; up to 3 restarts each
//     │    └─ request_runner × requests        monitored; one that fails fails its request
//     ├─ webhook_sender   detached
//     │    └─ webhook_courier × up to 32       detached; made when they are needed
//     └─ pruner           detached
#pragma once

#include "actors/codec_worker.hpp"
#include "actors/gateway.hpp"
#include "actors/pruner.hpp"
#include "actors/recovery.hpp"
#include "actors/snapshotter.hpp"
#include "actors/webhook_courier.hpp"
#include "actors/webhook_sender.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace convertd {

struct engine_options {
  std::size_t codec_processes = 1;
  std::uint64_t codec_memory_total = 0;
  codec_worker_options worker; ///< in, files, control and limits are set.
  gateway_options gateway;
  snapshotter_options snapshotter;
  supervisor_options supervisor;
  pruner_options pruner;
  webhook_sender_options webhooks;
  webhook_courier_options courier;          ///< `body` is set.
  fatal_function fatal;                     ///< Given to every actor that all depend on.
  observer* watching = &observer::nobody(); ///< Given to every actor that has something to tell.
  /// Of a recovered job's account; 0 = the server's.
  std::function<std::uint64_t(account_id)> jobs_max;
};

class engine {
public:
  /// Starts everything and hands the recovered jobs to the supervisor. `in` and `files` outlive it.
  engine(engine_options options, store& in, const job_files& files,
         const recovery_report& recovered);
  ~engine(); ///< Stops at once: what is at a codec is killed, and starts again at the next
             ///< start-up.
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  commands& gate();

  /// Runs `what` in the next commit; returns when it is durable. From any thread.
  std::optional<failure> write(std::function<void(write_batch&)> what);

  /// Starts no further file and waits for those at the codecs, at most `grace`. True if all ended.
  bool drain(std::chrono::milliseconds grace);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace convertd
