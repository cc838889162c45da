// The verbs of the command line. Each adds itself to CLI11 and says what is to be done once the
// whole line has been read.
#pragma once

#include <functional>
#include <string_view>

namespace CLI {
class App;
}

namespace convertd {

/// Gives the exit code: 0 done, 1 refused or failed, 2 the command line or the configuration is
/// wrong, 3 the store is damaged, 4 it was written by a newer program,
/// 5 no server answers.
using action = std::function<int()>;

inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_damaged = 3;
inline constexpr int exit_newer = 4;

void add_serve_verb(CLI::App& to, action& chosen);
void add_jobs_verbs(CLI::App& to, action& chosen);
void add_convert_verb(CLI::App& to, action& chosen);
void add_doctor_verb(CLI::App& to, action& chosen);
void add_docs_verb(CLI::App& to, action& chosen);
void add_config_verbs(CLI::App& to, action& chosen);
void add_key_verbs(CLI::App& to, action& chosen);
void add_account_verbs(CLI::App& to, action& chosen);
void add_store_verbs(CLI::App& to, action& chosen);
void add_version_verb(CLI::App& to, action& chosen);

} // namespace convertd
