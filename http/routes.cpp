#include "http/routes.hpp"

#include "http/handlers.hpp"
#include "http/problem.hpp"
#include "http/request_refused.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace convertd {

namespace {

constexpr std::array table{
  route{"POST", "/api/jobs", submit_job},
  route{"POST", "/api/convert", convert_now},
  route{"POST", "/api/compress", compress_now},
  route{"GET", "/api/jobs", list_jobs},
  route{"GET", "/api/jobs/{id}", get_job},
  route{"DELETE", "/api/jobs/{id}", cancel_job},
  route{"POST", "/api/jobs/{id}/retry", retry_job},
  route{"DELETE", "/api/jobs/{id}/files", erase_job_files},
  route{"GET", "/api/jobs/{id}/events", get_job_events},
  route{"POST", "/api/files", store_file},
  route{"GET", "/api/files", list_files},
  route{"GET", "/api/files/{id}", get_file},
  route{"PATCH", "/api/files/{id}", rename_file},
  route{"DELETE", "/api/files/{id}", erase_file},
  route{"GET", "/api/jobs/{id}/archive/content", get_archive_content},
  route{"GET", "/api/files/{id}/content", get_content},
  route{"GET", "/api/usage", get_usage},
  route{"GET", "/api/formats", get_formats},
  route{"GET", "/api/server/stats", get_server_stats},
  route{"GET", "/api/webhooks", list_webhooks},
  route{"POST", "/api/webhooks", make_webhook},
  route{"GET", "/api/webhooks/deliveries", list_deliveries},
  route{"POST", "/api/webhooks/deliveries/{id}/retry", retry_delivery},
  route{"GET", "/api/webhooks/{id}", get_webhook},
  route{"PATCH", "/api/webhooks/{id}", change_webhook},
  route{"DELETE", "/api/webhooks/{id}", delete_webhook},
  route{"POST", "/api/webhooks/{id}/rotate", rotate_webhook},
  route{"GET", "/livez", get_live},
  route{"GET", "/healthz", get_live},
  route{"GET", "/readyz", get_ready},
  route{"GET", "/", get_console},
  route{"GET", "/docs", get_docs},
  route{"GET", "/web/{name}", get_web_file},
  route{"GET", "/openapi.json", get_openapi},
  route{"GET", "/llms.txt", get_llms},
};

std::string_view take_segment(std::string_view& rest) {
  auto slash = rest.find('/', 1);
  auto segment = rest.substr(0, slash);
  rest.remove_prefix(segment.size());
  return segment.substr(1);
}

/// What stands in the places of the braces, if `path` fits.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> captured;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    auto wanted = take_segment(pattern);
    auto given = take_segment(path);
    if (wanted.starts_with('{') && !given.empty())
      captured.emplace_back(given);
    else if (wanted != given)
      return std::nullopt;
  }
  if (!pattern.empty() || !path.empty())
    return std::nullopt;
  return captured;
}

[[noreturn]] void refuse_unknown(const exchange& x) {
  bool in_api = x.path() == "/api" || x.path().starts_with("/api/");
  throw request_refused{in_api ? ec::not_offered : ec::not_found};
}

} // namespace

std::span<const route> routes() {
  return table;
}

void route_request(exchange& x, const services& with) {
  auto method = x.head().method() == "HEAD" ? std::string_view{"GET"} : x.head().method();
  std::string allowed;
  for (const auto& each : table) {
    auto captured = match(each.path, x.path());
    if (!captured)
      continue;
    if (each.method == method) {
      x.set_captured(std::move(*captured));
      x.notes().route = each.path;
      each.serve(x, with);
      return;
    }
    allowed.append(allowed.empty() ? "" : ", ").append(each.method);
    if (each.method == "GET")
      allowed += ", HEAD";
  }
  if (allowed.empty())
    refuse_unknown(x);
  x.reply() = problem_answer({ec::method_not_allowed, {}, {}, {}}, 0);
  x.reply().header("Allow", allowed);
}

bool is_quick(const request_head& head) {
  constexpr std::string_view of_jobs = "/api/jobs/";
  auto path = head.path();
  if (head.method() == "POST")
    return path == "/api/jobs";
  return head.method() == "GET" && path.starts_with(of_jobs)
         && path.find('/', of_jobs.size()) == path.npos;
}

bool is_download_path(std::string_view path) {
  return path.starts_with("/api/")
         && (path.ends_with("/content") || path.ends_with("/retry")); // a retry copies sources
}

} // namespace convertd
