#include "actors/process_watch.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

int watch_with(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

} // namespace

process_watch::process_watch()
  : epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "make an epoll")},
    stop_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "make an eventfd")} {
  checked(watch_with(epoll_.get(), stop_.get()), "watch an eventfd");
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "codec-watch");
}

process_watch::~process_watch() {
  std::uint64_t one = 1;
  [[maybe_unused]] auto sent = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void process_watch::add(int pidfd, std::function<void()> ended) {
  owned_fd own{::fcntl(pidfd, F_DUPFD_CLOEXEC, 0)};
  if (!own)
    return;
  auto key = own.get();
  std::lock_guard lock{mutex_};
  watched_[key] = {std::move(own), std::move(ended)};
  if (watch_with(epoll_.get(), key) != 0)
    watched_.erase(key);
}

std::function<void()> process_watch::take(int pidfd) {
  std::lock_guard lock{mutex_};
  // Closing it would not do: the worker has a descriptor of the same.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, pidfd, nullptr);
  auto found = watched_.extract(pidfd);
  return found ? std::move(found.mapped().ended) : nullptr;
}

void process_watch::run() {
  epoll_event event{};
  for (;;) {
    auto count = ::epoll_wait(epoll_.get(), &event, 1, -1);
    if (count == 1 && event.data.fd == stop_.get())
      return;
    if (count == 1)
      if (auto ended = take(event.data.fd))
        ended();
    if (count < 0 && errno != EINTR)
      return;
  }
}

} // namespace convertd
