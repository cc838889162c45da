#include "app/store_child.hpp"

#include "app/log.hpp"
#include "job/test_hooks.hpp"
#include "storage/fd.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t damage_lines_max = 20;
constexpr milliseconds grace{2'000}; ///< Beyond the time that the child itself keeps.
constexpr int exit_unable = 1;

[[noreturn]] void be_the_child(int out, pid_t parent, const std::function<std::string()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(exit_unable);
  rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (auto signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL})
    std::signal(signal, SIG_DFL);
  owned_fd nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  ::dup2(nowhere.get(), STDERR_FILENO); // LMDB's own last words
  try {
    write_all(out, work(), "report");
    ::_exit(0);
  } catch (const std::exception& error) {
    write_all(out, std::string_view{error.what()}, "report");
    ::_exit(exit_unable);
  }
}

/// Everything until the other end is closed; false if the time was up before.
bool read_until(int fd, steady_clock::time_point until, std::string& into) {
  std::array<char, 4096> buffer{};
  for (;;) {
    auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now()).count();
    pollfd waiting{fd, POLLIN, 0};
    auto ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<long>(left, 0, 1'000)));
    if (ready == 0 && left <= 0)
      return false;
    if (ready <= 0)
      continue;
    auto got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0)
      return true;
    if (got > 0)
      into.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  return status;
}

// What the child says: lines of a word and the rest.

std::string to_text(const check_result& x) {
  std::ostringstream out;
  auto lines = std::min(x.damage.size(), damage_lines_max);
  for (std::size_t i = 0; i < lines; ++i)
    out << "damage " << x.damage[i] << '\n';
  if (!x.newer.empty())
    out << "newer " << x.newer << '\n';
  out << "damaged " << x.damage.size() << "\npages " << x.pages << "\nrecords " << x.records
      << "\nfiles " << x.files << "\nreach " << static_cast<int>(x.reach) << "\n";
  return out.str();
}

store_report parse(const std::string& text) {
  store_report x;
  std::istringstream in{text};
  auto reach = check_reach::some_pages;
  for (std::string word; in >> word;) {
    std::string rest;
    std::getline(in >> std::ws, rest);
    auto number = [&rest] { return std::strtoull(rest.c_str(), nullptr, 10); };
    if (word == "damage")
      x.damage.push_back(rest);
    else if (word == "newer")
      x.newer = rest;
    else if (word == "damaged")
      x.damaged = number();
    else if (word == "pages")
      x.pages = number();
    else if (word == "records")
      x.records = number();
    else if (word == "files")
      x.files = number();
    else if (word == "reach")
      reach = static_cast<check_reach>(number());
  }
  if (!x.newer.empty())
    x.state = store_state::newer;
  else if (x.damaged > 0)
    x.state = store_state::damaged;
  else if (reach == check_reach::all)
    x.state = store_state::whole;
  else
    x.state = reach == check_reach::pages ? store_state::not_compared : store_state::unfinished;
  return x;
}

/// Files of jobs or saved files, from before the store went.
bool holds_files(const std::filesystem::path& data) {
  namespace fs = std::filesystem;
  std::error_code failed;
  for (const auto* name : {"live", "kept", "files"})
    for (fs::recursive_directory_iterator at{data / name, failed}, end; at != end;
         at.increment(failed))
      if (!failed && at->is_regular_file(failed))
        return true;
  return false;
}

} // namespace

working_child::working_child(const std::function<std::string()>& work, milliseconds within)
  : until_{within.count() == 0 ? steady_clock::time_point::max() : steady_clock::now() + within} {
  std::array<int, 2> ends{};
  checked(::pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  in_ = owned_fd{ends[0]};
  owned_fd out{ends[1]};
  auto parent = ::getpid();
  pid_ = checked(::fork(), "start a process");
  if (pid_ == 0)
    be_the_child(out.get(), parent, work);
}

working_child::~working_child() {
  if (pid_ < 0)
    return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
}

child_end working_child::wait() {
  child_end x;
  x.overdue = !read_until(in_.get(), until_, x.said);
  auto child = std::exchange(pid_, -1);
  if (x.overdue)
    ::kill(child, SIGKILL);
  auto status = wait_for(child);
  x.signal = WIFSIGNALED(status) && !x.overdue ? WTERMSIG(status) : 0;
  x.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return x;
}

child_end run_in_child(const std::function<std::string()>& work, milliseconds within) {
  return working_child{work, within}.wait();
}

store_check_run::store_check_run(const std::filesystem::path& data, check_options options,
                                 milliseconds within)
  : child_{[&] {
             if (within.count() > 0)
               options.until = steady_clock::now() + within;
             return to_text(check_store(data, options));
           },
           within.count() > 0 ? within + grace : within} {}

store_report store_check_run::wait() {
  auto end = child_.wait();
  if (end.exit_code != 0)
    throw std::runtime_error{"The store could not be checked: " + end.said};
  auto x = parse(end.said);
  if (end.overdue)
    x.state = store_state::unfinished;
  if (end.signal != 0) {
    x.state = store_state::damaged;
    x.damage.push_back(std::string{"the process that read it ended with \""}
                       + ::strsignal(end.signal) + "\": a page is not what it must be");
    ++x.damaged;
  }
  return x;
}

store_report check_in_child(const std::filesystem::path& data, const check_options& options,
                            milliseconds within) {
  return store_check_run{data, options, within}.wait();
}

std::string advice(const store_report& x, const std::filesystem::path& data) {
  if (x.state == store_state::newer)
    return "The store in " + data.string() + " was written by a newer convertd (" + x.newer
           + "). Run that program; this one changes nothing.";
  auto first = x.damage.empty() ? std::string{"what is wrong is not known"} : x.damage.front();
  auto more = x.damaged > 1 ? " and " + std::to_string(x.damaged - 1) + " more" : std::string{};
  return "The store in " + data.string() + " is damaged: " + first + more
         + ". Nothing was changed. See all with \"convertd store check\"; save what can be read "
           "with \"convertd store repair\", or go back to the last copy with \"convertd store "
           "restore\".";
}

bool has_store(const std::filesystem::path& data) {
  if (std::filesystem::exists(data / "store"))
    return true;
  if (!holds_files(data))
    return false;
  store_report missing{.state = store_state::damaged, .damage = {}, .newer = {}};
  missing.damage.emplace_back("the folder store is missing, and files of jobs are there");
  throw store_refused{missing, data};
}

opening_check::opening_check(std::filesystem::path data, const store_settings& with)
  : data_{std::move(data)}, within_{with.check_time} {
  if (!has_store(data_))
    return; // a new one
  if (fault_wanted("unchecked-store"))
    return;
  check_options options{
    .extent = check_extent::records, .map_bytes = with.map, .compare_time = with.compare_time};
  run_.emplace(data_, options, within_);
}

void opening_check::pass() {
  if (!run_)
    return;
  auto found = run_->wait();
  if (found.state == store_state::unfinished)
    log_warning("the store could not be checked within " + std::to_string(within_.count())
                + " ms and is opened all the same; \"convertd store check\" looks at all of it");
  else if (found.state == store_state::not_compared)
    log_info("all " + std::to_string(found.pages)
             + " pages of the store are as they must be; "
               "not all records could be compared in time, which the next copy of it does");
  else if (found.state != store_state::whole)
    throw store_refused{found, data_};
}

} // namespace convertd
