// What the verbs that speak to a running server share.
#pragma once

#include "app/verbs.hpp"
#include "http/api_client.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace convertd {

/// Nobody answers at that URL, or the connection broke: a script may try again.
inline constexpr int exit_unreachable = 5;

struct remote_flags {
  std::string server; ///< --server, else CONVERTD_SERVER, else the default port of this machine.
  std::string key;    ///< --key, else CONVERTD_KEY.
  bool json = false;  ///< --json: the server's own answer, for programs.
};

void add_remote_flags(CLI::App& to, remote_flags& into);

/// Connects, does it, and says on stderr in one sentence what went wrong. Gives the exit code.
int with_server(const remote_flags& flags, const std::function<int(api_client&)>& what);

/// Throws what the server said in place of what was asked for, as a sentence.
const api_answer& succeeded(const api_answer& x);

} // namespace convertd
