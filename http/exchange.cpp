#include "http/exchange.hpp"

#include <utility>

namespace convertd {

exchange::exchange(connection& of, const front_options& bounds, watch_list& watches)
  : connection_{&of}, watches_{&watches}, body_{of, bounds} {}

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

void exchange::watch_job(job_id job) {
  auto& watched = connection_->notes.watched;
  watches_->remove(watched);
  watched = watches_->add(job, connection_->id);
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
