// What must hold after every commit, whatever happened: the invariants of ARCHITECTURE.md as far as
// the store and the folders show them.
#pragma once

#include "storage/job_files.hpp"
#include "storage/store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace convertd {

class invariants {
public:
  invariants(const store& records, const job_files& files,
             std::function<void(const std::string&)> violation)
    : records_{&records}, files_{&files}, violation_{std::move(violation)} {}

  void submitted(job_id id);    ///< It may be there from now on …
  void acknowledged(job_id id); ///< … it must …
  void cancelled(job_id id);    ///< … it must be cancelled …
  void may_be_erased(job_id id);
  void erased(job_id id); ///< … its bytes must be gone.

  void check(timestamp now);
  /// When nothing is at work any more and no fault comes: everything has ended and was told.
  void check_end(account_id account, const std::function<bool(delivery_id)>& delivered) const;

private:
  struct known_job {
    bool acknowledged = false;
    bool cancelled = false;
    bool may_be_erased = false;
    bool erased = false;
    std::optional<timestamp> records_until; ///< Once it has ended.
    job_state state = job_state::uploading;
    std::map<std::uint32_t, file_record> files;
  };

  void check_job(job_id id, known_job& known, timestamp now);
  void check_states(const job_record& job, known_job& known, timestamp now);
  void check_file(const job_record& job, known_job& known, const file_record& file);
  void check_counts(const job_record& job, const std::vector<file_record>& files);
  void check_bytes(const job_record& job, const file_record& file);

  const store* records_;
  const job_files* files_;
  std::function<void(const std::string&)> violation_;
  std::map<job_id, known_job> jobs_;
};

} // namespace convertd
