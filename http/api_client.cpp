#include "http/api_client.hpp"

#include "http/event_parser.hpp"
#include "http/form_source.hpp"

#include <httplib.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace convertd {

namespace {

constexpr std::size_t error_bytes_max = 64 * 1024;
/// The server says something every 15 s while a stream goes on, and answers the rest sooner; an
/// upload is answered when its bytes are durable.
constexpr std::time_t read_seconds_max = 150;
constexpr std::time_t connect_seconds_max = 10;

/// "http://host:port" and what comes after it.
std::pair<std::string, std::string> split_url(const std::string& url) {
  auto scheme = url.find("://");
  if (scheme == url.npos || (!url.starts_with("http://") && !url.starts_with("https://")))
    throw std::invalid_argument{"\"" + url + "\" does not start with http:// or https://"};
  auto slash = std::min(url.find('/', scheme + 3), url.size());
  if (slash == scheme + 3)
    throw std::invalid_argument{"\"" + url + "\" names no host"};
  auto path = url.substr(slash);
  return {url.substr(0, slash), path.empty() ? "/" : path};
}

httplib::Client connect(const std::string& server) {
  httplib::Client x{server};
  x.set_connection_timeout(connect_seconds_max);
  x.set_read_timeout(read_seconds_max);
  x.set_write_timeout(read_seconds_max);
  x.set_keep_alive(true);
  return x;
}

api_answer checked(const httplib::Result& result, const std::string& server) {
  if (!result)
    throw unreachable{"no answer from " + server + ": " + httplib::to_string(result.error())};
  return {result->status, result->body};
}

} // namespace

struct api_client::impl {
  std::string server;
  httplib::Client client;
  httplib::Headers headers;
};

api_client::api_client(std::string server, std::string key) {
  while (server.ends_with('/'))
    server.pop_back();
  auto [base, path] = split_url(server);
  if (path != "/")
    throw std::invalid_argument{"\"" + server + "\" has a path; a server's URL has none"};
  impl_ = std::unique_ptr<impl>{new impl{base, connect(base), {}}};
  if (!key.empty())
    impl_->headers.emplace("Authorization", "Bearer " + key);
}

api_client::~api_client() = default;
api_client::api_client(api_client&&) noexcept = default;

const std::string& api_client::server() const {
  return impl_->server;
}

api_answer api_client::get(const std::string& path) {
  return checked(impl_->client.Get(path, impl_->headers), impl_->server);
}

api_answer api_client::erase(const std::string& path) {
  return checked(impl_->client.Delete(path, impl_->headers), impl_->server);
}

api_answer api_client::post(const std::string& path) {
  return checked(impl_->client.Post(path, impl_->headers, std::string{}, "application/json"),
                 impl_->server);
}

api_answer api_client::post(const std::string& path, const api_form& form,
                            const std::function<void(std::uint64_t, std::uint64_t)>& sent) {
  form_source body{form};
  std::exception_ptr trouble;
  auto provide = [&](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
    try {
      auto piece = body.read(offset, length);
      if (!sink.write(piece.data(), piece.size()))
        return false;
      if (sent)
        sent(offset + piece.size(), body.size());
      return true;
    } catch (const std::exception&) {
      trouble = std::current_exception();
      return false;
    }
  };
  auto result = impl_->client.Post(path, impl_->headers, body.size(), provide, body.content_type());
  if (trouble)
    std::rethrow_exception(trouble);
  return checked(result, impl_->server);
}

api_answer api_client::events(const std::string& path, const std::string& after,
                              const std::function<bool(const api_event&)>& take) {
  auto headers = impl_->headers;
  if (!after.empty())
    headers.emplace("Last-Event-ID", after);
  api_answer answer;
  event_parser parser;
  auto stopped = false;
  auto begin = [&](const httplib::Response& x) {
    answer.status = x.status;
    return true;
  };
  auto more = [&](const char* data, std::size_t size) {
    if (!answer.ok()) {
      answer.body.append(data, std::min(size, error_bytes_max - answer.body.size()));
      return true;
    }
    for (const auto& each : parser.feed({data, size}))
      if (!stopped && !take(each))
        stopped = true;
    return !stopped;
  };
  auto result = impl_->client.Get(path, headers, begin, more);
  if (!result && !stopped)
    checked(result, impl_->server);
  return answer;
}

api_answer api_client::fetch(const std::string& url,
                             const std::function<void(std::string_view)>& take) {
  auto [server, path] = split_url(url);
  auto client = connect(server);
  api_answer answer;
  std::exception_ptr trouble;
  auto begin = [&](const httplib::Response& x) {
    answer.status = x.status;
    return true;
  };
  auto more = [&](const char* data, std::size_t size) {
    try {
      if (answer.ok())
        take({data, size});
      else
        answer.body.append(data, std::min(size, error_bytes_max - answer.body.size()));
      return true;
    } catch (const std::exception&) { // the disk is full, say
      trouble = std::current_exception();
      return false;
    }
  };
  auto result = client.Get(path, httplib::Headers{}, begin, more);
  if (trouble)
    std::rethrow_exception(trouble);
  if (!result)
    checked(result, server);
  return answer;
}

} // namespace convertd
