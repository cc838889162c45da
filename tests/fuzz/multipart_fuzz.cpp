// A form has the same parts however it arrives.
#include "http/multipart.hpp"
#include "http/request_refused.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace convertd;

namespace {

struct written_down : multipart_sink {
  void begin_part(const part_head& head) override {
    must(!open);
    open = true;
    text += "<" + head.name + "|" + head.filename.value_or("(none)") + ">";
  }
  void part_bytes(std::string_view bytes) override {
    must(open);
    text += bytes;
  }
  void end_part() override {
    must(open);
    open = false;
    text += "</>";
  }
  std::string text;
  bool open = false;
};

/// The parts, and whether the form was whole.
std::pair<std::string, bool> read(std::string_view input, std::string_view boundary,
                                  std::size_t piece) {
  written_down out;
  try {
    multipart_parser parser{boundary, out};
    std::string waiting;
    for (std::size_t at = 0; at < input.size(); at += piece) {
      waiting += input.substr(at, piece);
      auto used = parser.consume(waiting);
      must(used <= waiting.size());
      waiting.erase(0, used);
      must(waiting.size() <= part_head_bytes_max + boundary_bytes_max + 8 + piece);
    }
    parser.finish(waiting);
    return {out.text, true};
  } catch (const request_refused& refusal) {
    must(refusal.why().code == ec::bad_request);
    return {out.text, false};
  }
}

} // namespace

FUZZ(input) {
  choices chosen{input};
  std::size_t piece = 1 + chosen.byte();
  auto text = chosen.rest();
  auto line = text.substr(0, text.find('\n'));
  try {
    auto boundary = boundary_of(line);
    must(!boundary.empty() && boundary.size() <= boundary_bytes_max);
  } catch (const request_refused&) {
  }
  auto whole = read(text, "b", std::max<std::size_t>(text.size(), 1));
  auto cut = read(text, "b", piece);
  must(whole.second == cut.second && (!whole.second || whole.first == cut.first));
}
