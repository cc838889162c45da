// Idempotency-Key of POST /api/jobs: which request is the first, which comes again.
#pragma once

#include "http/exchange.hpp"
#include "http/upload_form.hpp"
#include "job/idempotency.hpp"
#include "storage/store.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace convertd {

/// The keys whose requests are on their way in. Thread-safe. Lost with the process, and so are
/// those requests.
class idempotency_claims {
public:
  /// A request's right to its key, until it is answered or given up.
  class claim {
  public:
    claim() = default;
    claim(idempotency_claims& from, account_id account, std::string key)
      : from_{&from}, account_{account}, key_{std::move(key)} {}
    claim(claim&& other) noexcept
      : from_{std::exchange(other.from_, nullptr)},
        account_{other.account_},
        key_{std::move(other.key_)} {}
    claim& operator=(claim&&) = delete;
    ~claim() {
      release();
    }
    /// Before the answer is sent, so that whoever has read it may use the key again.
    void release();
    const std::string& key() const {
      return key_;
    }

  private:
    idempotency_claims* from_ = nullptr;
    account_id account_ = 0;
    std::string key_;
  };

  /// Throws request_refused: idempotency_in_progress.
  claim take(account_id account, std::string key);

private:
  std::mutex mutex_;
  std::set<std::pair<account_id, std::string>> taken_;
};

/// What a request's key means.
struct idempotent_request {
  idempotency_claims::claim claim;
  /// The key has made a job, and it is still there: this request makes none.
  std::optional<idempotency_record> earlier;
};

/// Nothing if `x` has no key. Throws request_refused: invalid_setting, idempotency_in_progress.
std::optional<idempotent_request> claim_key(const exchange& x, account_id account,
                                            idempotency_claims& claims, const read_view& view);

/// Over all fields but `idempotencyKey` and `callbackSecret`, and name, size and SHA-256 of each
/// file. The form was told to hash its files.
request_hash hash_of(const upload_form& form);

} // namespace convertd
