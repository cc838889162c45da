// The log: lines on stderr, for a terminal or the journal.
#pragma once

#include "http/front.hpp"

#include <string>

namespace convertd {

/// "trace" … "off", as spdlog calls them. Before it nothing is logged below "info".
void start_log(const std::string& level);

void log_info(const std::string& line);
void log_warning(const std::string& line);
void log_error(const std::string& line);

/// One line for each request, from any thread.
void log_request(const request_line& x);

} // namespace convertd
