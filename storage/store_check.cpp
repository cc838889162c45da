#include "storage/store_check.hpp"

#include "storage/derive.hpp"
#include "storage/page_walk.hpp"
#include "storage/record.hpp"
#include "storage/spool_check.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace convertd {

namespace {

using clock = std::chrono::steady_clock;

struct time_is_up {};

constexpr unsigned entries_between_looks_at_the_clock = 1'000;
constexpr unsigned attempts_at_a_commit = 100; // that a writer may overtake

class store_checker {
public:
  store_checker(const std::filesystem::path& data, const check_options& options)
    : data_{data}, options_{options} {}

  check_result run() {
    try {
      if (!std::filesystem::exists(data_ / "store" / "data.mdb"))
        throw store_error{"data.mdb is missing", store_error::kind::missing};
      if (options_.alone && !pages_fit(0))
        return std::move(result_);
      look_inside();
    } catch (const time_is_up&) {
      result_.reach = check_reach::pages;
    } catch (const store_error& error) {
      if (error.newer())
        result_.newer = error.what();
      else
        result_.damage.emplace_back(error.what());
    }
    return std::move(result_);
  }

private:
  /// LMDB must not touch pages that do not fit.
  bool pages_fit(std::uint64_t txn) {
    auto walked = walk_pages(data_ / "store" / "data.mdb", {.txn = txn, .until = options_.until});
    result_.damage = std::move(walked.damage);
    result_.pages = walked.pages;
    if (!walked.complete)
      result_.reach = check_reach::some_pages;
    overtaken_ = !walked.found;
    return result_.damage.empty() && walked.complete;
  }

  void look_inside() {
    store in{data_ / "store",
             {.map_bytes = options_.map_bytes,
              .access = options_.alone ? store_access::read_alone : store_access::read}};
    for (unsigned i = 0; i < attempts_at_a_commit; ++i) {
      MDB_txn* txn = nullptr;
      check_lmdb(mdb_txn_begin(in.environment(), nullptr, MDB_RDONLY, &txn), "begin to read");
      std::unique_ptr<MDB_txn, void (*)(MDB_txn*)> guard{txn, mdb_txn_abort};
      auto fits = options_.alone || pages_fit(mdb_txn_id(txn));
      if (overtaken_)
        continue;
      if (fits)
        check_tables(in, txn);
      return;
    }
    result_.reach = check_reach::some_pages;
  }

  void check_tables(const store& in, MDB_txn* txn) {
    if (options_.compare_time.count() > 0)
      until_ = std::min(until_, clock::now() + options_.compare_time);
    check_checksums(in, txn);
    if (in.format() < store_format) // its indexes are made when it is opened
      return;
    check_derived(in, txn);
    if (options_.extent == check_extent::all)
      each_named_file(data_, txn, in.tables(), [this](const named_file& x) {
        tick();
        ++result_.files;
        if (auto wrong = check_file(data_, x); !wrong.empty())
          result_.damage.push_back(wrong);
      });
  }

  /// Of sources and outputs, and of everything in a store whose format is older.
  void check_checksums(const store& in, MDB_txn* txn) {
    for (const auto& table : all_tables()) {
      auto handle = in.tables().*table.handle;
      if (handle == store::databases::missing) {
        if (in.format() == store_format)
          result_.damage.push_back("table " + std::string{table.name} + " is missing");
        continue;
      }
      auto bytes = handle == in.tables().bytes || handle == in.tables().source;
      if (bytes ? options_.extent == check_extent::all : in.format() < store_format)
        check_checksums_of(table.name, handle, txn);
      else
        result_.records += entries(txn, handle);
    }
  }

  void check_checksums_of(std::string_view table, MDB_dbi handle, MDB_txn* txn) {
    cursor at{txn, handle};
    for (auto more = table != "meta" && at.first(); more; more = at.next()) {
      tick();
      ++result_.records;
      if (!at.value().empty() && !checksum_fits(at.value()))
        result_.damage.push_back("table " + std::string{table}
                                 + ": an entry does not fit its checksum");
    }
  }

  /// Every entry that must be there is, and no other.
  void check_derived(const store& in, MDB_txn* txn) {
    near_finder find_near{txn};
    auto listed = find(txn, in.tables().meta, "outputs_indexed").has_value();
    derive_options options;
    options.damage = [this](const std::string& what) { result_.damage.push_back(what); };
    options.tick = [this] { tick(); };
    options.entry = [&](const derived_entry& x) {
      ++expected_[x.handle];
      auto old = !listed && (x.handle == in.tables().stored || x.handle == in.tables().totals);
      if (!old && !is_there(in, find_near, x))
        result_.damage.push_back("table " + std::string{x.table}
                                 + ": an entry that follows from a record is not there");
    };
    derive(txn, in.tables(), options);
    for (const auto& table : all_tables())
      for (const auto* name : derived_tables)
        if (std::string_view{name} == table.name && (listed || table.name != stored_name)
            && entries(txn, in.tables().*table.handle) != expected_[in.tables().*table.handle])
          result_.damage.push_back("table " + std::string{name}
                                   + ": it has entries that follow from no record");
  }

  static bool is_there(const store& in, near_finder& find_near, const derived_entry& x) {
    auto found = find_near(x.handle, x.key);
    if (!found)
      return false;
    if (x.handle == in.tables().output) { // the owner may have given it a name
      auto there = decode_place(*found);
      auto wanted = decode_place(x.value);
      return there.job == wanted.job && there.index == wanted.index;
    }
    if (x.handle == in.tables().totals)
      return decode_totals(*found) == decode_totals(x.value);
    return *found == x.value;
  }

  static std::uint64_t entries(MDB_txn* txn, MDB_dbi handle) {
    MDB_stat found{};
    check_lmdb(mdb_stat(txn, handle, &found), "count");
    return found.ms_entries;
  }

  void tick() {
    if (++ticks_ % entries_between_looks_at_the_clock == 0 && clock::now() >= until_)
      throw time_is_up{};
  }

  static constexpr std::string_view stored_name = "stored";

  const std::filesystem::path& data_;
  const check_options& options_;
  clock::time_point until_ = options_.until;
  check_result result_;
  bool overtaken_ = false;
  unsigned ticks_ = 0;
  std::map<MDB_dbi, std::uint64_t> expected_;
};

} // namespace

check_result check_store(const std::filesystem::path& data, const check_options& options) {
  return store_checker{data, options}.run();
}

} // namespace convertd
