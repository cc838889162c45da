#include "app/control_server.hpp"

#include "app/control_message.hpp"

#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace convertd {

namespace {

/// A thread inherits the mask of the one that starts it.
class signals_blocked {
public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

private:
  sigset_t before_{};
};

std::string fault(ec code, std::string message) {
  admin_reply reply;
  reply.error = {code, std::move(message), {}, {}};
  return to_json(reply);
}

/// Every way of failing becomes a reply.
std::string reply_to(const std::optional<std::string>& line, const store& records,
                     const executor& run) {
  auto request = line ? parse_admin_request(*line) : std::nullopt;
  if (!request)
    return fault(ec::invalid_json, "The request is not one line of JSON that convertd knows.");
  try {
    return to_json(perform(records, run, *request));
  } catch (const std::exception& x) {
    return fault(ec::internal, x.what());
  }
}

} // namespace

control_server::control_server(const std::filesystem::path& path, const store& records,
                               executor run)
  : path_{path},
    records_{&records},
    run_{std::move(run)},
    stop_{checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "make an eventfd")},
    socket_{listen_at(path)} {
  signals_blocked while_starting;
  thread_ = std::thread{[this] { serve(); }};
}

control_server::~control_server() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
  unlink(path_.c_str());
}

void control_server::serve() const {
  pollfd stopped{stop_.get(), POLLIN, 0};
  while (poll(&stopped, 1, 0) != 1) {
    auto soon = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    if (!wait_until_ready(socket_.get(), POLLIN, stop_.get(), soon))
      continue;
    owned_fd connection{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (connection)
      answer(connection.get());
    else // out of descriptors: the connection stays and would wake us at once
      poll(&stopped, 1, 100);
  }
}

void control_server::answer(int connection) const {
  auto until = std::chrono::steady_clock::now() + control_time_max;
  auto line = read_line(connection, control_bytes_max, stop_.get(), until);
  send_line(connection, reply_to(line, *records_, run_), stop_.get(), until);
}

} // namespace convertd
