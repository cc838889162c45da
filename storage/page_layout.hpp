// How LMDB 0.9 lays out a page, for whoever reads its file without LMDB. Every reader here takes
// what it reads as numbers and says whether they are possible; nothing is followed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace convertd::pages {

inline constexpr std::size_t header_bytes = 16;
inline constexpr std::uint32_t meta_magic = 0xBEEFC0DE;
inline constexpr std::uint32_t meta_version = 1;
inline constexpr std::uint64_t no_page = ~std::uint64_t{0};
inline constexpr unsigned depth_max = 32;

enum page_flag : std::uint16_t { branch = 0x01, leaf = 0x02, overflow = 0x04, meta = 0x08 };
enum node_flag : std::uint16_t { value_elsewhere = 0x01, is_table = 0x02 };

template <class T>
T number_at(std::string_view page, std::size_t offset) {
  T x{};
  if (offset + sizeof(T) <= page.size())
    std::memcpy(&x, page.data() + offset, sizeof(T));
  return x;
}

inline std::uint64_t number_of(std::string_view page) {
  return number_at<std::uint64_t>(page, 0);
}
inline std::uint16_t flags_of(std::string_view page) {
  return number_at<std::uint16_t>(page, 10);
}
/// Of an overflow page: how many pages it and its followers are.
inline std::uint32_t length_of(std::string_view page) {
  return number_at<std::uint32_t>(page, 12);
}

/// The head of one tree: 48 bytes in a meta page, or as the value of a table's name.
struct tree {
  std::uint32_t pad = 0; ///< Of the free list: the size of a page.
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branches = 0;
  std::uint64_t leaves = 0;
  std::uint64_t overflows = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = no_page;

  static constexpr std::size_t bytes = 48;
};

inline tree tree_at(std::string_view page, std::size_t at) {
  return {number_at<std::uint32_t>(page, at),      number_at<std::uint16_t>(page, at + 4),
          number_at<std::uint16_t>(page, at + 6),  number_at<std::uint64_t>(page, at + 8),
          number_at<std::uint64_t>(page, at + 16), number_at<std::uint64_t>(page, at + 24),
          number_at<std::uint64_t>(page, at + 32), number_at<std::uint64_t>(page, at + 40)};
}

/// One of the first two pages: where a commit begins.
struct meta_page {
  tree free;
  tree main;
  std::uint64_t last_page = 0;
  std::uint64_t txn = 0;
};

/// Nothing if it is no meta page.
inline std::optional<meta_page> meta_at(std::string_view page) {
  if (page.size() < 152 || flags_of(page) != meta
      || number_at<std::uint32_t>(page, 16) != meta_magic
      || number_at<std::uint32_t>(page, 20) != meta_version)
    return std::nullopt;
  return meta_page{tree_at(page, 40), tree_at(page, 88), number_at<std::uint64_t>(page, 136),
                   number_at<std::uint64_t>(page, 144)};
}

/// An entry of a leaf or a branch.
struct node {
  std::uint16_t flags = 0; ///< Of a leaf's.
  std::uint64_t child = 0; ///< Of a branch's: the page below.
  std::uint32_t size = 0;  ///< Of a leaf's: the value's bytes, wherever they are.
  std::string_view key{};
  std::string_view value{}; ///< Of a leaf's; the 8 bytes of a page number if it is elsewhere.
};

/// The entries of one page. whole() first; then at() is safe.
class node_list {
public:
  explicit node_list(std::string_view page) : page_{page}, is_leaf_{flags_of(page) == leaf} {}

  std::size_t count() const {
    return lower() < header_bytes ? 0 : (lower() - header_bytes) / 2;
  }

  /// The entries lie where they must, do not overlap, and leave no gap: what a commit wrote.
  bool whole() const {
    if (lower() < header_bytes || lower() % 2 != 0 || lower() > upper() || upper() > page_.size())
      return false;
    std::size_t taken = 0;
    auto lowest = page_.size();
    for (std::size_t i = 0; i < count(); ++i) {
      auto size = size_at(i);
      if (size == 0)
        return false;
      taken += size;
      lowest = std::min(lowest, offset(i));
    }
    return lowest == upper() && taken == page_.size() - upper();
  }

  node at(std::size_t i) const {
    auto from = offset(i);
    auto low = number_at<std::uint16_t>(page_, from);
    auto high = number_at<std::uint16_t>(page_, from + 2);
    auto flags = number_at<std::uint16_t>(page_, from + 4);
    node x{.key = page_.substr(from + node_bytes, number_at<std::uint16_t>(page_, from + 6))};
    x.size = std::uint32_t{high} << 16 | low;
    if (is_leaf_) {
      x.flags = flags;
      x.value = page_.substr(from + node_bytes + x.key.size(), kept_here(x));
    } else {
      x.child = std::uint64_t{flags} << 32 | x.size;
    }
    return x;
  }

private:
  static constexpr std::size_t node_bytes = 8;

  static std::size_t kept_here(const node& x) {
    return (x.flags & value_elsewhere) != 0 ? sizeof(std::uint64_t) : x.size;
  }
  std::size_t lower() const {
    return number_at<std::uint16_t>(page_, 12);
  }
  std::size_t upper() const {
    return number_at<std::uint16_t>(page_, 14);
  }
  std::size_t offset(std::size_t i) const {
    return number_at<std::uint16_t>(page_, header_bytes + 2 * i);
  }
  /// Bytes of an entry, rounded up to even; 0 if it does not fit into the page.
  std::size_t size_at(std::size_t i) const {
    auto from = offset(i);
    if (from < upper() || from % 2 != 0 || from + node_bytes > page_.size())
      return 0;
    std::size_t size = node_bytes + number_at<std::uint16_t>(page_, from + 6);
    if (is_leaf_) {
      node x{.flags = number_at<std::uint16_t>(page_, from + 4)};
      x.size = number_at<std::uint32_t>(page_, from);
      size += kept_here(x);
    }
    return from + size <= page_.size() ? size + size % 2 : 0;
  }

  std::string_view page_;
  bool is_leaf_;
};

} // namespace convertd::pages
