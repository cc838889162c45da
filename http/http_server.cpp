#include "http/http_server.hpp"

#include "http/routes.hpp"
#include "http/text.hpp"

#include <utility>

namespace convertd {

http_server::http_server(http_options options, const store& records, const job_files& files,
                         const saved_files& saved, commands& actors)
  : options_{std::move(options)},
    signer_{load_or_create_signing_key(options_.signing_key), options_.url_lifetime},
    meter_{records},
    services_{options_,
              records,
              files,
              saved,
              actors,
              signer_,
              claims_,
              meter_,
              counters_,
              std::chrono::steady_clock::now(),
              webhook_desk{[&actors](auto what) { return actors.write(std::move(what)); }}} {
  front_hooks hooks;
  hooks.handle = [this](exchange& x) { route_request(x, services_); };
  hooks.is_download = is_download_path;
  hooks.is_quick = is_quick;
  hooks.retry_after = [this] { return services_.actors.retry_after(); };
  hooks.log = [this](const request_line& line) {
    counters_.add(line);
    if (options_.log)
      options_.log(line);
  };
  front_ = std::make_unique<front>(options_.front, std::move(hooks));
}

http_server::~http_server() = default;

void http_server::start() {
  front_->start();
}

std::uint16_t http_server::port() const {
  return front_->port();
}

void http_server::rung(std::span<const job_change> jobs) {
  front_->rung(jobs);
}

void http_server::drain(std::chrono::milliseconds grace) {
  front_->drain(grace);
}

void http_server::stop() {
  front_->stop();
}

namespace {

/// What the proxy in front of us says that the client asked for: the last one's word, since what
/// stands before it may be the client's.
std::string_view forwarded(const exchange& x, std::string_view field) {
  if (!x.from_proxy())
    return {};
  auto list = x.head().last_header(field).value_or("");
  return trimmed(list.substr(list.rfind(',') + 1)); // npos + 1 = 0
}

bool is_host(std::string_view text) {
  constexpr auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";
  return !text.empty() && text.size() <= 255 && text.find_first_not_of(allowed) == text.npos;
}

} // namespace

std::string base_url(const http_options& options, const exchange& x) {
  if (!options.public_url.empty())
    return options.public_url;
  auto scheme = same_word(forwarded(x, "X-Forwarded-Proto"), "https") ? "https://" : "http://";
  std::string host{forwarded(x, "X-Forwarded-Host")};
  if (!is_host(host))
    host = x.head().host();
  if (host.empty()) // HTTP/1.0
    host = options.front.address + ":" + std::to_string(options.front.port);
  return scheme + host;
}

} // namespace convertd
