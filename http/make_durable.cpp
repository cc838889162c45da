#include "http/make_durable.hpp"

#include <utility>

namespace convertd {

void job_receipt::settle(const failure& why) {
  if (!why || why.code == ec::internal)
    claim_.spend();
  key_.reset(); // before the answer is sent, so that whoever has read it may use the key again
  claim_ = {};
  unsettled_bytes -= std::exchange(bytes_, 0);
  std::lock_guard lock{mutex_};
  why_ = why;
  settled_.notify_all();
}

std::optional<failure> job_receipt::look() const {
  std::lock_guard lock{mutex_};
  return why_;
}

failure job_receipt::wait(std::chrono::steady_clock::time_point until) const {
  std::unique_lock lock{mutex_};
  settled_.wait_until(lock, until, [this] { return why_.has_value(); });
  return why_.value_or(fail(ec::internal));
}

std::shared_ptr<const job_receipt> make_durable(submission what, const services& with,
                                                quota_claim claim,
                                                std::optional<idempotent_request> key) {
  auto bytes = what.sources->in_memory() ? what.sources->size() : 0;
  auto receipt = std::make_shared<job_receipt>(bytes, std::move(claim), std::move(key));
  try {
    what.sources->keep_as_source(what.job.id);
  } catch (...) {
    if (!what.sources->in_memory())
      with.files.remove(what.job.id);
    throw;
  }
  with.actors.submit(std::move(what), [receipt](const failure& why) { receipt->settle(why); });
  return receipt;
}

} // namespace convertd
