#include "tests/torture/store_writer.hpp"

#include "job/test_hooks.hpp"
#include "storage/fd.hpp"

#include <algorithm>
#include <functional>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

constexpr account_id owner = 1;
constexpr milliseconds retention{3'600'000};
/// Above what the store takes itself, half of the time.
constexpr std::size_t large_bytes = inline_bytes_max + 1;
constexpr std::size_t small_bytes = 500;
constexpr std::uint64_t backlog_commit = 1'000; ///< Jobs in one commit of a backlog.

/// Of one file.
job_record new_job() {
  job_record job;
  job.id = mint<job_id>(wall_clock());
  job.account = owner;
  job.state = job_state::pending;
  job.files_total = 1;
  job.created = wall_clock();
  job.source_bytes = content_of(job.id).size();
  job.sources_inline = job.source_bytes <= inline_bytes_max;
  return job;
}

void put(write_batch& batch, const job_record& job) {
  file_record file;
  file.length = job.source_bytes;
  batch.put_job(job);
  batch.put_spec(job.id, {});
  if (job.sources_inline)
    batch.put_inline_sources(job.id, content_of(job.id));
  batch.put_file(job.id, file);
}

} // namespace

std::string content_of(job_id job) {
  auto id = std::string{job.view()};
  auto large = std::hash<std::string>{}(id) % 2 == 0;
  std::string bytes;
  while (bytes.size() < (large ? large_bytes : small_bytes))
    bytes += id;
  return bytes;
}

void put_backlog(open_store& in, std::uint64_t count) {
  for (std::uint64_t done = 0; done < count;) {
    write_batch batch{in.records};
    for (auto end = std::min(count, done + backlog_commit); done < end;)
      if (auto job = new_job(); job.sources_inline) {
        put(batch, job);
        ++done;
      }
    batch.commit();
  }
}

open_store::open_store(const std::filesystem::path& folder)
  : files{folder},
    records{folder / "store", {.map_bytes = 1 * gib, .sync = true}},
    recovered{recover(records, files, wall_clock(), retention)} {}

store_writer::store_writer(open_store& in, int ledger, std::uint64_t seed)
  : in_{&in}, ledger_{ledger}, random_{seed} {
  for (const auto& job : in.recovered.jobs)
    publish(*read_view{in.records}.job(job.id));
}

void store_writer::run() {
  for (;;)
    step();
}

void store_writer::steps(int count) {
  for (int i = 0; i < count; ++i)
    step();
}

void store_writer::step() {
  auto job = accept();
  publish(job);
  if (random_() % 4 == 0)
    erase(job.id);
}

job_record store_writer::accept() {
  auto job = new_job();
  if (!job.sources_inline) {
    auto fd = in_->files.nameless();
    write_all(fd.get(), content_of(job.id), "write a source");
    in_->files.keep_source(job.id, fd.get());
    in_->files.sync_live();
  }
  write_batch batch{in_->records};
  put(batch, job);
  batch.commit();
  tell({acknowledgement::kind::accepted, job.id, {}});
  return job;
}

void store_writer::publish(job_record job) {
  job.state = job_state::processing;
  auto file = *read_view{in_->records}.file(job.id, 0);
  file.progress = started(file.progress);
  {
    write_batch batch{in_->records};
    batch.put_job(job);
    batch.put_file(job.id, file);
    batch.commit();
  }
  auto bytes = content_of(job.id);
  file.progress = converted(file.progress);
  file.result.id = mint<file_id>(wall_clock());
  file.result.size = bytes.size();
  file.result.stored_inline = bytes.size() <= inline_bytes_max;
  file.change = ++job.change;
  count_ended(job, file);
  settle_if_done(job, wall_clock(), retention);
  auto name_it = [&] {
    if (file.result.stored_inline)
      return;
    auto fd = in_->files.nameless();
    write_all(fd.get(), bytes, "write an output");
    in_->files.keep_output(job.id, 0, fd.get());
    in_->files.sync_folder(job.id);
    in_->files.sync_live();
  };
  auto late = fault_wanted("record-before-bytes");
  if (!late)
    name_it();
  {
    write_batch batch{in_->records};
    batch.put_job(job);
    batch.put_file(job.id, file);
    if (file.result.stored_inline)
      batch.put_inline_output(file.result.id, bytes);
    batch.commit();
  }
  if (late)
    name_it();
  tell({acknowledgement::kind::published, job.id, file.result.id});
  in_->files.settle(job.id);
}

void store_writer::erase(job_id job) {
  {
    write_batch batch{in_->records};
    batch.erase_bytes(job);
    batch.commit();
  }
  tell({acknowledgement::kind::erased, job, {}});
  in_->files.remove(job);
  write_batch batch{in_->records};
  batch.undoom(job);
  batch.commit();
}

void store_writer::tell(const acknowledgement& what) const {
  if (::write(ledger_, &what, sizeof what) < 0)
    throw_errno("write to the ledger");
}

} // namespace convertd
