// What the run `store-kill` kills: the storage layer alone, as the server uses it.
#pragma once

#include "actors/recovery.hpp"
#include "storage/job_files.hpp"
#include "storage/store.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <random>

namespace convertd {

/// One line of the ledger, written to a pipe when a commit has returned: whoever reads it knows
/// that this much was acknowledged. Smaller than PIPE_BUF, so it is there whole or not at all.
struct acknowledgement {
  enum class kind : std::uint8_t { accepted, published, erased };
  kind what = kind::accepted;
  job_id job;
  file_id output; ///< Of a published one.
};

/// One data directory, opened and recovered as at a start of the server.
struct open_store {
  explicit open_store(const std::filesystem::path& folder);

  job_files files;
  store records;
  recovery_report recovered;
};

/// Accepts jobs of one file, publishes their outputs, and erases some, in an endless loop; says
/// what is durable to `ledger`, a pipe. Begins with the jobs that were not final.
class store_writer {
public:
  store_writer(open_store& in, int ledger, std::uint64_t seed);

  [[noreturn]] void run();
  void steps(int count);

private:
  void step();
  job_record accept();
  void publish(job_record job);
  void erase(job_id job);
  void tell(const acknowledgement& what) const;

  open_store* in_;
  int ledger_;
  std::mt19937_64 random_;
};

/// Puts so many pending jobs there, of one small file each, which is no image.
void put_backlog(open_store& in, std::uint64_t count);

/// The bytes of a job's source and of its output, as its id says.
std::string content_of(job_id job);

} // namespace convertd
