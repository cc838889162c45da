#include "http/front.hpp"

#include "http/listener.hpp"
#include "http/problem.hpp"
#include "http/request_refused.hpp"
#include "http/socket_writer.hpp"
#include "storage/fd.hpp"

#include <iterator>
#include <limits>
#include <pthread.h>
#include <system_error>
#include <utility>

namespace convertd {

namespace {

/// Of those who watch nobody is refused when all are told at once: the number of connections is the
/// bound.
constexpr auto everybody = std::numeric_limits<std::size_t>::max();

/// On the disk, or for descriptors: it passes, and the client should come back.
bool is_lack_of_room(const std::exception& trouble) {
  const auto* system = dynamic_cast<const std::system_error*>(&trouble);
  return system != nullptr && lacks_room(system->code().value());
}

} // namespace

front::front(front_options options, front_hooks hooks)
  : options_{std::move(options)},
    hooks_{std::move(hooks)},
    handle_{[this](exchange& x) { answer_with_handler(x); }},
    loop_engine_{options_} {
  auto listener = open_listener(options_);
  port_ = port_of(listener.get());
  loop_hooks for_loop;
  for_loop.dispatch = [this](connection_ptr& from) { return dispatch(from); };
  for_loop.serve_here = [this](connection& from) { return serve_here(from); };
  for_loop.overdue = [this] { return overdue(); };
  for_loop.retry_after = hooks_.retry_after;
  for_loop.refused = [this](const connection& from, const failure& why, std::uint64_t bytes) {
    log_refused(from, why, bytes);
  };
  loop_ =
    std::make_unique<event_loop>(std::move(listener), options_, watches_, std::move(for_loop));
}

front::~front() {
  stop();
}

void front::start() {
  auto serving = [this](connection& from, httplib_engine& engine) {
    return serve(from, engine, served_by::worker);
  };
  auto back = [this](connection_ptr from, next_step step) {
    loop_->give_back(std::move(from), step);
  };
  auto pool = [&](const char* name, std::size_t threads, std::size_t queue_max) {
    return std::make_unique<worker_pool>(name, threads, queue_max, options_, serving, back);
  };
  queries_ = pool("http-query", options_.query_threads, options_.query_queue_max);
  uploads_ = pool("http-up", options_.upload_threads, options_.upload_queue_max);
  downloads_ = pool("http-down", options_.download_threads, options_.download_queue_max);
  live_ = pool("http-live", options_.live_threads, everybody);
  loop_thread_ = std::thread{[this] { loop_->run(); }};
  pthread_setname_np(loop_thread_.native_handle(), "http-loop");
}

void front::rung(std::span<const job_change> jobs) {
  loop_->ring(watches_.ring(jobs));
}

void front::drain(std::chrono::milliseconds grace) {
  if (!loop_thread_.joinable())
    return;
  loop_->drain();
  loop_->wait_until_empty(grace);
}

void front::stop() {
  if (loop_thread_.joinable()) {
    loop_->stop();
    loop_thread_.join();
  }
  for (auto* each : {queries_.get(), uploads_.get(), downloads_.get(), live_.get()})
    if (each != nullptr)
      each->stop();
}

bool front::dispatch(connection_ptr& from) {
  if (from->notes.live)
    return live_->push(from);
  if (!from->unsent.empty())
    return downloads_->push(from);
  // What waited with its body read has an answer to send, maybe a long one.
  bool sends = from->phase == connection_phase::parked && from->head.has_body();
  if (from->head.has_body() && !sends)
    return uploads_->push(from);
  return ((sends || hooks_.is_download(from->head.path())) ? downloads_ : queries_)->push(from);
}

/// Nothing if a worker is to do it.
std::optional<next_step> front::serve_here(connection& from) {
  auto again = from.phase == connection_phase::parked;
  auto body_left = from.head.has_body() && !again;
  if (from.notes.live || body_left || !hooks_.is_quick || !hooks_.is_quick(from.head))
    return std::nullopt;
  auto step = serve(from, loop_engine_, served_by::loop);
  return step == next_step::hand_over ? std::nullopt : std::optional{step};
}

std::vector<connection_ptr> front::overdue() {
  auto since = std::chrono::steady_clock::now() - options_.queue_time_max;
  std::vector<connection_ptr> late;
  for (auto* each : {queries_.get(), uploads_.get(), downloads_.get()})
    for (auto& one : each->waiting_since_before(since))
      late.push_back(std::move(one));
  return late;
}

next_step front::serve(connection& from, httplib_engine& engine, served_by whose) {
  if (from.notes.live)
    return serve_live(from);
  if (!from.unsent.empty())
    return send_rest(from);
  serve_result result;
  auto waits = next_step::keep;
  try {
    exchange x{from, options_, watches_, whose};
    result = engine.serve(x, handle_, loop_->draining());
    if (x.parked())
      waits = from.notes.live      ? next_step::go_on
              : x.left_to_worker() ? next_step::hand_over
              : x.awaits_body()    ? next_step::await_body
                                   : next_step::park;
  } catch (const std::exception&) {
    result = {}; // out of memory, say: nothing of use can be sent any more
  }
  return waits == next_step::keep ? finish(from, std::move(result)) : waits;
}

next_step front::finish(connection& from, serve_result result) {
  from.notes.work.reset(); // by a worker where it owns a large file
  log(from, result.status, result.bytes);
  if (!result.sent)
    return next_step::close;
  auto then = result.closes ? next_step::linger : next_step::keep;
  if (result.rest.empty())
    return then;
  from.unsent = std::move(result.rest);
  from.after_unsent = then;
  return next_step::hand_over;
}

next_step front::send_rest(connection& from) {
  socket_writer to{from.socket.get(), options_};
  auto sent = to.write(std::exchange(from.unsent, {})) && to.flush();
  return sent ? from.after_unsent : next_step::close;
}

next_step front::serve_live(connection& from) {
  auto step = next_step::close;
  try {
    step = advance_live(from);
  } catch (const std::exception& trouble) { // breaking off is all that is left to say
    from.notes.trouble = trouble.what();
  }
  if (step != next_step::linger && step != next_step::close)
    return step;
  watches_.remove(from.notes.watched);
  log(from, 200, from.notes.live->bytes_sent());
  return step;
}

next_step front::advance_live(connection& from) {
  auto& watched = *from.notes.watched;
  watched.rung = watched.urgent = false; // before the store is read
  auto now = std::chrono::steady_clock::now();
  switch (from.notes.live->advance(from.socket.get(), from.notes.last_call, now)) {
    case live_stream::state::waits: return next_step::watch;
    case live_stream::state::blocked: return next_step::await_room;
    case live_stream::state::busy: return next_step::go_on;
    case live_stream::state::ended: return next_step::linger;
    case live_stream::state::broken: break;
  }
  return next_step::close;
}

void front::answer_with_handler(exchange& x) {
  try {
    hooks_.handle(x);
  } catch (const request_refused& refusal) {
    x.notes().work.reset(); // what it took is given back before the client hears of it
    auto after = refusal.retry_after();
    x.reply() = problem_answer(refusal.why(), after ? *after : hooks_.retry_after());
  } catch (const std::exception& trouble) { // what went wrong inside is told to the log alone
    x.notes().trouble = trouble.what();
    auto code = is_lack_of_room(trouble) ? ec::storage_full : ec::internal;
    x.reply() = problem_answer({code, {}, {}, {}}, hooks_.retry_after());
  }
  for (auto& [name, value] : x.notes().fields)
    x.reply().header(name, value);
}

void front::log_refused(const connection& from, const failure& why, std::uint64_t bytes) {
  log(from, status_of(why.code), bytes);
}

void front::log(const connection& from, int status, std::uint64_t bytes) const {
  if (!hooks_.log)
    return;
  request_line line;
  line.status = status;
  line.bytes = bytes;
  line.request_id = from.notes.id;
  line.trace_parent = from.notes.trace_parent;
  line.route = from.notes.route;
  if (from.notes.work_id)
    line.work_id = to_text(*from.notes.work_id);
  line.account = from.notes.account;
  line.trouble = from.notes.trouble;
  if (!from.notes.id.empty()) { // a head was read
    line.method = from.head.method();
    line.path = from.head.path();
    auto taken = std::chrono::steady_clock::now() - from.notes.begun;
    line.micros = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(taken).count());
  }
  hooks_.log(line);
}

} // namespace convertd
