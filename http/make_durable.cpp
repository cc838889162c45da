#include "http/make_durable.hpp"

#include "http/request_refused.hpp"

#include <utility>

namespace convertd {

void make_durable(submission what, const services& with, quota_claim* claim) {
  auto id = what.job.id;
  auto on_disk = !what.sources->in_memory();
  auto unknown = false; // whether the job was made
  try {
    what.sources->keep_as_source(id);
    auto done = with.actors.submit(std::move(what));
    if (auto* why = std::get_if<failure>(&done)) {
      unknown = why->code == ec::internal;
      if (unknown && claim)
        claim->spend();
      throw request_refused{*why};
    }
    if (claim)
      claim->spend();
  } catch (...) {
    if (on_disk && !unknown)
      with.files.remove(id);
    throw;
  }
}

} // namespace convertd
