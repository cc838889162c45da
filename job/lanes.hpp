// Two lanes in front of the codecs: files that a client waits for go ahead of those of jobs.
//
// Within each lane accounts take turns (job/turns.hpp). The lane ahead is served first, but not for
// ever: while something waits behind, at most ahead_in_a_row_max items are taken from ahead before
// one of those behind has its turn. So whoever never stops asking costs jobs speed, not their end.
#pragma once

#include "job/limits.hpp"
#include "job/turns.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace convertd {

enum class lane : std::uint8_t { ahead = 0, behind = 1 };

template <class T>
class lanes {
public:
  /// `quantum`: credit of one turn between accounts, in the unit of the costs.
  explicit lanes(std::uint64_t quantum) : lines_{line{quantum}, line{quantum}} {}

  /// `level`: how urgent it is among its account's, as in turns::push().
  void push(lane where, account_id account, T item, std::uint64_t cost, std::size_t level = 1) {
    at(where).queue.push(account, std::move(item), cost, level);
  }

  /// The item whose turn it is; it stays until it is taken, unless one goes ahead of it. Null if
  /// nothing waits.
  T* front() {
    auto& from = at(due());
    if (!from.next)
      from.next = from.queue.pop();
    return from.next ? &*from.next : nullptr;
  }

  /// Takes what front() shows; there must be something.
  T take() {
    front();
    auto from = due();
    auto passes = from == lane::ahead && !at(lane::behind).empty();
    passed_ = passes ? passed_ + 1 : 0;
    return *std::exchange(at(from).next, std::nullopt);
  }

  /// Takes an item out of its turn, from ahead if there is one: the first, in the order of turns,
  /// of an account whose next item is `welcome`. It costs its account what it would have cost.
  std::optional<T> take_if(const std::function<bool(const T&)>& welcome) {
    for (auto& each : lines_) {
      if (each.next && welcome(*each.next))
        return std::exchange(each.next, std::nullopt);
      if (auto item = each.queue.pop(welcome))
        return item;
    }
    return std::nullopt;
  }

  std::size_t size() const {
    std::size_t all = 0;
    for (const auto& each : lines_)
      all += each.queue.size() + (each.next ? 1 : 0);
    return all;
  }

  /// See turns::charge().
  void charge(lane where, account_id account, std::uint64_t cost) {
    at(where).queue.charge(account, cost);
  }

  /// Removes the items that `doomed` says so of.
  void erase_if(const std::function<bool(const T&)>& doomed) {
    for (auto& each : lines_) {
      each.queue.erase_if(doomed);
      if (each.next && doomed(*each.next))
        each.next.reset();
    }
  }

private:
  struct line {
    explicit line(std::uint64_t quantum) : queue{quantum} {}
    bool empty() const {
      return !next && queue.empty();
    }
    turns<T> queue;
    std::optional<T> next; ///< Has its turn.
  };

  line& at(lane where) {
    return lines_[static_cast<std::size_t>(where)];
  }
  lane due() {
    auto behind =
      at(lane::ahead).empty() || (passed_ >= ahead_in_a_row_max && !at(lane::behind).empty());
    return behind ? lane::behind : lane::ahead;
  }

  std::array<line, 2> lines_;
  std::uint32_t passed_ =
    0; ///< Taken from ahead, one after the other, while something waited behind.
};

} // namespace convertd
