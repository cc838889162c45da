// The storage layer alone, killed at random microseconds: what a pipe says is durable is compared
// with the store after each kill.
//
//   store_kill FOLDER KILLS SEED    the last line has the figure; exit code 1 if it is not 0/0/0
//   store_kill FOLDER --steps N     works without being killed: for a recorder of system calls
//   store_kill FOLDER --backlog N   puts N pending jobs there, for the run `backlog`
#include "tests/torture/store_writer.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <set>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace convertd {
namespace {

/// A child lives at most so long after it began: with its work, or one time in four with opening
/// the store and recovering.
constexpr unsigned life_max_us = 30'000;
constexpr int begin_ms_max = 10'000;   ///< Until it says what it has done first.
constexpr int jobs_per_folder = 4'000; ///< Then a new one: looking at all of them takes long.

struct ledger {
  std::set<job_id> accepted;
  std::map<job_id, file_id> published;
  std::set<job_id> erased;
  unsigned long doubled = 0;

  void take(const acknowledgement& x) {
    using kind = acknowledgement::kind;
    if (x.what == kind::accepted)
      accepted.insert(x.job);
    if (x.what == kind::published && !published.emplace(x.job, x.output).second)
      ++doubled;
    if (x.what == kind::erased)
      erased.insert(x.job);
  }
};

struct counts {
  unsigned long lost = 0;
  unsigned long doubled = 0;
  unsigned long orphaned = 0;
  unsigned long acknowledged = 0;
};

void wait_for_work(int ledger) {
  pollfd readable{ledger, POLLIN, 0};
  if (::poll(&readable, 1, begin_ms_max) != 1)
    throw std::runtime_error{"a writer does nothing"};
}

/// Forks a writer, lets it live for a moment, and kills it.
void kill_one(const std::filesystem::path& folder, std::mt19937_64& random, ledger& known) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    throw_errno("make a pipe");
  ::fcntl(pipe[1], F_SETPIPE_SZ, 1 << 20);
  auto seed = random();
  auto at_work = random() % 4 != 0;
  auto life = static_cast<useconds_t>(random() % life_max_us);
  auto child = ::fork();
  if (child == 0) {
    try {
      open_store in{folder};
      store_writer{in, pipe[1], seed}.run();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "store_kill: %s\n", error.what());
      ::_exit(1);
    }
  }
  ::close(pipe[1]);
  if (at_work)
    wait_for_work(pipe[0]);
  ::usleep(life);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  acknowledgement x;
  while (::read(pipe[0], &x, sizeof x) == static_cast<ssize_t>(sizeof x))
    known.take(x);
  ::close(pipe[0]);
  if (!WIFSIGNALED(status))
    throw std::runtime_error{"a writer ended by itself"};
}

bool has(const std::optional<owned_fd>& fd, const std::string& bytes) {
  if (!fd)
    return false;
  std::string found(bytes.size() + 1, '\0');
  auto size = ::pread(fd->get(), found.data(), found.size(), 0);
  return size == static_cast<ssize_t>(bytes.size()) && found.starts_with(bytes);
}

bool has_source(const open_store& in, const job_record& job) {
  auto bytes = content_of(job.id);
  return job.sources_inline ? read_view{in.records}.inline_sources(job.id) == bytes
                            : has(in.files.open_source(job.id), bytes);
}

bool has_output(const open_store& in, const job_record& job, const file_record& file) {
  auto bytes = content_of(job.id);
  return file.result.stored_inline ? read_view{in.records}.inline_output(file.result.id) == bytes
                                   : has(in.files.open_output(job.id, 0), bytes);
}

