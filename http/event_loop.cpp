#include "http/event_loop.hpp"

#include "http/listener.hpp"
#include "job/limits.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace convertd {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t listener_id = 0;
constexpr std::uint64_t bell_id = 1;
constexpr int accepts_per_round = 64;
/// Looks at jobs by so many clients fit into what the loop may serve by itself in a round
/// (serving_here_max). What does not goes to workers, which is dearer than the look itself.
constexpr std::size_t events_per_round = 128;
constexpr milliseconds tick{500}; ///< The longest sleep; see also queue_time_max.
/// Refused connections that may linger beyond connections_max; more are closed without a word.
constexpr std::size_t refused_max = 256;

int register_with(int epoll, int fd, std::uint64_t id, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

} // namespace

event_loop::event_loop(owned_fd listener, const front_options& bounds, watch_list& watches,
                       loop_hooks hooks)
  : bounds_{&bounds},
    watches_{&watches},
    hooks_{std::move(hooks)},
    epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "make an epoll")},
    listener_{std::move(listener)},
    proxies_{bounds.trusted_proxies},
    next_id_{bell_id + 1},
    scratch_(16 * kib) {
  checked(register_with(epoll_.get(), listener_.get(), listener_id, EPOLLIN), "watch the listener");
  checked(register_with(epoll_.get(), mail_.bell(), bell_id, EPOLLIN), "watch the mailbox");
}

event_loop::~event_loop() = default;

void event_loop::run() {
  std::array<epoll_event, events_per_round> events{};
  auto next_tick = steady_clock::now() + tick;
  while (!stopping_) {
    auto count = ::epoll_wait(epoll_.get(), events.data(), events.size(), milliseconds_to_wait());
    round_began_ = steady_clock::now();
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == listener_id)
        accept_some();
      else if (events[i].data.u64 != bell_id)
        on_event(events[i].data.u64, events[i].events);
    }
    take_messages();
    expire();
    if (auto now = steady_clock::now(); now >= next_tick) {
      next_tick = now + tick;
      on_tick();
    }
  }
}

int event_loop::milliseconds_to_wait() const {
  auto next = deadlines_.next();
  if (!next)
    return static_cast<int>(tick.count());
  auto left = std::chrono::ceil<milliseconds>(*next - steady_clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, tick).count());
}

void event_loop::on_tick() {
  if (!accepting_ && listener_) {
    accepting_ = register_with(epoll_.get(), listener_.get(), listener_id, EPOLLIN) == 0;
  }
  for (auto& late : hooks_.overdue()) {
    auto& from = *late;
    waiting_.emplace(from.id, std::move(late));
    from.unsent.empty() ? refuse(from, {ec::queue_full, {}, {}, {}}) : drop(from);
  }
}

// --- Messages from other threads ---------------------------------------------------------------

void event_loop::drain() {
  draining_ = true; // workers see it at once
  mail_.drain();
}

bool event_loop::wait_until_empty(milliseconds time) {
  std::unique_lock lock{mutex_};
  return became_empty_.wait_for(lock, time, [this] { return drained_; });
}

void event_loop::take_messages() {
  auto told = mail_.take();
  stopping_ = told.stop;
  for (auto& [from, step] : told.returned)
    take_back(std::move(from), step);
  for (auto id : told.rung)
    on_ring(id);
  if (told.drain)
    begin_drain();
}

// --- Accepting ---------------------------------------------------------------------------------

void event_loop::accept_some() {
  for (int i = 0; i < accepts_per_round && listener_; ++i) {
    auto [socket, peer] = accept_from(listener_.get());
    if (socket) {
      admit(std::move(socket), peer);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // It would be reported again and again; on_tick() looks once more.
      accepting_ = false;
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void event_loop::admit(owned_fd socket, const peer_address& peer) {
  if (total_ >= bounds_->connections_max + refused_max)
    return; // closes it
  auto fresh = std::make_unique<connection>();
  auto& from = *fresh;
  from.socket = std::move(socket);
  from.peer = peer.counted_as();
  from.from_proxy = proxies_.contains(peer);
  if (from.from_proxy)
    from.proxy = from.peer;
  from.id = next_id_++;
  if (register_with(epoll_.get(), from.socket.get(), from.id, EPOLLONESHOT) < 0)
    return; // the system has no room for one more; closes it too
  waiting_.emplace(from.id, std::move(fresh));
  ++total_;
  if (total_ > bounds_->connections_max || (!from.from_proxy && !count(from)))
    refuse(from, {ec::too_many_connections, {}, {}, {}});
  else
    go_idle(from);
}

bool event_loop::count(connection& from) {
  auto& count = per_peer_[from.peer];
  from.counted = count < bounds_->connections_per_address_max;
  if (from.counted)
    ++count;
  return from.counted;
}

void event_loop::uncount(connection& from) {
  if (!std::exchange(from.counted, false))
    return;
  if (auto count = per_peer_.find(from.peer); --count->second == 0)
    per_peer_.erase(count);
}

void event_loop::drop(connection& from) {
  deadlines_.clear(from);
  watches_->remove(from.notes.watched);
  --total_;
  uncount(from);
  waiting_.erase(from.id); // and with it the connection
  tell_if_drained();
}

// --- Events and deadlines ----------------------------------------------------------------------

void event_loop::on_event(std::uint64_t id, std::uint32_t events) {
  auto found = waiting_.find(id);
  if (found == waiting_.end())
    return;
  auto& from = *found->second;
  switch (from.phase) {
    case connection_phase::idle:
    case connection_phase::head: read_head(from); break;
    case connection_phase::blocked:
      if ((events & EPOLLOUT) != 0)
        look(from);
      else
        drop(from);
      break;
    case connection_phase::parked:
    case connection_phase::watching: {
      auto end_of_sending = from.notes.stays ? 0u : static_cast<std::uint32_t>(EPOLLRDHUP);
      if ((events & (EPOLLHUP | EPOLLERR | end_of_sending)) != 0)
        drop(from); // nobody is waiting any more
      else
        arm(from, EPOLLERR | end_of_sending); // what the client sends next has time
      break;
    }
    case connection_phase::body: serve_body(from); break;
    case connection_phase::lingering: drain_some(from); break;
  }
}

void event_loop::expire() {
  auto now = steady_clock::now();
  while (auto id = deadlines_.due(now)) {
    auto& late = *waiting_.at(*id);
    deadlines_.clear(late);
    on_deadline(late);
  }
}

void event_loop::on_deadline(connection& late) {
  switch (late.phase) {
    case connection_phase::head: refuse(late, {ec::request_timeout, {}, {}, {}}); break;
    case connection_phase::parked: resume(late); break;
    case connection_phase::body: serve_body(late); break;
    case connection_phase::watching: look(late); break;
    case connection_phase::idle:
    case connection_phase::blocked: // it took nothing for so long
    case connection_phase::lingering: drop(late); break;
  }
}

/// Most requests come and go without a change.
void event_loop::arm(connection& from, std::uint32_t events) {
  if (from.armed == events)
    return;
  from.armed = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = from.id;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, from.socket.get(), &event);
}

/// Before a worker has it: nothing is to be told but a loss of the connection, and that once.
void event_loop::disarm(connection& from) {
  if (from.armed == 0)
    return;
  arm(from, EPOLLONESHOT);
  from.armed = 0;
}

} // namespace convertd
