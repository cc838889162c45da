// Fills the store of a data directory, whose server is down, with jobs that have ended: to see what
// a server does that has had a million of them.
//
//   bench_fill_store DATA ACCOUNT JOBS     the account's name
#include "storage/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

namespace convertd::bench {
namespace {

constexpr std::uint64_t jobs_a_commit = 2'000;
constexpr std::size_t source_bytes = 400;
constexpr std::size_t output_bytes = 400;

job_record ended_job(account_id owner, timestamp at) {
  job_record job;
  job.id = mint<job_id>(at);
  job.account = owner;
  job.state = job_state::completed;
  job.files_total = job.files_completed = 1;
  job.change = 2;
  job.created = job.started = job.completed = at;
  job.expires = at + std::chrono::hours{24 * 30};
  job.source_bytes = source_bytes;
  job.output_bytes = output_bytes;
  job.sources_inline = true;
  return job;
}

file_record ended_file(const job_record& job) {
  file_record file;
  file.source_name = "picture.png";
  file.target_name = "picture.webp";
  file.length = job.source_bytes;
  file.what.target = image_format::webp;
  file.progress.state = file_state::completed;
  file.result.id = mint<file_id>(job.created);
  file.result.size = output_bytes;
  file.result.width = file.result.height = 64;
  file.result.applied_quality = 82;
  file.result.stored_inline = true;
  file.change = job.change;
  return file;
}

void put(write_batch& to, account_id owner, timestamp at) {
  auto job = ended_job(owner, at);
  auto file = ended_file(job);
  job_spec spec;
  spec.base_url = "http://127.0.0.1:8080";
  to.put_job(job);
  to.put_spec(job.id, spec);
  to.put_inline_sources(job.id, std::string(source_bytes, 'x'));
  to.put_file(job.id, file);
  to.put_inline_output(file.result.id, std::string(output_bytes, 'x'));
}

void fill(const std::string& data, const std::string& account, std::uint64_t jobs) {
  store in{data + "/store", {.sync = false}}; // it is all for nothing if it fails
  auto owner = read_view{in}.account_named(account);
  if (!owner)
    throw std::runtime_error{"there is no account " + account};
  auto first = wall_clock() - milliseconds{jobs};
  for (std::uint64_t done = 0; done < jobs;) {
    auto until = std::min(jobs, done + jobs_a_commit);
    write_batch batch{in};
    for (; done < until; ++done)
      put(batch, owner->id, first + milliseconds{done});
    batch.commit();
  }
}

} // namespace
} // namespace convertd::bench

int main(int count, char** words) {
  if (count != 4)
    return std::fputs("usage: bench_fill_store DATA ACCOUNT JOBS\n", stderr), 2;
  try {
    convertd::bench::fill(words[1], words[2], std::strtoull(words[3], nullptr, 10));
    return 0;
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "bench_fill_store: %s\n", error.what()), 1;
  }
}
