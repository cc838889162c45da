#include "webhooks/poster.hpp"

#include "webhooks/target_url.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <memory>
#include <stdexcept>
#include <sys/socket.h>
#include <variant>

namespace convertd {

namespace {

using namespace std::chrono;

using easy_handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using text_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// What libcurl's callbacks work on.
struct call {
  const address_guard* guard;
  const poster_options* with;
  std::vector<ip_address> targets; ///< Checked; the only ones to connect to.
  post_result result;
  std::size_t head_bytes = 0;
};

/// The second look, at what is really connected to.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* to) {
  const auto& of = *static_cast<call*>(data);
  auto address = ip_of(to->addr);
  bool known = address && std::ranges::count(of.targets, *address) > 0;
  if (!known || !of.guard->permits(*address))
    return CURL_SOCKET_BAD;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/// Less than was given makes libcurl break off: what came so far is enough.
std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* data) {
  auto& body = static_cast<call*>(data)->result.body;
  auto taken = std::min(count, response_bytes_kept - body.size());
  body.append(bytes, taken);
  return taken;
}

std::size_t count_head(char*, std::size_t, std::size_t count, void* data) {
  auto& sum = static_cast<call*>(data)->head_bytes;
  sum += count;
  return sum > response_head_bytes_max ? 0 : count;
}

bool stopped(const poster_options& with) {
  return with.stop != nullptr && *with.stop;
}

int look_for_stop(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return stopped(*static_cast<call*>(data)->with) ? 1 : 0;
}

void append(text_list& to, const std::string& line) {
  auto* longer = curl_slist_append(to.get(), line.c_str());
  if (longer == nullptr)
    throw std::bad_alloc{};
  static_cast<void>(to.release());
  to.reset(longer);
}

/// "host:port:address,address": libcurl asks no resolver for this host.
std::string pinned(const target_url& to, const std::vector<ip_address>& addresses) {
  auto out = to.host + ":" + std::to_string(to.port) + ":";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    out += i == 0 ? "" : ",";
    out += addresses[i].v4 ? to_text(addresses[i]) : "[" + to_text(addresses[i]) + "]";
  }
  return out;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  if (auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
    throw std::runtime_error{std::string{"libcurl: "} + curl_easy_strerror(code)};
}

void keep_to_the_target(CURL* easy, call& of) {
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_PROXY, ""); // not the environment's either
  set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &of);
}

void bound(CURL* easy, call& of, milliseconds left) {
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  set(easy, CURLOPT_WRITEFUNCTION, take_body);
  set(easy, CURLOPT_WRITEDATA, &of);
  set(easy, CURLOPT_HEADERFUNCTION, count_head);
  set(easy, CURLOPT_HEADERDATA, &of);
  set(easy, CURLOPT_NOPROGRESS, 0L);
  set(easy, CURLOPT_XFERINFOFUNCTION, look_for_stop);
  set(easy, CURLOPT_XFERINFODATA, &of);
}

std::string trouble_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return "The receiver did not answer in time.";
    case CURLE_COULDNT_CONNECT: return "The receiver could not be connected to.";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR: return "The receiver's TLS or certificate is not in order.";
    default: return "The receiver did not answer as an HTTP server does.";
  }
}

void perform(call& of, const post_request& what, const target_url& to, milliseconds left) {
  easy_handle easy{curl_easy_init(), &curl_easy_cleanup};
  if (!easy)
    throw std::bad_alloc{};
  text_list headers{nullptr, &curl_slist_free_all};
  append(headers, "content-type: application/json");
  append(headers, "expect:");
  for (const auto& each : what.headers)
    append(headers, each);
  text_list names{nullptr, &curl_slist_free_all};
  if (!parse_ip(to.host))
    append(names, pinned(to, of.targets));
  keep_to_the_target(easy.get(), of);
  bound(easy.get(), of, left);
  set(easy.get(), CURLOPT_URL, to.text.c_str());
  set(easy.get(), CURLOPT_RESOLVE, names.get());
  set(easy.get(), CURLOPT_USERAGENT, what.user_agent.c_str());
  set(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  set(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
  set(easy.get(), CURLOPT_POSTFIELDS, what.body.c_str());
  auto code = curl_easy_perform(easy.get());
  bool enough = code == CURLE_WRITE_ERROR && of.result.body.size() == response_bytes_kept;
  if (code != CURLE_OK && !enough) {
    of.result.trouble = trouble_of(code);
    return;
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  of.result.status = static_cast<int>(status);
}

} // namespace

void start_posting() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    throw std::runtime_error{"libcurl does not start"};
}

post_result post(const post_request& what, const poster_options& with) {
  auto end = steady_clock::now() + with.time_max;
  auto guard = with.guarded ? with.guard : address_guard{parse_networks("0.0.0.0/0 ::/0")};
  auto parsed = parse_target(what.url, guard);
  if (auto* complaint = std::get_if<std::string>(&parsed))
    return {0, {}, "The URL " + *complaint};
  const auto& to = std::get<target_url>(parsed);
  auto addresses =
    with.look_up(to.host, [&] { return steady_clock::now() >= end || stopped(with); });
  if (!addresses || addresses->empty())
    return {0, {}, "The receiver's name could not be looked up."};
  if (!std::ranges::all_of(*addresses, [&](const ip_address& x) { return guard.permits(x); }))
    return {0, {}, "The receiver's name leads to an address that is not public."};
  auto left = duration_cast<milliseconds>(end - steady_clock::now());
  if (left <= milliseconds::zero())
    return {0, {}, trouble_of(CURLE_OPERATION_TIMEDOUT)};
  call of{&guard, &with, std::move(*addresses), {}, 0};
  perform(of, what, to, left);
  return std::move(of.result);
}

} // namespace convertd
