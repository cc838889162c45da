// The command line, written out: the man page convertd(1) and the completion for bash. Both walk
// what CLI11 was told, so that they cannot say something else.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace convertd {

std::string render_man_page(const CLI::App& program);
std::string render_bash_completion(const CLI::App& program);

} // namespace convertd
