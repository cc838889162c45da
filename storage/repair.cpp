#include "storage/repair.hpp"

#include "storage/page_walk.hpp"
#include "storage/salvage.hpp"

#include <algorithm>
#include <memory>
#include <system_error>

namespace convertd {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t commit_bytes = 4 << 20;
constexpr std::size_t lost_lines_max = 1'000;

class store_repair {
public:
  store_repair(const fs::path& to, std::uint64_t map_bytes) : out_{to, {.map_bytes = map_bytes}} {}

  repair_result run(const fs::path& data, const fs::path& copy) {
    auto walked = read(data / "store" / "data.mdb", [this](const page_entry& x) { save(x); });
    for (const auto& line : walked.damage)
      lose(line);
    if (!walked.lost.empty() && fs::exists(copy / "store"))
      read(copy / "store" / "data.mdb", [&](const page_entry& x) { stand_in(x, walked.lost); });
    in_transaction([this](MDB_txn* txn) {
      mend(txn, out_.tables(), [this](const std::string& line) { lose(line); });
    });
    return std::move(result_);
  }

private:
  page_walk_result read(const fs::path& file, const std::function<void(const page_entry&)>& visit) {
    page_walk_result walked;
    in_transaction([&](MDB_txn*) {
      try {
        walked = walk_pages(file, {.visit = visit});
      } catch (const std::system_error& error) {
        walked.damage.push_back(file.filename().string()
                                + " cannot be read: " + error.code().message());
        walked.lost.push_back({});
      }
    });
    return walked;
  }

  template <class Work>
  void in_transaction(Work work) {
    begin();
    work(txn_.get());
    check_lmdb(mdb_txn_commit(txn_.release()), "commit");
  }

  void begin() {
    MDB_txn* txn = nullptr;
    check_lmdb(mdb_txn_begin(out_.environment(), nullptr, 0, &txn), "begin");
    txn_.reset(txn);
  }

  void save(const page_entry& x) {
    auto table = handle_of(x.table);
    if (table == store::databases::missing || derived(x.table))
      return;
    if (!is_whole_record(x.table, x.key, x.value))
      return lose("table " + std::string{x.table} + ": a record does not fit its checksum or key");
    enter(table, x);
    ++result_.saved;
  }

  /// Only where the damaged store could not be read: elsewhere the copy has what is out of date.
  void stand_in(const page_entry& x, const std::vector<lost_range>& lost) {
    auto in = [&x](const lost_range& range) {
      return (range.table.empty() || range.table == x.table) && x.key >= range.low
             && (range.high.empty() || x.key < range.high);
    };
    auto table = handle_of(x.table);
    if (table == store::databases::missing || derived(x.table)
        || std::none_of(lost.begin(), lost.end(), in) || !is_whole_record(x.table, x.key, x.value)
        || find(txn_.get(), table, x.key))
      return;
    enter(table, x);
    ++result_.from_copy;
  }

  void enter(MDB_dbi table, const page_entry& x) {
    put(txn_.get(), table, x.key, x.value);
    bytes_ += x.key.size() + x.value.size();
    if (bytes_ < commit_bytes)
      return;
    bytes_ = 0;
    check_lmdb(mdb_txn_commit(txn_.release()), "commit");
    begin();
  }

  MDB_dbi handle_of(std::string_view table) const {
    for (const auto& x : all_tables())
      if (x.name == table)
        return out_.tables().*x.handle;
    return store::databases::missing;
  }

  /// mend() makes them anew.
  static bool derived(std::string_view table);

  void lose(const std::string& line) {
    if (result_.lost.size() < lost_lines_max)
      result_.lost.push_back(line);
  }

  store out_;
  std::unique_ptr<MDB_txn, void (*)(MDB_txn*)> txn_{nullptr, mdb_txn_abort};
  std::uint64_t bytes_ = 0;
  repair_result result_;
};

bool store_repair::derived(std::string_view table) {
  constexpr std::array names{"meta",   "by_account", "by_state", "live",
                             "due",    "ended",      "name",     "stored",
                             "totals", "outbox",     "strand",   "idempotency_due"};
  return std::find(names.begin(), names.end(), table) != names.end();
}

} // namespace

repair_result repair_store(const fs::path& data, const fs::path& to, const fs::path& copy,
                           std::uint64_t map_bytes) {
  return store_repair{to, map_bytes}.run(data, copy);
}

} // namespace convertd
