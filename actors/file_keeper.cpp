#include "actors/file_keeper.hpp"

#include "job/crash_points.hpp"
#include "job/limits.hpp"
#include "storage/index_outputs.hpp"

#include <memory>
#include <system_error>
#include <utility>

namespace convertd {

namespace {

/// Bytes that one request may put into the store itself; what is beyond goes to disk, so that no
/// request fills a commit.
constexpr std::uint64_t inline_bytes_each_request = commit_bytes_max / 2;

/// A file on its way, and where its bytes are.
struct saving {
  saved_file record;
  std::shared_ptr<const std::string> bytes;
};

/// Makes records for `files` in `out`; what does not go into the store is named on disk.
void prepare(account_id account, std::vector<file_to_save> files, const saved_files& saved,
             const job_files& spool, std::vector<saving>& out) {
  std::uint64_t inline_bytes = 0;
  auto now = wall_clock();
  for (auto& file : files) {
    saved_file x{.id = mint<file_id>(now),
                 .account = account,
                 .name = std::move(file.name),
                 .format = file.format,
                 .size = file.size,
                 .created = now};
    x.stored_inline = file.bytes && file.size <= inline_bytes_max
                      && inline_bytes + file.size <= inline_bytes_each_request;
    if (x.stored_inline) {
      inline_bytes += file.size;
    } else {
      auto fd = file.fd;
      if (!fd) {
        fd = std::make_shared<owned_fd>(spool.nameless());
        write_all(fd->get(), *file.bytes, "write a saved file");
      }
      x.crc32 = crc32_of_file(fd->get());
      saved.keep(x.id, fd->get());
    }
    out.push_back({std::move(x), std::move(file.bytes)});
  }
}

void remove_named(const std::vector<saving>& all, const saved_files& saved) {
  for (const auto& x : all)
    if (!x.record.stored_inline)
      saved.remove(x.record.id);
}

bool any_on_disk(const std::vector<saving>& all) {
  for (const auto& x : all)
    if (!x.record.stored_inline)
      return true;
  return false;
}

void enter(write_batch& batch, account_id account, std::uint64_t storage_max,
           const std::vector<saving>& all) {
  std::uint64_t sum = 0;
  for (const auto& x : all)
    sum += x.record.size;
  if (storage_max > 0 && batch.totals(account).storage_bytes() + sum > storage_max)
    throw write_refused{fail(ec::storage_limit)};
  for (const auto& x : all)
    batch.put_saved(x.record, x.record.stored_inline ? *x.bytes : std::string_view{});
}

/// The file if it is the account's; another's is as good as none.
stored_file stored_of(account_id account, file_id id, const write_batch& batch) {
  auto found = batch.stored(id);
  if (!found || found->facts.account != account)
    throw write_refused{fail(ec::not_found)};
  return *found;
}

} // namespace

file_keeper::file_keeper(const store& records, const saved_files& saved, const job_files& of_jobs,
                         commit_function commit)
  : records_{&records}, saved_{&saved}, of_jobs_{&of_jobs}, commit_{std::move(commit)} {}

outcome<std::vector<file_id>> file_keeper::save(account_id account, std::uint64_t storage_max,
                                                std::vector<file_to_save> files) const {
  auto all = std::make_shared<std::vector<saving>>();
  try {
    prepare(account, std::move(files), *saved_, *of_jobs_, *all);
  } catch (...) { // most likely the disk is full
    remove_named(*all, *saved_);
    throw;
  }
  if (any_on_disk(*all))
    saved_->sync_new();
  auto why = commit_(
    [account, storage_max, all](write_batch& batch) { enter(batch, account, storage_max, *all); });
  crash_point("save.committed");
  std::vector<file_id> ids;
  for (const auto& x : *all) {
    ids.push_back(x.record.id);
    if (x.record.stored_inline || why.code == ec::internal)
      continue; // nobody knows whether it was saved: recovery does
    why ? saved_->remove(x.record.id) : saved_->settle(x.record.id);
  }
  if (why)
    return why;
  return ids;
}

outcome<stored_file> file_keeper::rename(account_id account, file_id id,
                                         const std::string& name) const {
  auto why = commit_([account, id, name](write_batch& batch) {
    batch.rename_stored(stored_of(account, id, batch), name);
  });
  if (why)
    return why;
  auto found = read_view{*records_}.stored(id);
  if (!found) // erased meanwhile
    return fail(ec::not_found);
  return *found;
}

std::optional<failure> file_keeper::erase(account_id account, file_id id) const {
  auto erased = std::make_shared<stored_file>();
  auto why = commit_([account, id, erased](write_batch& batch) {
    auto file = stored_of(account, id, batch);
    if (file.of_job && !is_final(batch.job(file.place.job)->state))
      throw write_refused{fail(ec::not_final)}; // its runner counts its outputs
    batch.erase_stored(file);
    *erased = std::move(file);
  });
  if (why)
    return why;
  if (erased->facts.stored_inline) // it went with its record
    return std::nullopt;
  crash_point("erase.file-doomed");
  remove_bytes(*erased);
  return std::nullopt;
}

/// That it is doomed is durable: if this fails, the next start removes it.
void file_keeper::remove_bytes(const stored_file& file) const {
  try {
    if (file.of_job)
      of_jobs_->remove_output(file.place.job, file.place.index);
    else
      saved_->remove(file.facts.id);
  } catch (const std::system_error&) {
    return;
  }
  crash_point("erase.file-removed");
  commit_([id = file.facts.id](write_batch& batch) { batch.undoom_file(id); });
  crash_point("erase.file-undoomed");
}

void recover_stored_files(store& in, const saved_files& saved, const job_files& of_jobs) {
  index_outputs(in);
  auto doomed = read_view{in}.doomed_files();
  for (const auto& [id, place] : doomed)
    place ? of_jobs.remove_output(place->job, place->index) : saved.remove(id);
  for (const auto& id : saved.unsettled()) {
    read_view{in}.saved(id) ? saved.settle(id) : saved.remove(id);
    crash_point("recover.file-tidied");
  }
  if (doomed.empty())
    return;
  crash_point("recover.file-doomed-removed");
  write_batch batch{in};
  for (const auto& [id, place] : doomed)
    batch.undoom_file(id);
  batch.commit();
}

} // namespace convertd
