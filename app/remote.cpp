#include "app/remote.hpp"

#include "app/json_read.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace convertd {

namespace {

constexpr auto server_standard = "http://127.0.0.1:8080";

std::string or_variable(const std::string& given, const char* name, const char* otherwise) {
  if (!given.empty())
    return given;
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

} // namespace

void add_remote_flags(CLI::App& to, remote_flags& into) {
  to.add_option("--server", into.server,
                std::string{"URL of the server. Default: $CONVERTD_SERVER, else "} + server_standard
                  + ".")
    ->type_name("URL");
  to.add_option("--key", into.key,
                "API key. Default: $CONVERTD_KEY, where other users of the machine do not see it.")
    ->type_name("KEY");
  to.add_flag("--json", into.json, "Print the server's answer as it is, for programs");
}

int with_server(const remote_flags& flags, const std::function<int(api_client&)>& what) {
  try {
    api_client client{or_variable(flags.server, "CONVERTD_SERVER", server_standard),
                      or_variable(flags.key, "CONVERTD_KEY", "")};
    return what(client);
  } catch (const unreachable& x) {
    std::cerr << "convertd: " << x.what() << "\n";
    return exit_unreachable;
  } catch (const std::invalid_argument& x) {
    std::cerr << "convertd: " << x.what() << "\n";
    return exit_usage;
  }
}

const api_answer& succeeded(const api_answer& x) {
  if (x.ok())
    return x;
  simdjson::dom::parser parser;
  simdjson::dom::element said;
  if (parser.parse(x.body).get(said) != simdjson::SUCCESS || json_text(said, "error").empty())
    throw std::runtime_error{"the server answered with status " + std::to_string(x.status)};
  auto code = json_text(said, "code");
  throw std::runtime_error{json_text(said, "error") + (code.empty() ? "" : " (" + code + ")")};
}

} // namespace convertd
