#include "app/log.hpp"

#include "app/log_format.hpp"
#include "app/log_sink.hpp"
#include "app/self_check.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace convertd {

namespace {

/// Of a path, which a client can make as long as a head.
constexpr std::size_t path_bytes_max = 1'024;

std::atomic<log_style> style{log_style::plain};
std::shared_ptr<spdlog::logger> for_many; ///< Set once, before other threads log.

/// The number that the journal takes off the beginning of a line (sd-daemon(3)).
class journal_priority final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& to) override {
    auto number = line.level >= spdlog::level::err    ? '3'
                  : line.level == spdlog::level::warn ? '4'
                  : line.level == spdlog::level::info ? '6'
                                                      : '7';
    for (auto c : {'<', number, '>'})
      to.push_back(c);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<journal_priority>();
  }
};

std::unique_ptr<spdlog::formatter> formatter_of(log_style x) {
  auto result = std::make_unique<spdlog::pattern_formatter>();
  result->add_flag<journal_priority>('*');
  switch (x) {
    case log_style::plain: result->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v"); break;
    case log_style::journald: result->set_pattern("%*%v"); break;
    case log_style::json:
      result->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
      break;
  }
  return result;
}

void write(spdlog::logger& to, spdlog::level::level_enum level, std::string_view line,
           log_fields fields) {
  if (to.should_log(level))
    to.log(level, spdlog::string_view_t{log_text(style, line, fields)});
}

void write(spdlog::level::level_enum level, std::string_view line, log_fields fields) {
  write(*spdlog::default_logger_raw(), level, line, fields);
}

double milliseconds_of(std::chrono::microseconds x) {
  return static_cast<double>(x.count()) / 1000;
}

} // namespace

void start_log(const std::string& level, const std::string& format) {
  style = log_style_of(format, STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
  auto sink = std::make_shared<log_sink>(STDERR_FILENO, [](std::uint64_t lines) {
    return log_text(style, "lines of the log were lost: its reader is slow", {{"lines", lines}});
  });
  sink->set_formatter(formatter_of(style));
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("convertd", sink));
  for_many = std::make_shared<spdlog::logger>(std::string{log_of_many}, sink);
  set_log_level(level);
}

void set_log_level(const std::string& level) {
  auto least = spdlog::level::from_str(level);
  spdlog::default_logger_raw()->set_level(least);
  if (for_many)
    for_many->set_level(least);
}

void log_info(const std::string& line, log_fields fields) {
  write(spdlog::level::info, line, fields);
}

void log_warning(const std::string& line, log_fields fields) {
  write(spdlog::level::warn, line, fields);
}

void log_error(const std::string& line, log_fields fields) {
  write(spdlog::level::err, line, fields);
}

void log_request(const request_line& x) {
  if (!for_many)
    return;
  write(*for_many, spdlog::level::info, "request",
        {{"status", static_cast<std::uint64_t>(x.status)},
         {"method", x.method},
         {"path", std::string_view{x.path}.substr(0, path_bytes_max)},
         {"bytes", x.bytes},
         {"ms", static_cast<double>(x.micros) / 1000},
         {"account", std::uint64_t{x.account}},
         {"request", x.request_id},
         {"job", x.work_id},
         {"trace", x.trace_parent}});
  if (!x.trouble.empty())
    write(*for_many, spdlog::level::err, "request failed: " + x.trouble,
          {{"request", x.request_id}});
}

void log_file(const attempt_report& x) {
  if (!for_many)
    return;
  auto level = x.account == self_check_account ? spdlog::level::debug : spdlog::level::info;
  auto job = to_text(x.job);
  auto source = x.source == image_format::unknown ? "" : facts_of(x.source).name;
  write(*for_many, level, "file",
        {{"outcome", x.outcome},
         {"error", x.error},
         {"job", job},
         {"file", std::uint64_t{x.index}},
         {"lane", x.sync ? "sync" : "job"},
         {"account", std::uint64_t{x.account}},
         {"from", source},
         {"to", facts_of(x.target).name},
         {"bytes_in", x.bytes_in},
         {"bytes_out", x.bytes_out},
         {"wait_ms", milliseconds_of(x.wait)},
         {"header_ms", milliseconds_of(x.probe)},
         {"memory_ms", milliseconds_of(x.memory)},
         {"work_ms", milliseconds_of(x.work)},
         {"decode_ms", milliseconds_of(x.stages.decode)},
         {"transform_ms", milliseconds_of(x.stages.transform)},
         {"encode_ms", milliseconds_of(x.stages.encode)},
         {"compress_ms", milliseconds_of(x.stages.compress)},
         {"store_ms", milliseconds_of(x.store)}});
}

} // namespace convertd
