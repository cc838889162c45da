#include "storage/index_outputs.hpp"

#include "storage/lmdb.hpp"
#include "storage/record.hpp"

#include <cstdint>
#include <utility>

namespace convertd {

namespace {

constexpr std::uint32_t outputs_per_commit = 10'000;

} // namespace

void write_batch::index_outputs(file_id from, std::uint32_t limit, std::optional<file_id>& next) {
  const auto& tables = store_->tables();
  next.reset();
  cursor at{txn_, tables.output};
  for (auto more = at.seek(from.view()); more; more = at.next()) {
    auto id = id_from_bytes<file_id>(at.key());
    if (limit-- == 0) {
      next = id;
      return;
    }
    if (auto owner = job(decode_place(at.value()).job))
      enter_stored(owner->account, id);
  }
  put(txn_, tables.meta, "outputs_indexed", "1");
}

bool write_batch::outputs_indexed() const {
  return find(txn_, store_->tables().meta, "outputs_indexed").has_value();
}

void index_outputs(store& in) {
  for (auto next = std::optional{file_id{}}; next;) {
    write_batch batch{in};
    if (batch.outputs_indexed())
      return;
    batch.index_outputs(std::exchange(next, std::nullopt).value(), outputs_per_commit, next);
    batch.commit();
  }
}

} // namespace convertd
