#include "http/openapi.hpp"

#include "http/handlers.hpp"
#include "http/text.hpp"

#include <simdjson.h>

namespace convertd {

namespace {

using json = simdjson::dom::element;

std::string_view text_of(json x, std::string_view name) {
  std::string_view text;
  return x[name].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

std::string upper(std::string_view word) {
  std::string out{word};
  for (auto& c : out)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

void list_routes(std::string& out, json openapi) {
  simdjson::dom::object paths;
  if (openapi["paths"].get(paths) != simdjson::SUCCESS)
    return;
  for (auto [path, item] : paths) {
    simdjson::dom::object methods;
    if (item.get(methods) != simdjson::SUCCESS)
      continue;
    for (auto [method, operation] : methods) {
      out.append("- `").append(upper(method)).append(" ").append(path).append("`: ");
      out.append(text_of(operation, "summary")).append("\n");
    }
  }
}

} // namespace

std::string llms_text(std::string_view openapi) {
  simdjson::dom::parser parser;
  json all = parser.parse(std::string{openapi});
  json info = all["info"];
  std::string out{"# "};
  out.append(text_of(info, "title")).append("\n\n> ").append(text_of(info, "summary"));
  out.append("\n\n").append(text_of(info, "description"));
  out +=
    "\n\nSend `Authorization: Bearer KEY`. /openapi.json describes every field.\n\n## Routes\n\n";
  list_routes(out, all);
  return out;
}

void get_openapi(exchange& x, const services& with) {
  std::string text{openapi_text()};
  constexpr std::string_view word = "\"VERSION\"";
  if (auto at = text.find(word); at != text.npos)
    text.replace(at, word.size(), "\"" + with.options.version + "\"");
  x.reply().json(200, std::move(text));
}

void get_llms(exchange& x, const services&) {
  x.reply().json(200, llms_text(openapi_text()));
  x.reply().content_type = "text/plain; charset=utf-8";
}

} // namespace convertd
