// How well and how fast JPEG files are brought to a size, beside a bisection over whole qualities
// with the same encoder:
//
//   build/release/tests/target_size [--bisect] photo.jpg …
#include "imaging/imaging.hpp"
#include "imaging/jpeg_coefficients.hpp"
#include "imaging/policy.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace convertd;

namespace {

using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

std::vector<std::byte> read_file(const char* name) {
  std::ifstream in{name, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

/// The usual way: read, then halve the range of qualities until it is empty.
double bisection_seconds(bytes_view source, std::uint64_t target, int& encodes) {
  auto start = clock_type::now();
  jpeg_coefficients picture{source};
  int low = 1, high = 100;
  for (encodes = 0; low <= high; ++encodes) {
    auto middle = (low + high) / 2;
    if (picture.encode(middle, kept_segments(source, false)).bytes.size() <= target)
      low = middle + 1;
    else
      high = middle - 1;
  }
  return seconds_since(start);
}

struct sums {
  int runs = 0, above = 0, unreachable = 0, failed = 0, encodes = 0, encodes_max = 0;
  double used = 0, least_used = 1, seconds = 0, bisection = 0;
};

void run(const char* name, bytes_view source, double share, bool bisect, sums& all) {
  auto target = static_cast<std::uint64_t>(share * static_cast<double>(source.size()));
  conversion what{
    .op = operation::compress, .mode = compress_mode::target_size, .target_bytes = target};
  settle_for_source(what, image_format::jpg);
  image_limits limits;
  auto start = clock_type::now();
  auto header = probe_image(image_format::jpg, source, limits);
  if (std::holds_alternative<failure>(header)) {
    ++all.failed;
    return;
  }
  auto done = convert_image(std::get<source_header>(header), source, what, limits);
  auto seconds = seconds_since(start);
  if (auto* why = std::get_if<failure>(&done)) {
    ++(why->code == ec::target_unreachable ? all.unreachable : all.failed);
    std::printf("%-28s %2.0f%% %s %s\n", name, 100 * share, std::string{code_of(why->code)}.c_str(),
                why->detail.c_str());
    return;
  }
  const auto& image = std::get<encoded_image>(done);
  auto used = static_cast<double>(image.bytes.size()) / static_cast<double>(target);
  int halvings = 0;
  auto bisection = bisect ? bisection_seconds(source, target, halvings) : 0.0;
  std::printf("%-28s %2.0f%% %9zu used %5.1f%% quality %3d encodes %d %6.2f s", name, 100 * share,
              image.bytes.size(), 100 * used, int{image.applied_quality}, int{image.encodes},
              seconds);
  std::printf(bisect ? "  bisection %d %6.2f s\n" : "\n", halvings, bisection);
  ++all.runs;
  all.above += used > 1 ? 1 : 0;
  all.used += used;
  all.least_used = std::min(all.least_used, used);
  all.encodes += image.encodes;
  all.encodes_max = std::max<int>(all.encodes_max, image.encodes);
  all.seconds += seconds;
  all.bisection += bisection;
}

} // namespace

int main(int argc, char** argv) {
  if (auto why = start_imaging({}); !why.empty())
    return std::fprintf(stderr, "%s\n", why.c_str()), 1;
  sums all;
  auto bisect = argc > 1 && std::strcmp(argv[1], "--bisect") == 0;
  for (int i = bisect ? 2 : 1; i < argc; ++i) {
    auto bytes = read_file(argv[i]);
    std::string name = argv[i];
    name = name.substr(name.rfind('/') + 1).substr(0, 28);
    for (double share : {0.3, 0.5, 0.7})
      run(name.c_str(), bytes, share, bisect, all);
  }
  std::printf(
    "%d results, %d above, mean %.1f%% of the target, least %.1f%%; encodes mean %.2f, at "
    "most %d; %d unreachable, %d failed; %.1f s",
    all.runs, all.above, 100 * all.used / all.runs, 100 * all.least_used,
    double(all.encodes) / all.runs, all.encodes_max, all.unreachable, all.failed, all.seconds);
  std::printf(bisect ? ", bisection %.1f s\n" : "\n", all.bisection);
}
