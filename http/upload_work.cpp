#include "http/upload_work.hpp"

#include "http/auth.hpp"
#include "http/request_refused.hpp"
#include "job/limits.hpp"
#include "job/name.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

namespace convertd {

namespace {

/// With what the parser has not taken yet.
constexpr std::size_t buffer_bytes =
  upload_read_bytes_least + upload_piece_bytes + part_head_bytes_max + 4 * kib;
constexpr std::size_t turn_bytes = 8 * mib; ///< Then other uploads have their turn.
/// Of all uploads that wait for bytes; above it those that need more than a little are refused.
constexpr std::size_t waiting_bytes_max = 8 * mib;
constexpr std::size_t waiting_bytes_each = 4 * kib;

/// Before it waits for bytes: it may be one of thousands, so what it keeps in memory is counted.
void count_memory(upload_work& work) {
  auto now = work.form.memory() + work.rest.size();
  auto all = upload_work::memory_of_waiting += now - work.counted;
  work.counted = now;
  if (all > waiting_bytes_max && now > waiting_bytes_each)
    throw request_refused{ec::queue_full};
}

/// False if more has to come first.
bool read_multipart(request_body& body, upload_work& work) {
  thread_local std::string buffer(buffer_bytes, '\0'); // see request_body::read_chunked()
  std::size_t waiting = work.rest.copy(buffer.data(), buffer.size());
  work.rest = std::string{};
  for (std::size_t turn = 0; turn < turn_bytes;) {
    auto wanted = bytes_to_read(work.form.sources()->size());
    auto room = std::min(wanted, buffer.size() - waiting);
    auto size = body.read(std::span{buffer}.subspan(waiting, room));
    if (size == std::size_t{0}) {
      work.parser.finish(std::string_view{buffer}.substr(0, waiting));
      return true;
    }
    if (!size)
      break;
    // It will wait, maybe with thousands of others: its files never see memory. Taken for a moment
    // and given back, it would leave holes between what they keep.
    if (!body.consumed())
      work.form.sources()->to_disk();
    turn += *size;
    auto arrived = std::string_view{buffer}.substr(0, waiting + *size);
    auto used = work.parser.consume(arrived);
    waiting = arrived.size() - used;
    std::memmove(buffer.data(), buffer.data() + used, waiting);
  }
  work.rest.assign(buffer, 0, waiting);
  return false;
}

} // namespace

uploader admit(exchange& x, const services& with) {
  read_view view{with.records};
  uploader out;
  out.account = authenticate(x, view);
  out.limits = plan_of(out.account, view, with.options);
  if (out.limits.storage_bytes_max > 0) {
    auto used = view.totals(out.account).storage_bytes();
    out.storage_left = out.limits.storage_bytes_max - std::min(used, out.limits.storage_bytes_max);
  }
  return out;
}

upload_work::upload_work(uploader who, std::string_view boundary, const services& with)
  : from{std::move(who)},
    form{with.files, from.limits, from.storage_left},
    parser{boundary, form} {}

upload_work::~upload_work() {
  memory_of_waiting -= counted;
}

void check_announced_length(const exchange& x, const services& with, const uploader& from) {
  if (x.head().content_length() > with.options.front.body_bytes_max)
    throw request_refused{ec::file_too_large, "The upload is larger than this server accepts."};
  if (x.head().content_length() > from.storage_left)
    throw request_refused{ec::storage_limit};
}

bool read_upload(exchange& x, upload_work& work) {
  if (read_multipart(x.body(), work))
    return true;
  count_memory(work);
  x.await_body();
  return false;
}

std::vector<file_record> make_records(const upload_form& form,
                                      const std::vector<conversion>& each) {
  std::vector<file_record> out;
  out.reserve(each.size());
  target_names names;
  for (const auto& file : form.files()) {
    file_record record;
    record.index = static_cast<std::uint32_t>(out.size());
    record.source_name = file.name;
    record.what = each[record.index];
    settle_for_source(record.what, file.format);
    record.target_name = names.next(file.name, record.what.target);
    record.offset = file.offset;
    record.length = file.length;
    out.push_back(std::move(record));
  }
  return out;
}

void refuse_when_full(exchange& x, const services& with,
                      void (*serve)(exchange& x, const services& with)) {
  try {
    serve(x, with);
  } catch (const std::system_error& trouble) {
    bool full = trouble.code() == std::errc::no_space_on_device || trouble.code().value() == EDQUOT;
    if (!full)
      throw;
    throw request_refused{ec::storage_full};
  }
}

} // namespace convertd
