#include "http/exchange.hpp"

#include <utility>

namespace convertd {

exchange::exchange(connection& of, const front_options& bounds, watch_list& watches,
                   served_by whose)
  : connection_{&of}, watches_{&watches}, body_{of, bounds}, whose_{whose} {}

exchange::~exchange() {
  auto& watched = connection_->notes.watched;
  if (parked() || !watched)
    return;
  watches_->remove(watched);
  watched.reset();
}

std::optional<std::string> exchange::parameter(const std::string& name) const {
  auto found = parameters_.find(name);
  if (found == parameters_.end() || found->second.empty())
    return std::nullopt;
  return found->second;
}

void exchange::watch_job(job_id job, watch_for what) {
  auto& watched = connection_->notes.watched;
  watches_->remove(watched);
  watched = watches_->add(job, connection_->id, what);
}

/// Written here and not by cpp-httplib, which would hold a thread until the answer ends.
void exchange::go_live(std::unique_ptr<live_answer> from, std::string_view content_type) {
  auto chunked = !connection_->head.is_http10();
  std::string head{"HTTP/1.1 200 OK\r\nContent-Type: "};
  head.append(content_type).append("\r\nCache-Control: no-store\r\n");
  head += "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: ";
  head.append(notes().id).append("\r\nConnection: close\r\n");
  head += chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  notes().live = std::make_shared<live_stream>(std::move(from), std::move(head), chunked);
}

void exchange::park(steady_time until) {
  connection_->notes.park_until = until;
  parked_ = true;
}

void exchange::set_target(std::string path, std::multimap<std::string, std::string> parameters) {
  path_ = std::move(path);
  parameters_ = std::move(parameters);
}

bool exchange::keep_alive() {
  body_.skip_arrived();
  return connection_->head.keep_alive() && body_.consumed();
}

} // namespace convertd
