// convertd-codec: the program that parses images. The server starts it; people rarely do.
#include "codec/samples.hpp"
#include "codec/zygote.hpp"
#include "job/limits.hpp"

#include <charconv>
#include <cstdio>
#include <malloc.h>
#include <optional>
#include <string_view>

namespace {

using namespace convertd;

constexpr const char* help =
  "usage: convertd-codec samples DIR   writes three pictures to try the server with\n"
  "       convertd-codec version\n"
  "       convertd-codec zygote …      (internal: started by convertd)\n";

template <class T>
bool parse(std::string_view text, T& into) {
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && at == end;
}

/// UID GID MEMORY_MAX and efforts, as zygote_keeper passes them.
std::optional<child_options> parse_options(int count, char** words) {
  child_options x;
  auto& how = x.effort;
  if (count != 8 || !parse(words[0], x.uid) || !parse(words[1], x.gid)
      || !parse(words[2], x.memory_max))
    return std::nullopt;
  auto** word = words + 3;
  for (auto* each : {&how.png_level, &how.tiff_level, &how.avif_speed, &how.webp_method,
                     &how.webp_animation_method})
    if (!parse(*word++, *each))
      return std::nullopt;
  if (x.memory_max == 0)
    x.memory_max = codec_memory(image_limits{}.frame_pixels_max);
  return x;
}

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
    if (auto options = parse_options(count - 2, words + 2))
      return run_zygote(*options);
  if (verb == "samples" && count == 3)
    return write_samples(words[2]);
  if (verb == "version" && count == 2)
    return std::puts("convertd-codec " CONVERTD_VERSION) < 0 ? 1 : 0;
  std::fputs(help, stderr);
  return 2;
}
