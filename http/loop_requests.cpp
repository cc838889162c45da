// The event loop's part in a request: its head, the way to a worker and back, refusals.
#include "http/event_loop.hpp"
#include "http/live_stream.hpp"
#include "http/problem.hpp"
#include "job/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace convertd {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// In one round. Then the loop looks at others again, and workers have the rest.
constexpr milliseconds serving_here_max{5};
/// A parked request that found no worker asks again.
constexpr milliseconds ask_again_after{50};
/// More than an upload that stays in memory: a longer one is on disk after its first piece.
constexpr std::uint64_t body_piece_bytes = 128 * kib;
/// Of what is read and dropped of a connection that lingers, before others have their turn.
constexpr std::size_t linger_turn_bytes = mib;

std::string request_id_for(const request_head& head) {
  constexpr std::size_t length_max = 64;
  auto given = head.header("X-Request-Id").value_or("");
  bool sane = !given.empty() && given.size() <= length_max
              && given.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789._-")
                   == given.npos;
  return sane ? std::string{given} : to_text(mint_uuid(wall_clock()));
}

/// Version 00 of W3C Trace Context, or nothing: "00-<32 hex>-<16 hex>-<2 hex>".
std::string trace_parent_of(const request_head& head) {
  constexpr std::string_view form = "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
  auto given = head.header("traceparent").value_or("");
  auto fits = [](char wanted, char c) {
    return wanted == 'x' ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') : c == wanted;
  };
  auto all_zero = [&](std::size_t from, std::size_t count) {
    return given.substr(from, count).find_first_not_of('0') == given.npos;
  };
  bool sane = given.size() == form.size() && std::ranges::equal(form, given, fits)
              && !all_zero(3, 32) && !all_zero(36, 16);
  return sane ? std::string{given} : std::string{};
}

} // namespace

// --- Heads -------------------------------------------------------------------------------------

void event_loop::go_idle(connection& from) {
  from.phase = connection_phase::idle;
  deadlines_.set(from, steady_clock::now() + bounds_->idle_time_max);
  arm(from, EPOLLIN | EPOLLRDHUP);
}

void event_loop::read_head(connection& from) {
  auto got = ::recv(from.socket.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
  if (got > 0) {
    from.buffer.append(scratch_.data(), static_cast<std::size_t>(got));
    advance(from);
  } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    arm(from, EPOLLIN | EPOLLRDHUP);
  } else {
    drop(from);
  }
}

void event_loop::advance(connection& from) {
  auto begins = std::exchange(from.phase, connection_phase::head) == connection_phase::idle;
  auto end = find_head_end(from.buffer, from.scanned);
  from.scanned = from.buffer.size();
  if (end.bad)
    refuse(from, {ec::bad_request, {}, {}, {}});
  else if (end.size > head_bytes_max || (end.size == 0 && from.buffer.size() >= head_bytes_max))
    refuse(from, {ec::head_too_large, {}, {}, {}});
  else if (end.size > 0)
    begin_request(from, end.size);
  else {
    if (begins)
      deadlines_.set(from, steady_clock::now() + bounds_->head_time_max);
    arm(from, EPOLLIN | EPOLLRDHUP);
  }
}

void event_loop::begin_request(connection& from, std::size_t head_size) {
  auto text = std::string_view{from.buffer}.substr(0, head_size);
  if (text.starts_with("\r\n")) // some clients end a body with one too many (RFC 9112 section 2.2)
    text.remove_prefix(2);
  auto why = from.head.parse(text);
  from.buffer.erase(0, head_size);
  from.scanned = 0;
  from.notes = request_notes{};
  from.notes.id = request_id_for(from.head);
  from.notes.trace_parent = trace_parent_of(from.head);
  from.notes.begun = steady_clock::now();
  if (why)
    refuse(from, why);
  else if (from.from_proxy && !count_client(from))
    refuse(from, {ec::too_many_connections, {}, {}, {}});
  else
    dispatch(from);
}

