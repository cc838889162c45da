#include "http/small_body.hpp"

#include "http/request_refused.hpp"

#include <array>
#include <memory>
#include <utility>

namespace convertd {

namespace {

struct body_work : request_work {
  std::string text;
};

} // namespace

std::optional<std::string> read_small_body(exchange& x) {
  auto& kept = x.notes().work;
  if (!kept)
    kept = std::make_unique<body_work>();
  auto& text = static_cast<body_work&>(*kept).text;
  std::array<char, 4096> piece{};
  for (;;) {
    auto size = x.body().read(piece);
    if (!size) {
      x.await_body();
      return std::nullopt;
    }
    if (*size == 0)
      return std::move(text);
    text.append(piece.data(), *size);
    if (text.size() > small_body_max)
      throw request_refused{ec::invalid_json, "The body is longer than 64 KiB."};
  }
}

} // namespace convertd
