#include "http/http_server.hpp"

#include "http/routes.hpp"

#include <utility>

namespace convertd {

http_server::http_server(http_options options, const store& records, const job_files& files,
                         const saved_files& saved, commands& actors)
  : options_{std::move(options)},
    signer_{load_or_create_signing_key(options_.signing_key), options_.url_lifetime},
    services_{options_, records, files, saved, actors, signer_, webhook_desk{[&actors](auto what) {
                return actors.write(std::move(what));
              }}} {
  front_hooks hooks;
  hooks.handle = [this](exchange& x) { route_request(x, services_); };
  hooks.is_download = is_download_path;
  hooks.retry_after = [this] { return services_.actors.retry_after(); };
  hooks.log = options_.log;
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

std::string base_url(const http_options& options, const exchange& x) {
  if (!options.public_url.empty())
    return options.public_url;
  if (!x.head().host().empty())
    return "http://" + std::string{x.head().host()};
  return "http://" + options.front.address + ":" + std::to_string(options.front.port); // HTTP/1.0
}

} // namespace convertd
