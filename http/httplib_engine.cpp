#include "http/httplib_engine.hpp"

#include "http/problem.hpp"
#include "http/socket_writer.hpp"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

namespace convertd {

namespace {

/// What httplib reads from and writes to: the cut-down head, and the client's socket.
class engine_stream : public httplib::Stream {
public:
  engine_stream(exchange& x, const front_options& bounds)
    : exchange_{&x},
      writer_{x.of().socket.get(), bounds, x.on_loop() ? when_full::keep_rest : when_full::wait} {
    head_.append(x.head().method()).append(" ").append(x.head().target());
    head_.append(" HTTP/1.1\r\n\r\n");
  }

  bool is_readable() const override {
    return read_ < head_.size();
  }
  bool is_writable() const override {
    return !writer_.failed();
  }
  ssize_t read(char* into, std::size_t size) override {
    size = std::min(size, head_.size() - read_);
    std::memcpy(into, head_.data() + read_, size);
    read_ += size;
    return static_cast<ssize_t>(size);
  }
  ssize_t write(const char* bytes, std::size_t size) override {
    bool fine = exchange_->parked() || writer_.write({bytes, size});
    return fine ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = exchange_->of().peer;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override {
    return exchange_->of().socket.get();
  }

  socket_writer& writer() {
    return writer_;
  }

private:
  exchange* exchange_;
  std::string head_;
  std::size_t read_ = 0;
  socket_writer writer_;
};

/// 0.11.4 is the version of Debian 12; from 0.12 on process_request() takes the addresses too.
constexpr bool is_httplib_011() {
  return std::string_view{CPPHTTPLIB_VERSION}.starts_with("0.11.");
}

/// The pieces of `from`, in the shape that both ways of sending them want.
template <class Done>
bool send_pieces(const body_source& from, httplib::DataSink& sink, const Done& done) {
  std::string piece;
  try {
    if (!from(piece))
      return false;
  } catch (const std::exception&) {
    return false; // half of the answer is sent: breaking off is all that is left to say
  }
  if (piece.empty()) {
    done();
    return true;
  }
  return sink.write(piece.data(), piece.size());
}

} // namespace

class httplib_engine::server : public httplib::Server {
public:
  explicit server(const front_options& bounds) : bounds_{&bounds} {
    svr_sock_ = 0; // is not used, but with INVALID_SOCKET httplib takes itself for shutting down
    set_pre_routing_handler([this](const auto& req, auto& res) { return handle(req, res); });
    set_error_handler(HandlerWithResponse{[this](const auto&, auto& res) { return fail(res); }});
    set_post_routing_handler([this](const auto& req, auto& res) { finish(req, res); });
  }

  serve_result serve(exchange& x, const request_handler& handler, bool last) {
    exchange_ = &x;
    handler_ = &handler;
    last_ = last;
    answered_ = false;
    closes_ = true;
    status_ = 0;
    engine_stream stream{x, *bounds_};
    bool closed = false;
    bool fine = process(*this, stream, closed);
    if (!x.parked())
      fine = stream.writer().flush() && fine;
    auto& writer = stream.writer();
    return {fine, closes_, status_, writer.bytes_sent(), writer.take_rest()};
  }

private:
  /// A template, so that only the call that this version has is compiled.
  template <class Self>
  static bool process(Self& self, engine_stream& stream, bool& closed) {
    if constexpr (is_httplib_011())
      return self.process_request(stream, false, closed, nullptr);
    else
      return self.process_request(stream, std::string{}, 0, std::string{}, 0, false, closed,
                                  nullptr);
  }

  HandlerResponse handle(const httplib::Request& request, httplib::Response& response) {
    exchange_->set_target(request.path, {request.params.begin(), request.params.end()});
    answered_ = true;
    (*handler_)(*exchange_);
    if (!exchange_->parked())
      write(exchange_->reply(), response);
    else
      response.status = 200;
    return HandlerResponse::Handled;
  }

  /// httplib found something wrong by itself; ours have been answered.
  HandlerResponse fail(httplib::Response& response) {
    if (answered_)
      return HandlerResponse::Unhandled;
    exchange_->reply() = problem_answer({ec::bad_request, {}, {}, {}}, 0);
    write(exchange_->reply(), response);
    return HandlerResponse::Handled;
  }

  void write(answer& from, httplib::Response& response) {
    status_ = response.status = from.status;
    for (const auto& [name, value] : from.headers)
      response.set_header(name, value);
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("X-Request-Id", exchange_->notes().id);
    if (!from.source)
      response.body = std::move(from.body);
    if (from.source && from.source_bytes.value_or(1) > 0)
      provide(from, response);
    else if (!response.body.empty())
      response.set_header("Content-Type", from.content_type);
  }

  void provide(answer& from, httplib::Response& response) {
    if (from.source_bytes) {
      response.set_content_provider(
        static_cast<std::size_t>(*from.source_bytes), from.content_type,
        [source = std::move(from.source)](std::size_t, std::size_t, httplib::DataSink& sink) {
          return send_pieces(source, sink, [] {});
        });
    } else {
      auto pieces = [source = std::move(from.source)](std::size_t, httplib::DataSink& sink) {
        return send_pieces(source, sink, [&sink] { sink.done(); });
      };
      if (exchange_->head().is_http10()) // knows no chunks: the end of the connection is the end
        response.set_content_provider(from.content_type, std::move(pieces));
      else
        response.set_chunked_content_provider(from.content_type, std::move(pieces));
    }
  }

  /// The last look at the fields, after httplib has added its own.
  void finish(const httplib::Request& request, httplib::Response& response) {
    auto& fields = response.headers;
    fields.erase("Keep-Alive");
    fields.erase("Connection");
    if (response.status == 304)
      fields.erase("Content-Length");
    const auto& ours = exchange_->reply().headers;
    if (request.method == "HEAD" && std::ranges::find(ours, "Accept-Ranges", &named) == ours.end())
      fields.erase("Accept-Ranges");
    bool http10 = exchange_->head().is_http10();
    bool sized = fields.count("Content-Length") > 0 || response.status == 304;
    closes_ = last_ || !exchange_->keep_alive() || (http10 && !sized);
    if (closes_)
      fields.emplace("Connection", "close");
    else if (http10)
      fields.emplace("Connection", "keep-alive");
  }

  static const std::string& named(const std::pair<std::string, std::string>& field) {
    return field.first;
  }

  const front_options* bounds_;
  exchange* exchange_ = nullptr;
  const request_handler* handler_ = nullptr;
  bool last_ = false;
  bool answered_ = false;
  bool closes_ = false;
  int status_ = 0;
};

httplib_engine::httplib_engine(const front_options& bounds)
  : server_{std::make_unique<server>(bounds)} {}

httplib_engine::~httplib_engine() = default;

serve_result httplib_engine::serve(exchange& x, const request_handler& handler, bool last) {
  return server_->serve(x, handler, last);
}

} // namespace convertd
