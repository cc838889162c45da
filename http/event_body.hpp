// The body of a delivery, made when it is sent: ids in the outbox become the job as it is by then.
#pragma once

#include "http/signed_url.hpp"
#include "job/webhook.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace convertd {

/// Results of a job in one event; the rest are asked for with the job.
inline constexpr std::uint32_t results_in_event_max = 100;

/// Thread-safe. Outlives nothing: `records` must outlive it.
class event_writer {
public:
  event_writer(const store& records, url_signer signer) : records_{&records}, signer_{signer} {}

  /// {"id", "type", "created", "data": {…}} as docs/api.md has it. Without the job once its records
  /// are gone. Throws store_error for a damaged record.
  std::string body(const delivery_record& x, timestamp now) const;

private:
  const store* records_;
  url_signer signer_;
};

} // namespace convertd
