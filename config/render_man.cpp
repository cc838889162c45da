#include "config/render.hpp"
#include "config/roff.hpp"
#include "config/table.hpp"

namespace convertd {

namespace {

constexpr auto head = R"(.SH DESCRIPTION
Settings of convertd(1), in TOML. The file is the one of \fB\-\-config\fR, else of the variable
\fBCONVERTD_CONFIG\fR, else \fI/etc/convertd/convertd.toml\fR if it exists. A flag goes before a variable, a
variable before the file, the file before the default: the flag of limits.time is
\fB\-\-limits\-time\fR, its variable \fBCONVERTD_LIMITS_TIME\fR.
.PP
Sizes are a number and B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024); durations a
number and ms, s, min, h or d. A key that is unknown, or a value that is not allowed, stops the start.
\fBconvertd config check\fR says what is wrong; \fBconvertd config show\fR prints what is in force.
)";

void add_setting(std::string& out, const setting_row& x) {
  const settings defaults;
  auto standard = value_text(x.rule, x.get(defaults));
  out += ".TP\n.B " + roff_text(x.name) + "\n" + roff_text(x.help) + "\n";
  if (auto allowed = allowed_text(x.rule); !allowed.empty())
    out += "Allowed: " + roff_text(allowed) + ".\n";
  if (!standard.empty())
    out += "Default: " + roff_text(standard) + ".\n";
}

} // namespace

std::string render_toml_man() {
  auto out = roff_title("convertd.toml", "5", "settings of convertd") + head;
  for (const auto& group : all_groups()) {
    auto name = group.name.empty() ? "TOP" : "[" + std::string{group.name} + "]";
    out += ".SH \"" + name + "\"\n" + roff_text(group.help) + "\n";
    for (const auto& row : all_settings())
      if (row.group == group.name)
        add_setting(out, row);
  }
  out += ".SH \"[plans.NAME]\"\nWhat an account may do; 0 means no limit. A table changes a plan "
         "that is "
         "built in, or adds one.\n";
  for (const auto& column : plan_columns())
    out += ".TP\n.B " + roff_text(column.name) + "\n" + roff_text(column.help) + "\n";
  return out + ".SH SEE ALSO\nconvertd(1)\n";
}

} // namespace convertd
