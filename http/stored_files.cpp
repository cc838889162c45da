// Looking at stored files, renaming them, erasing them.
#include "http/auth.hpp"
#include "http/file_json.hpp"
#include "http/handlers.hpp"
#include "http/json_in.hpp"
#include "http/parameters.hpp"
#include "http/request_refused.hpp"
#include "http/small_body.hpp"
#include "job/name.hpp"

#include <cstdint>

namespace convertd {

namespace {

constexpr std::uint64_t limit_max = 100;
constexpr std::uint64_t limit_default = 20;
/// What is left out has to be walked over: a request so costs no more than that.
constexpr std::uint64_t offset_max = 1'000'000;

file_id file_id_of(const exchange& x) {
  auto id = parse_id<file_id>(x.captured(0));
  if (!id)
    throw request_refused{ec::not_found};
  return *id;
}

link_maker links_of(const exchange& x, const services& with) {
  return {with.signer, base_url(with.options, x), wall_clock()};
}

/// Another account's file is as good as none.
stored_file file_for(account_id account, file_id id, const read_view& view) {
  auto found = view.stored(id);
  if (!found || found->facts.account != account)
    throw request_refused{ec::not_found};
  return *found;
}

std::string wanted_name(std::string_view body) {
  auto fields = json_object_as_text(body, "The body");
  auto found = fields.find("filename");
  if (found == fields.end() || found->second.empty())
    throw request_refused{ec::missing_field, "filename is missing.", "filename"};
  return clean_name(found->second);
}

} // namespace

void list_files(exchange& x, const services& with) {
  read_view view{with.records};
  auto account = authenticate(x, view);
  auto limit = number_parameter(x, "limit", 1, limit_max).value_or(limit_default);
  auto offset = number_parameter(x, "offset", 0, offset_max).value_or(0);
  stored_filter which{x.parameter("q").value_or(""), x.parameter("mimePrefix").value_or("")};
  auto page = view.stored_files(account, which, offset, static_cast<std::uint32_t>(limit));
  auto links = links_of(x, with);
  json_writer out;
  out.begin_object().key("files").begin_array();
  for (const auto& file : page.files)
    write_file(out, file, links);
  out.end_array().key("pagination").begin_object();
  out.field("limit", limit).field("offset", offset).field("total", page.total);
  out.field("hasMore", offset + page.files.size() < page.total).end_object().end_object();
  x.reply().json(200, out.take());
}

void get_file(exchange& x, const services& with) {
  read_view view{with.records};
  auto account = authenticate(x, view);
  x.reply().json(200, file_json(file_for(account, file_id_of(x), view), links_of(x, with)));
}

void rename_file(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  auto body = read_small_body(x);
  if (!body)
    return;
  auto done = with.actors.rename_file(account, file_id_of(x), wanted_name(*body));
  if (auto* why = std::get_if<failure>(&done))
    throw request_refused{*why};
  x.reply().json(200, file_json(std::get<stored_file>(done), links_of(x, with)));
}

void erase_file(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  if (auto why = with.actors.erase_file(account, file_id_of(x)))
    throw request_refused{*why};
  json_writer out;
  out.begin_object().field("success", true).field("message", "File was erased.").end_object();
  x.reply().json(200, out.take());
}

} // namespace convertd
