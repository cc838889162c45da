// What actors say to each other, as plain values. None of it leaves the process, so none of it is
// serialised: types are allowed as "unsafe" messages, and large ones travel as shared_ptr<const>.
#pragma once

#include "actors/commands.hpp"
#include "codec/client.hpp"
#include "job/job.hpp"
#include "job/webhook.hpp"
#include "storage/fd.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace convertd {

class write_batch;

/// A new job on its way to the store.
using submission_ptr = std::shared_ptr<const submission>;

/// An output of at most inline_bytes_max, to be kept in the store.
struct inline_output {
  file_id id;
  std::shared_ptr<const std::string> bytes;
};

/// One step of a job: its record, the files it touched, outputs to go with them. Durable together.
struct job_update {
  job_record job;
  bool job_changed = true; ///< False: only the files are written; `job` says whose they are.
  std::vector<file_record> files;
  std::vector<inline_output> outputs;
  bool folder_touched = false; ///< An output was named in the job's folder: sync it first.
};
using job_update_ptr = std::shared_ptr<const job_update>;

/// Runs inside the snapshotter's next commit. May throw write_refused or std::invalid_argument
/// before it writes.
using write_function = std::shared_ptr<const std::function<void(write_batch&)>>;

/// One file for a codec.
struct file_task {
  job_id job;
  account_id account = 0;
  file_record file;
  bool sources_inline = false;
  /// Of a synchronous request, which the store knows nothing of: then its output gets no name.
  std::shared_ptr<const upload> sources;

  bool is_sync() const {
    return sources != nullptr;
  }
  job_priority priority = job_priority::normal;
};
using file_task_ptr = std::shared_ptr<const file_task>;

/// How one attempt at a file ended.
struct file_outcome {
  enum class kind : std::uint8_t {
    converted,
    refused,
    died,
    interrupted,
    postponed, ///< Nothing was tried: no room on the disk, no codec process, a stop. Costs no try.
  };
  kind what = kind::interrupted;
  failure why;        ///< For all but converted.
  file_result result; ///< For converted; `id` and the place of the bytes are set.
  std::shared_ptr<const std::string> bytes; ///< Of a small output; else it is in the job's folder
  std::shared_ptr<const owned_fd> file;     ///< … or, of a synchronous request, here.
};

/// Of an attempt that gave no result.
inline file_outcome ended_as(file_outcome::kind what, failure why) {
  file_outcome x;
  x.what = what;
  x.why = std::move(why);
  return x;
}

/// What a worker says after reading a header: the header, and an outcome if there is one already.
struct probe_outcome {
  image_header header;               ///< Of what could not be read only the format, if that.
  std::optional<file_outcome> ended; ///< Nothing: convert or skip is next.
};

/// A new job, and whom to tell how it ended: once, from any thread; none = it is durable.
struct submit_order {
  submission what;
  std::function<void(const failure&)> settled;
};
using submit_order_ptr = std::shared_ptr<const submit_order>;

/// Asked of the supervisor and the snapshotter; `why` is none for success.
struct job_reply {
  job_record job;
  failure why;
};

/// A synchronous request, and whom to tell how it ended: once, from any thread.
struct sync_order {
  sync_request what;
  std::function<void(sync_result)> done;
};
using sync_order_ptr = std::shared_ptr<const sync_order>;

using file_list = std::vector<file_record>;

/// A job that waits for its turn.
struct waiting_job {
  job_id id;
  account_id account = 0;
  std::uint32_t files = 0;
  std::uint64_t account_jobs_max = 0; ///< From the plan; 0 = the server's.
  std::uint64_t bytes = 0;            ///< Of its sources.
  job_priority priority = job_priority::normal;
};

/// A pidfd of a codec process.
using process_ptr = std::shared_ptr<const owned_fd>;

/// A delivery with its address.
struct posting {
  delivery_record delivery;
  std::string url;
  std::vector<std::string> secrets; ///< Each signs; none = unsigned.
  std::string request_id{};         ///< Of the request that made the job, …
  std::string trace_parent{};       ///< … and its place in a trace; empty = none.
};
using posting_ptr = std::shared_ptr<const posting>;

/// What an actor tells itself to do later.
using deferred = std::shared_ptr<const std::function<void()>>;

} // namespace convertd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::job_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::submission_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::job_update_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::write_function)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::file_task_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::file_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::probe_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::submit_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::sync_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::job_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::failure)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::file_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::waiting_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::process_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::pool_figures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::server_figures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::posting_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(convertd::deferred)

CAF_BEGIN_TYPE_ID_BLOCK(convertd, caf::first_custom_type_id)

  CAF_ADD_ATOM(convertd, convertd::atom, cancel, "cancel")
  CAF_ADD_ATOM(convertd, convertd::atom, convert, "convert")
  CAF_ADD_ATOM(convertd, convertd::atom, count, "count")
  CAF_ADD_ATOM(convertd, convertd::atom, drain, "drain")
  CAF_ADD_ATOM(convertd, convertd::atom, ended, "ended")
  CAF_ADD_ATOM(convertd, convertd::atom, erase, "erase")
  CAF_ADD_ATOM(convertd, convertd::atom, flush, "flush")
  CAF_ADD_ATOM(convertd, convertd::atom, forget, "forget")
  CAF_ADD_ATOM(convertd, convertd::atom, load, "load")
  CAF_ADD_ATOM(convertd, convertd::atom, look, "look")
  CAF_ADD_ATOM(convertd, convertd::atom, note, "note")
  CAF_ADD_ATOM(convertd, convertd::atom, post, "post")
  CAF_ADD_ATOM(convertd, convertd::atom, probe, "probe")
  CAF_ADD_ATOM(convertd, convertd::atom, prune, "prune")
  CAF_ADD_ATOM(convertd, convertd::atom, put, "put")
  CAF_ADD_ATOM(convertd, convertd::atom, rested, "rested")
  CAF_ADD_ATOM(convertd, convertd::atom, resume, "resume")
  CAF_ADD_ATOM(convertd, convertd::atom, save, "save")
  CAF_ADD_ATOM(convertd, convertd::atom, skip, "skip")
  CAF_ADD_ATOM(convertd, convertd::atom, started, "started")
  CAF_ADD_ATOM(convertd, convertd::atom, submit, "submit")
  CAF_ADD_ATOM(convertd, convertd::atom, tick, "tick")
  CAF_ADD_ATOM(convertd, convertd::atom, wake, "wake")
  CAF_ADD_ATOM(convertd, convertd::atom, write, "write")

CAF_END_TYPE_ID_BLOCK(convertd)
