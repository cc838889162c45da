// Plays the part of the actors that convert while a client waits.
#pragma once

#include "actors/commands.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace convertd {

/// Keeps what is begun for the test, which says how it ends. Thread-safe.
class fake_desk {
public:
  struct order {
    sync_request what;
    std::unique_ptr<sync_result> result;
    bool dropped = false;
  };

  outcome<std::unique_ptr<sync_ticket>> begin(sync_request what) {
    std::lock_guard lock{mutex_};
    if (failure_)
      return *failure_;
    orders_.push_back(std::make_shared<order>(order{std::move(what), nullptr}));
    changed_.notify_all();
    return std::unique_ptr<sync_ticket>{std::make_unique<ticket>(*this, orders_.back())};
  }

  void refuse_with(failure why) {
    std::lock_guard lock{mutex_};
    failure_ = std::move(why);
  }
  std::optional<failure> refusal() const {
    std::lock_guard lock{mutex_};
    return refusal_;
  }
  void announce(failure why) {
    std::lock_guard lock{mutex_};
    refusal_ = std::move(why);
  }

  /// The n-th request, when it is there.
  std::shared_ptr<order> wait_for(std::size_t n) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, limit, [&] { return orders_.size() > n; });
    return orders_.at(n);
  }
  /// Gives a request its result; the test rings.
  void end(const std::shared_ptr<order>& which, sync_result how) {
    std::lock_guard lock{mutex_};
    which->result = std::make_unique<sync_result>(std::move(how));
  }
  /// True once the request's ticket is gone.
  bool waits_for_drop(const std::shared_ptr<order>& which) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] { return which->dropped; });
  }

private:
  static constexpr std::chrono::seconds limit{10};

  class ticket : public sync_ticket {
  public:
    ticket(fake_desk& desk, std::shared_ptr<order> of) : desk_{&desk}, of_{std::move(of)} {}
    ~ticket() override {
      std::lock_guard lock{desk_->mutex_};
      of_->dropped = true;
      desk_->changed_.notify_all();
    }
    ticket(const ticket&) = delete;
    ticket& operator=(const ticket&) = delete;
    std::unique_ptr<sync_result> take() override {
      std::lock_guard lock{desk_->mutex_};
      return std::move(of_->result);
    }

  private:
    fake_desk* desk_;
    std::shared_ptr<order> of_;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<order>> orders_;
  std::optional<failure> failure_;
  std::optional<failure> refusal_;
};

} // namespace convertd
