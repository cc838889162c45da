#include "webhooks/resolver.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace convertd {

namespace {

/// Shared by who asks and the thread that looks up; the last of the two drops it.
struct lookup {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::vector<ip_address> found;
};

constexpr std::chrono::milliseconds look_around{100};

std::atomic<int> running = 0;

std::vector<ip_address> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0)
    return {};
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{list, &::freeaddrinfo};
  std::vector<ip_address> out;
  for (auto* each = list; each != nullptr; each = each->ai_next)
    if (auto address = ip_of(*each->ai_addr); address && std::ranges::count(out, *address) == 0)
      out.push_back(*address);
  return out;
}

void run(const std::shared_ptr<lookup>& shared, const std::string& host) {
  auto found = look_up(host);
  {
    std::lock_guard lock{shared->mutex};
    shared->found = std::move(found);
    shared->done = true;
  }
  shared->ended.notify_one();
  --running;
}

} // namespace

std::optional<std::vector<ip_address>> resolve(const std::string& host,
                                               const std::function<bool()>& give_up) {
  if (auto literal = parse_ip(host))
    return std::vector{*literal};
  if (++running > lookups_max) {
    --running;
    return std::nullopt;
  }
  auto shared = std::make_shared<lookup>();
  try {
    std::thread{run, shared, host}.detach();
  } catch (const std::system_error&) { // the system has no thread for it
    --running;
    return std::nullopt;
  }
  std::unique_lock lock{shared->mutex};
  while (!shared->done && !give_up())
    shared->ended.wait_for(lock, look_around);
  if (!shared->done || shared->found.empty())
    return std::nullopt;
  return shared->found;
}

} // namespace convertd
