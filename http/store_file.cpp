// POST /api/files: one file, stored as it is.
#include "http/file_json.hpp"
#include "http/handlers.hpp"
#include "http/request_refused.hpp"
#include "http/upload_work.hpp"
#include "job/image_format.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

upload_work& work_of(exchange& x, const services& with) {
  auto& kept = x.notes().work;
  if (!kept) {
    auto from = admit(x, with);
    auto boundary = boundary_of(x.head().header("Content-Type").value_or(""));
    // Nothing is queued, but the disk may be full, or the server be stopping.
    if (auto why = with.actors.refusal(1); why && why->code != ec::queue_full)
      throw request_refused{*why};
    check_announced_length(x, with, from);
    kept = std::make_unique<upload_work>(std::move(from), boundary, with);
  }
  return static_cast<upload_work&>(*kept);
}

const uploaded_file& only_file(const upload_form& form) {
  if (form.files().empty())
    throw request_refused{ec::missing_field, "The request has no file.", "file"};
  if (form.files().size() > 1)
    throw request_refused{ec::invalid_setting, "One file is stored at a time.", "file"};
  return form.files().front();
}

/// By its first bytes; what the client says of it does not count.
image_format format_of(const file_to_save& file) {
  std::array<std::byte, sniff_bytes> head{};
  std::size_t size = 0;
  if (file.bytes) {
    size = file.bytes->copy(reinterpret_cast<char*>(head.data()), head.size());
  } else {
    auto got = ::pread(file.fd->get(), head.data(), head.size(), 0);
    size = got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return sniff(std::span{head}.first(size));
}

file_to_save take(const upload& sources, const uploaded_file& file) {
  file_to_save out;
  out.name = file.name;
  out.size = file.length;
  if (sources.in_memory())
    out.bytes = std::make_shared<const std::string>(sources.memory(), file.offset, file.length);
  else
    out.fd = std::make_shared<owned_fd>(sources.cut_out(file.offset, file.length));
  out.format = format_of(out);
  return out;
}

void keep(exchange& x, const services& with) {
  auto& work = work_of(x, with);
  if (!read_upload(x, work))
    return;
  std::vector<file_to_save> files;
  files.push_back(take(*work.form.sources(), only_file(work.form)));
  auto done =
    with.actors.save_files(work.from.account, work.from.limits.storage_bytes_max, std::move(files));
  if (auto* why = std::get_if<failure>(&done))
    throw request_refused{*why};
  auto found = read_view{with.records}.stored(std::get<std::vector<file_id>>(done).front());
  if (!found)
    throw request_refused{ec::not_found}; // erased within the moment
  link_maker links{with.signer, base_url(with.options, x), wall_clock()};
  x.reply().json(200, file_json(*found, links));
}

} // namespace

void store_file(exchange& x, const services& with) {
  refuse_when_full(x, with, keep);
}

} // namespace convertd
