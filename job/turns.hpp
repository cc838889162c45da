// Turns between accounts: deficit round robin (Shreedhar and Varghese, 1995).
//
// Every account has a queue of its own. Accounts take turns; a turn gives an account `quantum` of
// credit, and it is served while its credit covers the cost of what it has in front. An account
// with ten thousand waiting items so delays one with a single item by at most one turn.
#pragma once

#include "job/ids.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace convertd {

template <class T>
class turns {
public:
  /// `quantum`: credit of one turn, in the unit of the costs.
  explicit turns(std::uint64_t quantum) : quantum_{quantum} {}

  void push(account_id account, T item, std::uint64_t cost) {
    auto& line_of_account = line_of(account);
    line_of_account.items.emplace_back(std::move(item), cost);
    ++size_;
  }

  /// In front of everything its account has waiting; for work that comes back.
  void push_front(account_id account, T item, std::uint64_t cost) {
    auto& line_of_account = line_of(account);
    line_of_account.items.emplace_front(std::move(item), cost);
    ++size_;
  }

  /// The next item of the account whose turn it is. `may_run(account)` may hold an account back
  /// without costing it its place.
  std::optional<T> pop(const std::function<bool(account_id)>& may_run) {
    if (auto item = serve(may_run))
      return item;
    if (!grant(may_run))
      return std::nullopt;
    return serve(may_run);
  }

  std::optional<T> pop() {
    return pop([](account_id) { return true; });
  }

  /// Takes back credit from an account whose item turned out to cost more than was said.
  void charge(account_id account, std::uint64_t cost) {
    if (auto i = lines_.find(account); i != lines_.end())
      i->second.credit -= std::min(i->second.credit, cost);
  }

  /// Removes the items that `doomed` says so of; returns how many.
  std::size_t erase_if(const std::function<bool(const T&)>& doomed) {
    auto before = size_;
    for (auto i = order_.begin(); i != order_.end();) {
      auto& items = lines_.at(*i).items;
      size_ -= std::erase_if(items, [&](const auto& x) { return doomed(x.first); });
      if (items.empty()) {
        lines_.erase(*i);
        i = order_.erase(i);
      } else {
        ++i;
      }
    }
    return before - size_;
  }

  std::size_t size() const {
    return size_;
  }
  bool empty() const {
    return size_ == 0;
  }

private:
  struct line {
    std::deque<std::pair<T, std::uint64_t>> items; ///< Never empty while the account is in order_.
    std::uint64_t credit = 0;
  };

  line& line_of(account_id account) {
    auto [i, fresh] = lines_.try_emplace(account);
    if (fresh)
      order_.push_back(account);
    return i->second;
  }

  /// The first account in turn whose credit covers its front item. It stays in front, so that it is
  /// served until its credit is used up.
  std::optional<T> serve(const std::function<bool(account_id)>& may_run) {
    for (auto left = order_.size(); left > 0; --left) {
      auto account = order_.front();
      auto& from = lines_.at(account);
      if (from.credit >= from.items.front().second && may_run(account))
        return take(account, from);
      order_.splice(order_.end(), order_, order_.begin());
    }
    return std::nullopt;
  }

  /// As many turns at once as it takes until somebody can be served; the same for everybody.
  bool grant(const std::function<bool(account_id)>& may_run) {
    std::uint64_t rounds = 0;
    for (auto account : order_) {
      const auto& waiting = lines_.at(account);
      if (!may_run(account))
        continue;
      auto missing = waiting.items.front().second - waiting.credit;
      auto needed = std::max<std::uint64_t>(1, (missing + quantum_ - 1) / quantum_);
      rounds = rounds == 0 ? needed : std::min(rounds, needed);
    }
    if (rounds == 0)
      return false;
    if (order_.front() == served_last_) // its turn is over
      order_.splice(order_.end(), order_, order_.begin());
    for (auto account : order_)
      if (may_run(account))
        lines_.at(account).credit += rounds * quantum_;
    return true;
  }

  std::optional<T> take(account_id account, line& from) {
    auto [item, cost] = std::move(from.items.front());
    from.items.pop_front();
    from.credit -= cost;
    served_last_ = account;
    --size_;
    if (from.items.empty()) { // credit is not saved up while there is nothing to do
      lines_.erase(account);
      order_.pop_front();
    }
    return std::optional<T>{std::move(item)};
  }

  std::uint64_t quantum_;
  std::size_t size_ = 0;
  account_id served_last_ = 0;
  std::list<account_id> order_; ///< Accounts with something waiting; the front has its turn.
  std::unordered_map<account_id, line> lines_;
};

} // namespace convertd