/// Behind a proxy it is requests that are counted, by the client that the proxy names; if it names
/// none that can be read, they are the proxy's own.
bool event_loop::count_client(connection& from) {
  auto client = proxies_.client_of(from.head);
  from.peer = client ? client->counted_as() : from.proxy;
  return count(from);
}

void event_loop::dispatch(connection& from) {
  deadlines_.clear(from);
  if (serve_here(from))
    return;
  disarm(from);
  auto node = waiting_.extract(from.id);
  if (hooks_.dispatch(node.mapped()))
    return;
  waiting_.insert(std::move(node));
  if (from.notes.live || !from.unsent.empty()) // an answer has begun: nothing to refuse any more
    drop(from);
  else if (from.phase == connection_phase::parked) {
    from.notes.last_call = false; // nobody was called
    deadlines_.set(from, steady_clock::now() + ask_again_after);
  } else
    refuse(from, {ec::queue_full, {}, {}, {}});
}

/// `from` may be gone then.
bool event_loop::serve_here(connection& from) {
  if (!from.unsent.empty() || steady_clock::now() - round_began_ > serving_here_max)
    return false;
  auto step = hooks_.serve_here(from);
  if (step)
    after(from, *step);
  return step.has_value();
}

// --- After a worker ----------------------------------------------------------------------------

void event_loop::take_back(connection_ptr from, next_step step) {
  auto& back = *from;
  waiting_.emplace(back.id, std::move(from));
  after(back, step);
}

void event_loop::after(connection& back, next_step step) {
  if (step != next_step::await_body)
    wake_at(back, 1);
  if (back.from_proxy && step == next_step::keep)
    uncount(back);
  switch (step) {
    case next_step::close: drop(back); break;
    case next_step::linger: linger(back); break;
    case next_step::park: park(back); break;
    case next_step::await_body: await_body(back); break;
    case next_step::go_on: look(back); break;
    case next_step::watch: watch(back); break;
    case next_step::await_room: await_room(back); break;
    case next_step::hand_over: // served_here() keeps it for itself; a worker has nobody to hand it
                               // to
    case next_step::keep:
      back.notes = request_notes{};
      if (draining_) {
        linger(back);
      } else if (back.buffer.empty()) {
        go_idle(back);
      } else { // the next request came along with the last one
        back.phase = connection_phase::idle;
        advance(back);
      }
      break;
  }
}

void event_loop::park(connection& from) {
  from.phase = connection_phase::parked;
  bool rung = from.notes.watched && from.notes.watched->rung;
  if (draining_ || rung) {
    resume(from);
    return;
  }
  deadlines_.set(from, from.notes.park_until);
  arm(from, from.armed != 0 ? from.armed : EPOLLRDHUP);
}

void event_loop::on_ring(std::uint64_t id) {
  auto found = waiting_.find(id);
  if (found == waiting_.end())
    return; // at a worker: what was rung will be seen when it comes back
  auto& from = *found->second;
  if (from.phase == connection_phase::parked)
    resume(from);
  else if (from.phase == connection_phase::watching)
    watch(from);
}

void event_loop::resume(connection& parked) {
  if (parked.notes.last_call) { // the handler parked although it must not: never twice
    refuse(parked, {ec::internal, {}, {}, {}});
    return;
  }
  ++parked.notes.times_served;
  parked.notes.last_call = draining_ || steady_clock::now() >= parked.notes.park_until;
  dispatch(parked);
}

// --- Live answers ------------------------------------------------------------------------------

/// Nothing is to be said now.
void event_loop::watch(connection& from) {
  from.phase = connection_phase::watching;
  const auto& watched = *from.notes.watched;
  if (draining_ || watched.urgent) {
    look(from);
    return;
  }
  auto comment = from.notes.live->next_comment();
  deadlines_.set(from, watched.rung ? std::min(comment, from.notes.live->next_look()) : comment);
  arm(from, EPOLLRDHUP);
}

void event_loop::look(connection& from) {
  from.notes.last_call = draining_;
  dispatch(from);
}

void event_loop::await_room(connection& from) {
  from.phase = connection_phase::blocked;
  deadlines_.set(from, steady_clock::now() + bounds_->write_time_max);
  arm(from, EPOLLOUT | EPOLLRDHUP);
}

