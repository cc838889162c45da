// A chunked body carries the same data however it arrives and however little is taken at a time.
#include "http/dechunker.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace convertd;

namespace {

struct read_body {
  std::string data;
  bool done = false;
  bool bad = false;
  std::size_t left = 0;
};

read_body read(std::string_view input, std::size_t piece, std::size_t limit) {
  dechunker chunks;
  read_body out;
  for (std::size_t at = 0; at < input.size() && !chunks.done() && !chunks.bad(); at += piece) {
    auto arrived = input.substr(at, piece);
    auto here = arrived.size();
    for (auto data = chunks.next(arrived, limit); !data.empty();
         data = chunks.next(arrived, limit)) {
      must(data.size() <= limit);
      out.data += data;
    }
    out.left = input.size() - at - here + arrived.size();
  }
  out.done = chunks.done();
  out.bad = chunks.bad();
  return out;
}

} // namespace

FUZZ(input) {
  choices chosen{input};
  std::size_t piece = 1 + chosen.byte();
  std::size_t limit = 1 + chosen.byte();
  auto text = chosen.rest();
  auto whole = read(text, std::max<std::size_t>(text.size(), 1), text.size() + 1);
  auto cut = read(text, piece, limit);
  must(whole.data == cut.data && whole.done == cut.done && whole.bad == cut.bad);
  must(!whole.done || whole.left == cut.left);
  must(whole.data.size() <= text.size() && !(whole.done && whole.bad));
}
