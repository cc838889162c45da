// Every protocol of the system: who may say what to whom. The first file to read in this folder.
//
//                       ┌─► request_runner ─┐
//   gateway ─► supervisor ─► job_runner ─► codec_pool ─► codec_worker ═ codec process
//                  │              │
//                  ├──────────────┴──────► snapshotter ◄── pruner
//                  └───────────────────────────│─▲────────►┘
//                                              ▼ │
//                                         webhook_sender ─► webhook_courier ─► receivers
#pragma once

#include "actors/messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>

namespace convertd {

/// The SNAPSHOTTER protocol: the only writer of the store. Detached, since it waits for the disk.
/// A reply means: durable, or the failure says why not.
using snapshotter_actor = caf::typed_actor<
  // Makes a new job of a submission.
  caf::replies_to<atom::put, submission_ptr>::with<failure>,
  // Writes one step of a job.
  caf::replies_to<atom::save, job_update_ptr>::with<failure>,
  // The same, in the next commit, and nobody waits for it.
  caf::reacts_to<atom::note, job_update_ptr>,
  // Runs a function inside the next commit.
  caf::replies_to<atom::write, write_function>::with<failure>,
  // Reads a job's record.
  caf::replies_to<atom::load, job_id>::with<job_reply>,
  // Reads up to so many file records from an index on.
  caf::replies_to<atom::load, job_id, std::uint32_t, std::uint32_t>::with<file_list>,
  // To itself: everything that came before this belongs to one commit.
  caf::reacts_to<atom::flush>,
  // To itself: what can wait for others has waited long enough.
  caf::reacts_to<atom::tick>>;

/// The CODEC WORKER protocol: owns one codec process. Detached, since it waits for that process.
/// One file at a time: probe, then convert or skip; or all at once if the file is small and may.
using codec_worker_actor = caf::typed_actor<
  // Opens the file's source and reads its header.
  caf::replies_to<atom::probe, file_task_ptr,
                  bool /* may be converted at once */>::with<probe_outcome>,
  // Goes on with the probed file, with so many bytes of address space.
  caf::replies_to<atom::convert, std::uint64_t>::with<file_outcome>,
  // Gives the probed file up.
  caf::reacts_to<atom::skip>,
  // To itself, between files: has a process ready for the next.
  caf::reacts_to<atom::wake>,
  // To itself, and only with a fault hook: names an output whose record is committed by now.
  caf::reacts_to<atom::tick>>;

/// The JOB RUNNER protocol: drives one job from its first file to its last, then quits.
using job_runner_actor = caf::typed_actor<
  // The file with that index is with a codec now.
  caf::reacts_to<atom::started, std::uint32_t>,
  // Stops at once if no file was begun yet, or with `force` (true) in any case; files that ended
  // stay. The reply is the job as it was saved.
  caf::replies_to<atom::cancel, bool>::with<job_reply>,
  // Starts no further file, and quits when those at work have ended.
  caf::reacts_to<atom::drain>,
  // To itself: try again what there was no room for.
  caf::reacts_to<atom::resume>,
  // To itself: the first of the files whose decoder died has rested.
  caf::reacts_to<atom::rested>>;

/// The REQUEST RUNNER protocol: takes the files of one synchronous request to the pool, tells what
/// came of them, then quits. Nothing of it is recorded.
using request_runner_actor = caf::typed_actor<
  // Nobody waits any more: stops at once and quits.
  caf::reacts_to<atom::cancel>,
  // To itself: try again what there was no room for.
  caf::reacts_to<atom::resume>>;

/// The CODEC POOL protocol: hands files to workers, in turns between accounts; those of synchronous
/// requests go ahead of those of jobs.
using codec_pool_actor = caf::typed_actor<
  // Converts one file; always answers, whatever happens to the worker or its process. Whoever asks
  // for a file of a job is its runner: it is told `started` when a worker takes the file up.
  caf::replies_to<atom::convert, file_task_ptr>::with<file_outcome>,
  // Stops what it does for a job or a request: files that wait are answered, processes at work are
  // killed.
  caf::reacts_to<atom::forget, job_id>,
  // From a worker: the process that looks at its file from now on, so that it can be killed.
  caf::reacts_to<atom::started, process_ptr>,
  // How it is doing.
  caf::replies_to<atom::look>::with<pool_figures>,
  // Takes nothing up any more: files that wait, or come later, are answered as postponed.
  caf::reacts_to<atom::drain>,
  // To itself: look for workers that hang.
  caf::reacts_to<atom::tick>>;

/// The SUPERVISOR protocol: admits jobs, gives accounts turns, watches runners.
using supervisor_actor = caf::typed_actor<
  // Accepts a job, and tells once it is durable.
  caf::reacts_to<atom::submit, submit_order_ptr>,
  // Takes over a job that recovery found in the store.
  caf::reacts_to<atom::resume, waiting_job>,
  // Cancels the account's job if it is pending, or with `force` processing.
  caf::replies_to<atom::cancel, account_id, job_id, bool>::with<job_reply>,
  // Runs a function inside the store's next commit.
  caf::replies_to<atom::write, write_function>::with<failure>,
  // Starts a synchronous request.
  caf::reacts_to<atom::submit, sync_order_ptr>,
  // Gives a synchronous request up, if it has not ended.
  caf::reacts_to<atom::forget, job_id>,
  // Erases sources and outputs of the account's final job.
  caf::replies_to<atom::erase, account_id, job_id>::with<failure>,
  // Counts a request in an account's month; written together with others that come soon.
  caf::reacts_to<atom::count, account_id, month_number>,
  // To itself: write them.
  caf::reacts_to<atom::flush>,
  // How the server is doing.
  caf::replies_to<atom::look>::with<server_figures>,
  // Accepts and starts nothing more; replies when no runner is left.
  caf::replies_to<atom::drain>::with<bool>>;

/// The WEBHOOK COURIER protocol. Detached, since it waits for receivers.
using webhook_courier_actor = caf::typed_actor<
  // Sends one delivery; answers within the time that a try may take.
  caf::replies_to<atom::post, posting_ptr>::with<attempt>>;

/// The WEBHOOK SENDER protocol: sends what waits in the outbox. Detached, since it reads the store.
using webhook_sender_actor = caf::typed_actor<
  // A commit has put something into the outbox.
  caf::reacts_to<atom::wake>,
  // To itself: something is due.
  caf::reacts_to<atom::tick>,
  // To itself after the first time: erase what is old.
  caf::reacts_to<atom::prune>,
  // To itself: try again to save what there was no room for.
  caf::reacts_to<atom::save, deferred>>;

/// The PRUNER protocol. Detached, since it removes files.
using pruner_actor = caf::typed_actor<
  // Erases sources and outputs of the account's final job before their time.
  caf::replies_to<atom::erase, account_id, job_id>::with<failure>,
  // Removes the folder of a job that was refused: there is nothing else of it.
  caf::reacts_to<atom::forget, job_id>,
  // To itself: look for what is due.
  caf::reacts_to<atom::tick>>;

} // namespace convertd
