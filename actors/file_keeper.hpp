// Stored files: how they come to be, change their name, and go. Their order on disk is that of
// everything else: bytes first, then the record; on erasure the record first, then the bytes.
#pragma once

#include "actors/commands.hpp"
#include "storage/job_files.hpp"
#include "storage/saved_files.hpp"
#include "storage/store.hpp"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace convertd {

/// Runs a function in the store's next commit; returns once that is durable, or with why not. The
/// function may run later than that, so it owns what it uses.
using commit_function = std::function<failure(std::function<void(write_batch&)>)>;

/// What `commands` promises of stored files, for whoever can reach the store. Called by any thread.
class file_keeper {
public:
  file_keeper(const store& records, const saved_files& saved, const job_files& of_jobs,
              commit_function commit);

  outcome<std::vector<file_id>> save(account_id account, std::uint64_t storage_max,
                                     std::vector<file_to_save> files) const;
  outcome<stored_file> rename(account_id account, file_id id, const std::string& name) const;
  std::optional<failure> erase(account_id account, file_id id) const;

private:
  void remove_bytes(const stored_file& file) const;

  const store* records_;
  const saved_files* saved_;
  const job_files* of_jobs_;
  commit_function commit_;
};

/// At start-up, before anything is served: what a crash left of files that were being saved or
/// erased goes. The cost grows with those, not with what is kept. Throws store_error and
/// std::system_error.
void recover_stored_files(store& in, const saved_files& saved, const job_files& of_jobs);

} // namespace convertd
