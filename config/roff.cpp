#include "config/roff.hpp"

namespace convertd {

std::string roff_text(std::string_view text) {
  std::string out;
  for (auto c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out.append("\\&") += c;
    else
      out += c;
  }
  return out;
}

std::string roff_title(std::string_view name, std::string_view section, std::string_view about) {
  std::string out = ".TH " + std::string{name} + " " + std::string{section} + "\n.SH NAME\n";
  return out.append(roff_text(name)).append(" \\- ").append(roff_text(about)) + "\n";
}

} // namespace convertd
