// Tables on the command line.
#pragma once

#include <string>
#include <vector>

namespace convertd {

/// Prints rows in columns as wide as their widest cell. The first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

} // namespace convertd