// --- Bodies ------------------------------------------------------------------------------------

void event_loop::await_body(connection& from) {
  const auto& body = *from.notes.body;
  from.phase = connection_phase::body;
  from.body_awaited_since = steady_clock::now();
  // The kernel keeps what arrives until it is worth a worker's while. Where a chunked body ends
  // nobody knows before reading it.
  bool sized = from.head.framing() == body_framing::length;
  wake_at(from, sized ? std::min<std::uint64_t>(body.left, body_piece_bytes) : 1);
  deadlines_.set(from,
                 std::min(body.deadline, from.body_awaited_since + bounds_->body_rate_window));
  arm(from, EPOLLIN | EPOLLRDHUP);
}

/// More has arrived, or the client left, or it is time to see whether it is fast enough: the worker
/// that reads finds out which.
void event_loop::serve_body(connection& from) {
  from.notes.body->waited += steady_clock::now() - from.body_awaited_since;
  ++from.notes.times_served;
  dispatch(from);
}

void event_loop::wake_at(connection& from, std::uint64_t bytes) {
  auto least = static_cast<int>(bytes);
  if (from.wakes_at == least)
    return;
  from.wakes_at = least;
  ::setsockopt(from.socket.get(), SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

void event_loop::refuse(connection& from, const failure& why) {
  auto id = from.notes.id.empty() ? request_id_for(request_head{}) : from.notes.id;
  auto text = problem_response(why, seconds_to_retry(why), id);
  auto sent = ::send(from.socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  hooks_.refused(from, why, sent < 0 ? 0 : static_cast<std::uint64_t>(sent));
  linger(from);
}

unsigned event_loop::seconds_to_retry(const failure& why) const {
  // Connections come and go by the second; work drains at its own rate.
  return why.code == ec::too_many_connections ? 1 : hooks_.retry_after();
}

void event_loop::linger(connection& from) {
  ::shutdown(from.socket.get(), SHUT_WR);
  from.phase = connection_phase::lingering;
  from.drained = from.buffer.size();
  from.buffer = std::string{};
  deadlines_.set(from, steady_clock::now() + linger_bounds_of(from).time);
  arm(from, EPOLLIN | EPOLLRDHUP);
}

const linger_bounds& event_loop::linger_bounds_of(const connection& x) const {
  if (x.from_proxy)
    return bounds_->linger_after_body;
  if (x.notes.id.empty() || !x.head.has_body()) // no head was read, or it was all there is
    return bounds_->linger_after_head;
  return x.head.framing() == body_framing::length ? bounds_->linger_after_body
                                                  : bounds_->linger_after_unsized_body;
}

void event_loop::drain_some(connection& from) {
  auto most = linger_bounds_of(from).bytes;
  auto turn_ends = std::min(from.drained + linger_turn_bytes, most);
  while (from.drained < turn_ends) {
    auto got = ::recv(from.socket.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      arm(from, EPOLLIN | EPOLLRDHUP);
      return;
    }
    if (got <= 0) {
      drop(from);
      return;
    }
    from.drained += static_cast<std::size_t>(got);
  }
  if (from.drained < most)
    arm(from, EPOLLIN | EPOLLRDHUP);
  else
    drop(from);
}

// --- The end -----------------------------------------------------------------------------------

void event_loop::begin_drain() {
  // Who handed it over may keep it open: closing it is not enough to hear no more of it.
  if (listener_)
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
  listener_ = owned_fd{};
  std::vector<connection*> all;
  for (auto& [id, each] : waiting_)
    all.push_back(each.get());
  for (auto* each : all) {
    if (each->phase == connection_phase::parked)
      resume(*each);
    else if (each->phase == connection_phase::watching)
      look(*each);
    else if (each->phase == connection_phase::idle || each->phase == connection_phase::head)
      drop(*each);
  }
  tell_if_drained();
}

void event_loop::tell_if_drained() {
  if (!draining_ || total_ > 0)
    return;
  std::lock_guard lock{mutex_};
  drained_ = true;
  became_empty_.notify_all();
}

} // namespace convertd
