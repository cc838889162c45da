#include "storage/spool_check.hpp"

#include "storage/fd.hpp"
#include "storage/nameless.hpp"
#include "storage/record.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace convertd {

namespace {

namespace fs = std::filesystem;

/// At the first of two places if it is there or nowhere, else at the second.
named_file at_one_of(const fs::path& data, fs::path first, fs::path second) {
  std::error_code failed;
  if (!fs::exists(data / first, failed) && fs::exists(data / second, failed))
    std::swap(first, second);
  named_file x;
  x.path = std::move(first);
  x.other = std::move(second);
  return x;
}

named_file file_of_job(const fs::path& data, job_id job, const std::string& name) {
  auto id = to_text(job);
  auto x =
    at_one_of(data, fs::path{"live"} / id / name, fs::path{"kept"} / shard_of(id) / id / name);
  x.job = job;
  return x;
}

named_file source_of(const fs::path& data, const job_record& job) {
  auto x = file_of_job(data, job.id, "source");
  x.bytes = job.source_bytes;
  x.crc32 = job.source_crc32;
  return x;
}

named_file output_of(const fs::path& data, const job_record& job, const file_record& file) {
  auto x = file_of_job(data, job.id, std::to_string(file.index));
  x.bytes = file.result.size;
  x.crc32 = file.result.crc32;
  x.stored.emplace();
  x.stored->facts.id = file.result.id;
  x.stored->of_job = true;
  return x;
}

named_file file_of(const fs::path& data, const saved_file& saved) {
  auto id = to_text(saved.id);
  auto x = at_one_of(data, fs::path{"files"} / shard_of(id) / id, fs::path{"files"} / "new" / id);
  x.bytes = saved.size;
  x.crc32 = saved.crc32;
  x.stored.emplace();
  x.stored->facts = saved;
  return x;
}

/// Decodes, and gives nothing for what is damaged.
template <class Decode>
auto unless_damaged(Decode decode) -> std::optional<decltype(decode())> {
  try {
    return decode();
  } catch (const store_error& error) {
    if (!error.damaged())
      throw;
    return std::nullopt;
  }
}

void each_of_jobs(const fs::path& data, MDB_txn* txn, const store::databases& tables,
                  const std::function<void(const named_file&)>& visit) {
  cursor at{txn, tables.job};
  for (auto more = at.first(); more; more = at.next()) {
    auto job = unless_damaged([&] { return decode_job(at.value()); });
    if (!job || job->erased || job->state == job_state::uploading)
      continue;
    if (!job->sources_inline)
      visit(source_of(data, *job));
    cursor file_at{txn, tables.file};
    for (auto has = file_at.seek(job->id.view()); has && file_at.key().starts_with(job->id.view());
         has = file_at.next()) {
      auto file = unless_damaged([&] { return decode_file(file_at.value()); });
      if (file && file->progress.state == file_state::completed && !file->result.erased
          && !file->result.stored_inline)
        visit(output_of(data, *job, *file));
    }
  }
}

void each_saved(const fs::path& data, MDB_txn* txn, const store::databases& tables,
                const std::function<void(const named_file&)>& visit) {
  cursor at{txn, tables.saved};
  for (auto more = at.first(); more; more = at.next()) {
    auto saved = unless_damaged([&] { return decode_saved(at.value()); });
    if (saved && !saved->stored_inline)
      visit(file_of(data, *saved));
  }
}

} // namespace

void each_named_file(const fs::path& data, MDB_txn* txn, const store::databases& tables,
                     const std::function<void(const named_file&)>& visit) {
  each_of_jobs(data, txn, tables, visit);
  each_saved(data, txn, tables, visit);
}

std::string check_file(const fs::path& data, const named_file& x) {
  owned_fd fd{::open((data / x.path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  auto name = "file " + x.path.string();
  if (!fd)
    return errno == ENOENT ? name + " is missing" : name + " cannot be opened";
  struct stat found {};
  checked(::fstat(fd.get(), &found), "look at a file");
  if (static_cast<std::uint64_t>(found.st_size) != x.bytes)
    return name + " has " + std::to_string(found.st_size) + " bytes, its record says "
           + std::to_string(x.bytes);
  try {
    if (x.crc32 && crc32_of_file(fd.get()) != *x.crc32)
      return name + " does not fit its checksum";
  } catch (const std::system_error& error) {
    return name + " cannot be read: " + error.code().message();
  }
  return {};
}

} // namespace convertd