/// Every job that is there must be whole, whether or not it was acknowledged.
unsigned long lost_of(const open_store& in, const ledger& known, job_id id) {
  auto job = read_view{in.records}.job(id);
  if (!job)
    return known.accepted.count(id);
  if (job->erased)
    return 0;
  unsigned long lost = known.erased.count(id) + (has_source(in, *job) ? 0U : 1U);
  auto file = read_view{in.records}.file(id, 0);
  if (!file)
    return lost + 1;
  auto done = file->progress.state == file_state::completed;
  if (done && !has_output(in, *job, *file))
    ++lost;
  if (known.published.count(id) > 0 && !done)
    ++lost;
  return lost;
}

/// Published under another id than the ledger has.
unsigned long doubled_of(const open_store& in, const ledger& known, job_id id) {
  auto told = known.published.find(id);
  auto file = read_view{in.records}.file(id, 0);
  return told != known.published.end() && file && file->result.id != told->second ? 1 : 0;
}

/// Files below live and kept that no record names.
unsigned long orphans(const open_store& in, const std::filesystem::path& folder) {
  unsigned long found = 0;
  for (const auto* part : {"live", "kept"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder / part}) {
      if (!entry.is_regular_file())
        continue;
      auto id = parse_id<job_id>(entry.path().parent_path().filename().string());
      auto job = id ? read_view{in.records}.job(*id) : std::nullopt;
      auto file = job ? read_view{in.records}.file(*id, 0) : std::nullopt;
      auto named = job && !job->erased
                   && (entry.path().filename() == "source"
                       || (file && file->progress.state == file_state::completed));
      found += named ? 0 : 1;
    }
  return found;
}

void compare(const std::filesystem::path& folder, const ledger& known, counts& sums) {
  open_store in{folder};
  std::set<job_id> all = known.accepted;
  for (const auto& job : read_view{in.records}.jobs_of(1, std::nullopt, 0, 1'000'000).jobs)
    all.insert(job.id);
  for (const auto& id : all) {
    sums.lost += lost_of(in, known, id);
    sums.doubled += doubled_of(in, known, id);
  }
  sums.orphaned += orphans(in, folder);
}

counts torment(const std::filesystem::path& root, int kills, std::mt19937_64& random) {
  counts sums;
  auto number = 0;
  for (int done = 0; done < kills;) {
    auto folder = root / std::to_string(number++);
    ledger known;
    std::filesystem::create_directories(folder);
    for (; done < kills && known.accepted.size() < jobs_per_folder; ++done) {
      kill_one(folder, random, known);
      if (done % 100 == 99 || done + 1 == kills)
        compare(folder, known, sums);
      if (done % 1'000 == 999)
        std::printf("  %d kills\n", done + 1), std::fflush(stdout);
    }
    compare(folder, known, sums);
    sums.acknowledged += known.accepted.size() + known.published.size() + known.erased.size();
    sums.doubled += known.doubled;
    std::filesystem::remove_all(folder);
  }
  return sums;
}

int run(const char* folder, const char* how, unsigned long number) {
  if (std::string_view{how} == "--steps") {
    open_store in{folder};
    auto nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    store_writer{in, nowhere, 1}.steps(static_cast<int>(number));
    return 0;
  }
  if (std::string_view{how} == "--backlog") {
    open_store in{folder};
    put_backlog(in, number);
    return 0;
  }
  std::mt19937_64 random{number};
  auto kills = std::atoi(how);
  auto sums = torment(folder, kills, random);
  std::printf("store-kill: %d kills, %lu acknowledgements: %lu lost, %lu doubled, %lu orphaned\n",
              kills, sums.acknowledged, sums.lost, sums.doubled, sums.orphaned);
  if (sums.acknowledged < static_cast<unsigned long>(kills)) {
    std::printf("  too little was done to say anything\n");
    return 1;
  }
  return sums.lost + sums.doubled + sums.orphaned == 0 ? 0 : 1;
}

} // namespace
} // namespace convertd

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: store_kill FOLDER KILLS SEED | FOLDER --steps N | "
                         "FOLDER --backlog N\n");
    return 2;
  }
  return convertd::run(argv[1], argv[2], std::strtoul(argv[3], nullptr, 10));
}
