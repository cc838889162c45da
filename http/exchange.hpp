// One request being served: what came, and what goes back. Handlers see nothing else of HTTP.
#pragma once

#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/front_options.hpp"
#include "http/live_stream.hpp"
#include "http/request_body.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// Whose thread serves a request.
enum class served_by : std::uint8_t {
  worker,
  loop, ///< On which all others wait: nothing may block it or take long.
};

/// Lives while the request is served once; used by the thread that serves it only.
class exchange {
public:
  exchange(connection& of, const front_options& bounds, watch_list& watches,
           served_by whose = served_by::worker);
  ~exchange(); ///< Lets go of the watch unless the request is parked.
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  const request_head& head() const {
    return connection_->head;
  }
  request_body& body() {
    return body_;
  }
  request_notes& notes() {
    return connection_->notes;
  }

  /// It came through a proxy whose word counts.
  bool from_proxy() const {
    return connection_->from_proxy;
  }

  /// The path, percent-decoded.
  const std::string& path() const {
    return path_;
  }
  /// The query parameter of that name, decoded; an empty one counts as absent.
  std::optional<std::string> parameter(const std::string& name) const;
  /// What stood in the place of the n-th {…} of the route.
  const std::string& captured(std::size_t n) const {
    return captured_.at(n);
  }

  /// The request waited for a job or its body and is served again: it was counted the first time.
  bool resumed() const {
    return connection_->notes.times_served > 0;
  }
  /// Waiting any longer is not possible: answer what there is.
  bool last_call() const {
    return connection_->notes.last_call;
  }

  answer& reply() {
    return answer_;
  }

  /// From now on no change of `job` is missed. Call before looking at the store.
  void watch_job(job_id job, watch_for what);
  /// Serve this request again when the watched job is final, at `until` at the latest. What is in
  /// reply() is dropped. Call after watch_job(), and return.
  void park(steady_time until);
  /// Answers with this, for as long as it goes on; what is in reply() is dropped. Call after
  /// watch_job(), and return.
  void go_live(std::unique_ptr<live_answer> from, std::string_view content_type);
  /// Serve this request again when more of its body has arrived, or too little has for too long.
  /// Call when body().read() gives nothing, and return; what has been made of the body so far is
  /// kept in notes().work.
  void await_body() {
    awaits_body_ = true;
  }
  bool awaits_body() const {
    return awaits_body_;
  }
  /// The event loop itself serves it. What would take long is left to a worker.
  bool on_loop() const {
    return whose_ == served_by::loop;
  }
  /// Serve this request again, by a worker and at once. What is in reply() is dropped.
  void leave_to_worker() {
    left_ = true;
  }
  bool left_to_worker() const {
    return left_;
  }
  /// This is not the time that the request is answered.
  bool parked() const {
    return parked_ || awaits_body_ || left_ || connection_->notes.live;
  }

  // For the front:
  void set_target(std::string path, std::multimap<std::string, std::string> parameters);
  void set_captured(std::vector<std::string> values) {
    captured_ = std::move(values);
  }
  /// The connection can carry another request after this one. Ask when the answer is ready.
  bool keep_alive();
  connection& of() {
    return *connection_;
  }

private:
  connection* connection_;
  watch_list* watches_;
  request_body body_;
  std::string path_;
  std::multimap<std::string, std::string> parameters_;
  std::vector<std::string> captured_;
  answer answer_;
  bool parked_ = false;
  bool awaits_body_ = false;
  served_by whose_;
  bool left_ = false;
};

/// What the front calls for each request; may throw request_refused, or anything.
using request_handler = std::function<void(exchange&)>;

} // namespace convertd
