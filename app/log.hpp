// The log: lines on stderr, for a terminal, the journal, or whoever reads JSON.
#pragma once

#include "actors/observer.hpp"
#include "http/front.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace convertd {

/// "trace" … "off", as spdlog calls them; "auto", "plain", "json" or "journald". To be called when
/// signals are blocked, since it starts a thread. Before it nothing is logged below "info".
void start_log(const std::string& level, const std::string& format);
void set_log_level(const std::string& level);

struct log_field {
  std::string_view name;
  std::variant<std::string_view, std::uint64_t, double> value;
};
using log_fields = std::initializer_list<log_field>;

void log_info(const std::string& line, log_fields fields = {});
void log_warning(const std::string& line, log_fields fields = {});
void log_error(const std::string& line, log_fields fields = {});

/// One line for each request, from any thread. Written soon, with others (app/log_sink.hpp). Never
/// waits: when the log's reader is slow, lines are lost, and their number is told.
void log_request(const request_line& x);

/// One line for each attempt at a file, in the same way.
void log_file(const attempt_report& x);

} // namespace convertd
