// convertd-codec: the program that parses images. The server starts it; people rarely do.
#include "codec/child.hpp"
#include "codec/samples.hpp"
#include "codec/zygote.hpp"

#include <cstdio>
#include <malloc.h>
#include <string_view>

namespace {

using namespace convertd;

constexpr const char* help =
  "usage: convertd-codec samples DIR   writes three pictures to try the server with\n"
  "       convertd-codec version\n"
  "       convertd-codec zygote …      (internal: started by convertd)\n";

/// Large buffers stay in the heap between files: giving them back costs a fifth of a conversion.
/// One arena: threads of libraries must not reserve 64 MiB of address space each.
void tune_heap() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_ARENA_MAX, 1);
}

} // namespace

int main(int count, char** words) {
  std::string_view verb = count > 1 ? words[1] : "";
  tune_heap();
  if (verb == "zygote")
    if (auto options = parse_child_options(count - 2, words + 2))
      return run_zygote(*options, {.prepare = load_coders, .child = run_child});
  if (verb == "samples" && count == 3)
    return write_samples(words[2]);
  if (verb == "version" && count == 2)
    return std::puts("convertd-codec " CONVERTD_VERSION) < 0 ? 1 : 0;
  std::fputs(help, stderr);
  return 2;
}
