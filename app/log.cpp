#include "app/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace convertd {

void start_log(const std::string& level) {
  auto logger = spdlog::get("convertd");
  if (!logger)
    logger = spdlog::stderr_logger_mt("convertd");
  spdlog::set_default_logger(logger);
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

void log_info(const std::string& line) {
  spdlog::info(line);
}

void log_warning(const std::string& line) {
  spdlog::warn(line);
}

void log_error(const std::string& line) {
  spdlog::error(line);
}

void log_request(const request_line& x) {
  spdlog::info("{} {} {} bytes={} ms={:.1f} account={} request={}", x.status,
               x.method.empty() ? "-" : x.method, x.path.empty() ? "-" : x.path, x.bytes,
               static_cast<double>(x.micros) / 1000, x.account, x.request_id);
  if (!x.trouble.empty())
    spdlog::error("request {} failed: {}", x.request_id, x.trouble);
}

} // namespace convertd
