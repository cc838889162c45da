#include "storage/page_walk.hpp"

#include "storage/fd.hpp"
#include "storage/page_layout.hpp"

#include <array>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace convertd {

namespace {

using pages::tree;

constexpr std::size_t default_page_bytes = 4096;
constexpr std::uint16_t integer_keys = 0x08;
constexpr unsigned pages_between_looks_at_the_clock = 64;

struct time_is_up {};

/// The bounds of the keys below a page; high is empty where there is none.
struct bounds {
  std::string low;
  std::string high;
};

class page_walk {
public:
  page_walk(const std::filesystem::path& file, const page_walk_options& options)
    : options_{options},
      fd_{checked(::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open the store's file")} {
    struct stat found {};
    checked(::fstat(fd_.get(), &found), "look at the store's file");
    bytes_ = static_cast<std::uint64_t>(found.st_size);
  }

  page_walk_result run() {
    try {
      if (auto root = choose_meta())
        walk(*root);
      else
        result_.lost.push_back({});
    } catch (const time_is_up&) {
      result_.complete = false;
    }
    return std::move(result_);
  }

private:
  /// One table while it is walked, and what was counted of it.
  struct table {
    std::string name;
    tree head;
    bool numbers = false; ///< Keys are numbers in the machine's order: the free list.
    bool whole = true;
    tree counted{};
    std::string last_key{}; ///< Empty = none yet.
    std::function<void(std::string_view key, const pages::node&, std::string_view value)> entry{};
  };

  void wrong(std::uint64_t page, const std::string& what) {
    result_.damage.push_back("page " + std::to_string(page) + " of data.mdb " + what);
  }
  void wrong(table& in, std::uint64_t page, const std::string& what, const bounds& lost) {
    in.whole = false;
    wrong(page, "(" + in.name + ") " + what);
    result_.lost.push_back({in.name == main_name ? "" : in.name, lost.low, lost.high});
  }

  /// False if they cannot be read.
  bool read_pages(std::uint64_t number, std::uint64_t count, std::string& into) {
    return read(number, page_bytes_ * count, into);
  }
  bool read(std::uint64_t page, std::uint64_t bytes, std::string& into) {
    into.resize(bytes);
    auto got = ::pread(fd_.get(), into.data(), bytes, static_cast<off_t>(page * page_bytes_));
    return got == static_cast<ssize_t>(bytes);
  }

  // -- where the commit begins --

  std::optional<pages::meta_page> choose_meta() {
    if (bytes_ == 0) {
      result_.damage.emplace_back("data.mdb is empty");
      return std::nullopt;
    }
    std::array<std::optional<pages::meta_page>, 2> found;
    page_bytes_ = default_page_bytes;
    for (std::uint64_t i = 0; i < found.size(); ++i) {
      if (i == 1 && found[0])
        page_bytes_ = found[0]->free.pad;
      if (std::string page; read_pages(i, 1, page))
        found[i] = meta_if_possible(page, i);
      if (!found[i] && options_.txn == 0)
        wrong(i, "does not say where a commit begins");
    }
    return options_.txn != 0 ? meta_of(found, options_.txn) : newest(found);
  }

  static std::optional<pages::meta_page> meta_if_possible(std::string_view page,
                                                          std::uint64_t number) {
    auto x = pages::meta_at(page);
    auto size = x ? x->free.pad : 0;
    auto possible = size >= 512 && size <= 65536 && (size & (size - 1)) == 0
                    && pages::number_of(page) == number && x->free.flags == integer_keys
                    && x->main.flags == 0 && x->txn % 2 == (x->txn == 0 ? 0 : number);
    return possible ? x : std::nullopt;
  }

  std::optional<pages::meta_page> meta_of(const auto& found, std::uint64_t txn) {
    for (const auto& x : found)
      if (x && x->txn == txn)
        return x;
    result_.found = false;
    return std::nullopt;
  }

  /// The two are one commit apart, so that a number that has changed does not bring back an old
  /// one.
  std::optional<pages::meta_page> newest(const auto& found) {
    const auto& [a, b] = found;
    if (!a || !b)
      return a ? a : b;
    auto [low, high] = std::minmax(a->txn, b->txn);
    if (high - low > 1 || (low == high && high != 0))
      result_.damage.emplace_back("the first two pages of data.mdb are not of commits that follow "
                                  "each other");
    return a->txn > b->txn ? a : b;
  }

  // -- the trees --

  void walk(const pages::meta_page& root) {
    if (root.last_page >= bytes_ / page_bytes_ + free_tail_pages_max) {
      wrong(root.txn % 2, "speaks of pages far behind the file's end");
      result_.lost.push_back({});
      return;
    }
    used_.assign(root.last_page + 1, false);
    used_[0] = true;
    used_[std::min<std::uint64_t>(1, root.last_page)] = true;
    std::vector<table> tables;
    table main{main_name, root.main};
    main.entry = [&](std::string_view key, const pages::node& x, std::string_view value) {
      if ((x.flags & pages::is_table) != 0 && value.size() == tree::bytes)
        tables.push_back({std::string{key}, pages::tree_at(value, 0)});
      else
        result_.damage.push_back("the list of tables holds something else");
    };
    walk_table(main);
    for (auto& x : tables) {
      if (x.head.flags != 0)
        wrong(x, x.head.root, "has unknown flags", {});
      x.entry = [&](std::string_view key, const pages::node& node, std::string_view value) {
        if ((node.flags & pages::is_table) != 0)
          result_.damage.push_back("an entry of " + x.name + " has unknown flags");
        else if (options_.visit)
          options_.visit({x.name, key, value});
      };
      walk_table(x);
    }
    walk_free_list(root);
  }

  void walk_table(table& x) {
    if (x.head.root != pages::no_page)
      walk_page(x, x.head.root, 1, {});
    const auto& c = x.counted;
    const auto& h = x.head;
    if (x.whole
        && (c.entries != h.entries || c.leaves != h.leaves || c.branches != h.branches
            || c.overflows != h.overflows))
      wrong(x, h.root, "does not hold as many pages and entries as are counted", {});
  }

  /// False, and said so, if the page is not there or is used twice.
  bool claim(table& in, std::uint64_t page, std::uint64_t count, const bounds& keys) {
    if (++result_.pages % pages_between_looks_at_the_clock == 0
        && std::chrono::steady_clock::now() >= options_.until)
      throw time_is_up{};
    if (page < 2 || page >= used_.size() || count > used_.size() - page)
      return wrong(in, page, "is referred to and cannot be", keys), false;
    if ((page + count) * page_bytes_ > bytes_)
      return wrong(in, page, "lies behind the file's end", keys), false;
    for (auto i = page; i < page + count; ++i) {
      if (used_[i])
        return wrong(in, i, "is used twice", keys), false;
      used_[i] = true;
    }
    return true;
  }

  void walk_page(table& in, std::uint64_t number, unsigned level, const bounds& keys) {
    if (!claim(in, number, 1, keys))
      return;
    auto& page = page_at_[std::min(level, too_deep)]; // those above are still looked at
    auto read = read_pages(number, 1, page);
    auto flags = read ? pages::flags_of(page) : 0;
    auto is_leaf = flags == pages::leaf;
    if (!read || pages::number_of(page) != number || (!is_leaf && flags != pages::branch)
        || is_leaf != (level == in.head.depth) || level >= too_deep)
      return wrong(in, number, "is not the page that belongs there", keys);
    pages::node_list nodes{page};
    if (!nodes.whole() || nodes.count() == 0)
      return wrong(in, number, "holds entries that cannot be", keys);
    if (is_leaf)
      walk_leaf(in, number, nodes, keys);
    else
      walk_branch(in, number, nodes, level, keys);
  }

  void walk_branch(table& in, std::uint64_t number, const pages::node_list& nodes, unsigned level,
                   const bounds& keys) {
    ++in.counted.branches;
    for (std::size_t i = 0; i < nodes.count(); ++i) {
      bounds below;
      below.low = i == 0 ? keys.low : std::string{nodes.at(i).key};
      below.high = i + 1 == nodes.count() ? keys.high : std::string{nodes.at(i + 1).key};
      auto ordered = below.high.empty() || below.low.empty() || less(in, below.low, below.high);
      auto inside = keys.high.empty() || below.high.empty() || !less(in, keys.high, below.high);
      if (!ordered || !inside)
        wrong(in, number, "holds keys that are not in their order", below);
      walk_page(in, nodes.at(i).child, level + 1, below);
    }
  }

  void walk_leaf(table& in, std::uint64_t number, const pages::node_list& nodes,
                 const bounds& keys) {
    ++in.counted.leaves;
    std::string_view last = in.last_key;
    for (std::size_t i = 0; i < nodes.count(); ++i) {
      auto x = nodes.at(i);
      auto misplaced = x.key.empty() || (!last.empty() && !less(in, last, x.key))
                       || (i == 0 && !keys.low.empty() && less(in, x.key, keys.low))
                       || (!keys.high.empty() && !less(in, x.key, keys.high));
      if (misplaced)
        wrong(in, number, "holds keys that are not in their order", only(x.key));
      last = x.key;
      walk_entry(in, number, x);
    }
    in.last_key = last;
  }

  void walk_entry(table& in, std::uint64_t number, const pages::node& x) {
    ++in.counted.entries;
    if ((x.flags & ~(pages::value_elsewhere | pages::is_table)) != 0)
      return wrong(in, number, "holds an entry with unknown flags", only(x.key));
    if ((x.flags & pages::value_elsewhere) == 0)
      return in.entry(x.key, x, x.value);
    walk_overflow(in, x);
  }

  /// A value that has pages of its own.
  void walk_overflow(table& in, const pages::node& x) {
    auto first = pages::number_at<std::uint64_t>(x.value, 0);
    auto alone = only(x.key);
    if (first >= used_.size() || !read(first, pages::header_bytes, long_value_))
      return wrong(in, first, "cannot be read", alone);
    auto count = pages::length_of(long_value_);
    if (pages::number_of(long_value_) != first || pages::flags_of(long_value_) != pages::overflow
        || std::uint64_t{count} * page_bytes_ < pages::header_bytes + x.size)
      return wrong(in, first, "is not the page that belongs there", alone);
    if (!claim(in, first, count, alone))
      return;
    in.counted.overflows += count;
    if (!options_.visit && !in.numbers)
      return in.entry(x.key, x, {});
    if (!read_pages(first, count, long_value_))
      return wrong(in, first, "cannot be read", alone);
    in.entry(x.key, x, std::string_view{long_value_}.substr(pages::header_bytes, x.size));
  }

  static bounds only(std::string_view key) {
    return {std::string{key}, std::string{key} + '\0'};
  }

  static bool less(const table& in, std::string_view a, std::string_view b) {
    if (!in.numbers)
      return a < b;
    return pages::number_at<std::uint64_t>(a, 0) < pages::number_at<std::uint64_t>(b, 0);
  }

  // -- pages that are free: LMDB writes over them --

  void walk_free_list(const pages::meta_page& root) {
    std::vector<std::uint64_t> free;
    table list{"list of free pages", root.free, true};
    list.entry = [&](std::string_view key, const pages::node&, std::string_view value) {
      auto count = pages::number_at<std::uint64_t>(value, 0);
      if (key.size() != sizeof(std::uint64_t) || value.size() % sizeof(std::uint64_t) != 0
          || count >= value.size() / sizeof(std::uint64_t)
          || pages::number_at<std::uint64_t>(key, 0) > root.txn)
        return result_.damage.emplace_back("the list of free pages holds an entry that cannot be"),
               void();
      for (std::uint64_t i = 1; i <= count; ++i)
        free.push_back(pages::number_at<std::uint64_t>(value, i * sizeof(std::uint64_t)));
    };
    walk_table(list);
    for (auto page : free) {
      if (page < 2 || page >= used_.size() || used_[page])
        wrong(page, "is listed as free and is not");
      else
        used_[page] = true;
    }
  }

  static constexpr unsigned too_deep = pages::depth_max + 1;
  static constexpr const char* main_name = "list of tables";
  static constexpr std::uint64_t free_tail_pages_max = 1 << 20; ///< Free ones were never written.

  const page_walk_options& options_;
  owned_fd fd_;
  std::uint64_t bytes_ = 0;
  std::size_t page_bytes_ = default_page_bytes;
  std::vector<bool> used_;
  std::array<std::string, too_deep + 1> page_at_; ///< By their level.
  std::string long_value_;
  page_walk_result result_;
};

} // namespace

page_walk_result walk_pages(const std::filesystem::path& file, const page_walk_options& options) {
  return page_walk{file, options}.run();
}

} // namespace convertd
