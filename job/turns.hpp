// Turns between accounts: deficit round robin (Shreedhar and Varghese, 1995).
//
// Every account has a queue of its own. Accounts take turns; a turn gives an account `quantum` of
// credit, and it is served while its credit covers the cost of what it has in front. An account
// with ten thousand waiting items so delays one with a single item by at most one turn.
//
// Within an account, items of a more urgent level go ahead by stride scheduling (Waldspurger and
// Weihl, 1995): while all three have something waiting they get 16, 4 and 1 of 21 places. Nothing
// starves.
#pragma once

#include "job/ids.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace convertd {

/// How urgent an item is among its account's; 0 is the most urgent.
inline constexpr std::size_t turn_levels = 3;

template <class T>
class turns {
public:
  /// `quantum`: credit of one turn, in the unit of the costs.
  explicit turns(std::uint64_t quantum) : quantum_{quantum} {}

  void push(account_id account, T item, std::uint64_t cost, std::size_t level = 1) {
    enter(account, level).emplace_back(std::move(item), cost);
    ++size_;
  }

  /// The next item of the account whose turn it is. `may_run(item)`, asked of what an account
  /// has next, may hold that account back without costing it its place.
  std::optional<T> pop(const std::function<bool(const T&)>& may_run) {
    if (auto item = serve(may_run))
      return item;
    if (!grant(may_run))
      return std::nullopt;
    return serve(may_run);
  }

  std::optional<T> pop() {
    return pop([](const T&) { return true; });
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
      auto& from = lines_.at(*i);
      for (auto& level : from.levels)
        size_ -= std::erase_if(level.items, [&](const auto& x) { return doomed(x.first); });
      if (from.empty()) {
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
  using queue = std::deque<std::pair<T, std::uint64_t>>;

  static constexpr std::array<std::uint64_t, turn_levels> strides{1, 4, 16};

  struct one_level {
    queue items;
    std::uint64_t pass = 0; ///< The level with the least is served next.
  };

  struct line { ///< Never empty while the account is in order_.
    std::array<one_level, turn_levels> levels;
    std::uint64_t credit = 0;

    bool empty() const {
      return std::ranges::all_of(levels, [](const one_level& x) { return x.items.empty(); });
    }
    /// Which level is next; only if not empty.
    std::size_t next() const {
      auto best = turn_levels;
      for (std::size_t i = 0; i < turn_levels; ++i)
        if (!levels[i].items.empty() && (best == turn_levels || levels[i].pass < levels[best].pass))
          best = i;
      return best;
    }
    const T& front() const {
      return levels[next()].items.front().first;
    }
    std::uint64_t cost() const {
      return levels[next()].items.front().second;
    }
  };

  /// The queue of a level; one that had nothing has saved up nothing either.
  queue& enter(account_id account, std::size_t at) {
    auto& into = line_of(account);
    auto& found = into.levels[at];
    if (found.items.empty() && !into.empty())
      found.pass = std::max(found.pass, into.levels[into.next()].pass);
    return found.items;
  }

  line& line_of(account_id account) {
    auto [i, fresh] = lines_.try_emplace(account);
    if (fresh)
      order_.push_back(account);
    return i->second;
  }

  /// The first account in turn whose credit covers its front item. It stays in front, so that it is
  /// served until its credit is used up.
  std::optional<T> serve(const std::function<bool(const T&)>& may_run) {
    for (auto left = order_.size(); left > 0; --left) {
      auto account = order_.front();
      auto& from = lines_.at(account);
      if (from.credit >= from.cost() && may_run(from.front()))
        return take(account, from);
      order_.splice(order_.end(), order_, order_.begin());
    }
    return std::nullopt;
  }

  /// As many turns at once as it takes until somebody can be served; the same for everybody.
  bool grant(const std::function<bool(const T&)>& may_run) {
    std::uint64_t rounds = 0;
    for (auto account : order_) {
      const auto& waiting = lines_.at(account);
      if (!may_run(waiting.front()))
        continue;
      auto missing = waiting.cost() - waiting.credit;
      auto needed = std::max<std::uint64_t>(1, (missing + quantum_ - 1) / quantum_);
      rounds = rounds == 0 ? needed : std::min(rounds, needed);
    }
    if (rounds == 0)
      return false;
    if (order_.front() == served_last_) // its turn is over
      order_.splice(order_.end(), order_, order_.begin());
    for (auto account : order_)
      if (auto& waiting = lines_.at(account); may_run(waiting.front()))
        waiting.credit += rounds * quantum_;
    return true;
  }

  std::optional<T> take(account_id account, line& from) {
    auto at = from.next();
    auto& served = from.levels[at];
    auto [item, cost] = std::move(served.items.front());
    served.items.pop_front();
    served.pass += strides[at];
    from.credit -= cost;
    served_last_ = account;
    --size_;
    if (from.empty()) { // credit is not saved up while there is nothing to do
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
