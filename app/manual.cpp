#include "app/manual.hpp"

#include "config/roff.hpp"

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

namespace convertd {

namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& of) {
  return of.get_subcommands([](const CLI::App*) { return true; });
}

bool is_setting(const CLI::Option& x) {
  return x.get_group().starts_with("Settings");
}

/// "--account NAME", or the name alone of what stands without a flag.
std::string synopsis_of(const CLI::Option& x) {
  if (!x.get_positional() || x.nonpositional())
    return "\\fB" + roff_text(x.get_name(false, true)) + "\\fR"
           + (x.get_type_size() == 0 ? "" : " \\fI" + roff_text(x.get_type_name()) + "\\fR");
  return "\\fI" + roff_text(x.get_name(true)) + "\\fR";
}

std::string page_of(const CLI::App& verb, const std::string& path) {
  std::string out = ".SS \"" + path;
  for (const auto* x : verb.get_options())
    if (x->get_positional())
      out += " " + roff_text(x->get_name(true)) + (x->get_expected_max() > 1 ? "..." : "");
  out += "\"\n" + roff_text(verb.get_description()) + ".\n";
  auto settings = 0; // verbs that only need to find the server have one or two
  for (const auto* x : verb.get_options()) {
    settings += is_setting(*x) ? 1 : 0;
    if (!is_setting(*x) && x->get_name(false, true) != "-h,--help")
      out += ".TP\n" + synopsis_of(*x) + "\n" + roff_text(x->get_description()) + "\n";
  }
  if (settings > 2)
    out += ".PP\nEvery setting of convertd.toml(5) is a flag, too: limits.time is "
           "\\fB\\-\\-limits\\-time\\fR.\n";
  return out;
}

void add_verbs(std::string& out, const CLI::App& of, const std::string& path) {
  for (const auto* verb : verbs_of(of)) {
    auto name = path.empty() ? verb->get_name() : path + " " + verb->get_name();
    if (verbs_of(*verb).empty())
      out += page_of(*verb, name);
    add_verbs(out, *verb, name);
  }
}

void add_words(std::string& out, const CLI::App& of, const std::string& path) {
  std::string words;
  for (const auto* verb : verbs_of(of))
    words += " " + verb->get_name();
  for (const auto* x : of.get_options())
    for (const auto& name : x->get_lnames())
      words += " --" + name;
  out += "    \"" + path + "\") echo \"" + words.substr(words.empty() ? 0 : 1) + "\" ;;\n";
  for (const auto* verb : verbs_of(of))
    add_words(out, *verb, path.empty() ? verb->get_name() : path + " " + verb->get_name());
}

constexpr auto man_end = R"(.SH EXIT STATUS
.TP
0
Done.
.TP
1
Refused, or failed; one sentence on standard error says why.
.TP
2
The command line or the configuration is wrong.
.SH SIGNALS
.TP
SIGTERM, SIGINT
The server takes no new work, lets what is running end for at most \fIgrace_period\fR, and ends; a second
one ends it at once. Nothing that was acknowledged is lost either way.
.TP
SIGHUP
The server reads its settings anew, takes over \fIlog_level\fR and says which others wait for the next start.
.SH FILES
.TP
.I /etc/convertd/convertd.toml
Settings; see convertd.toml(5).
.TP
.I /var/lib/convertd
The data directory: jobs, files, accounts and keys.
.SH SEE ALSO
convertd.toml(5)
)";

constexpr auto completion_end = R"bash(    *) ;;
  esac
}

_convertd() {
  local path="" word i current=${COMP_WORDS[COMP_CWORD]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word != -* && " $(_convertd_words "$path") " == *" $word "* ]]; then
      path=${path:+$path }$word
    fi
  done
  mapfile -t COMPREPLY < <(compgen -W "$(_convertd_words "$path")" -- "$current")
  if [ ${#COMPREPLY[@]} -eq 0 ]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _convertd convertd
)bash";

} // namespace

std::string render_man_page(const CLI::App& program) {
  std::string out =
    roff_title("convertd", "1", "converts images: a server, and the verbs to look after it");
  out += ".SH SYNOPSIS\n.B convertd\n.I verb\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n"
         "Clients send images over HTTP; the server converts, resizes or compresses them and keeps "
         "the results. The other verbs work with and without a running server unless they say so.\n"
         ".SH VERBS\n";
  add_verbs(out, program, "");
  return out + man_end;
}

std::string render_bash_completion(const CLI::App& program) {
  std::string out =
    "# Completion of convertd for bash. Made by `convertd docs bash-completion`.\n\n"
    "# The words that may follow some verbs.\n_convertd_words() {\n  case \"$1\" in\n";
  add_words(out, program, "");
  return out + completion_end;
}

} // namespace convertd
