// The engines of imaging/ alone, in one process: what a codec process is compared with.
//
//   bench_engine SECONDS SETTING=VALUE… FILE…
//
// Settings: format, quality, width, target (bytes, to compress), strip, the efforts of
// job/effort.hpp, out (a file for the first result). Converts the files in turn for so long and
// prints one line of JSON: conversions, processor seconds for each, mean bytes of the results.
#include "imaging/effort.hpp"
#include "imaging/imaging.hpp"
#include "imaging/policy.hpp"
#include "job/image_format.hpp"

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace convertd::bench {
namespace {

constexpr std::uint64_t memory_max = 4 * gib;

/// As convertd-codec has it.
void tune_heap() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_ARENA_MAX, 1);
}

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct picture {
  std::string name;
  std::vector<std::byte> bytes;
};

picture read_picture(const std::string& name) {
  std::ifstream in{name, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (text.empty())
    throw std::runtime_error{"cannot read " + name};
  auto first = reinterpret_cast<const std::byte*>(text.data());
  return {name, {first, first + text.size()}};
}

struct request {
  double seconds = 0;
  conversion what;
  encoder_effort how;
  std::string out; ///< Where the first result goes; empty = nowhere.
  std::vector<picture> pictures;
};

std::uint32_t* effort_named(encoder_effort& x, std::string_view name) {
  return name == "png_level"               ? &x.png_level
         : name == "tiff_level"            ? &x.tiff_level
         : name == "avif_speed"            ? &x.avif_speed
         : name == "webp_method"           ? &x.webp_method
         : name == "webp_animation_method" ? &x.webp_animation_method
                                           : nullptr;
}

void set(request& to, std::string_view name, const std::string& value) {
  auto& what = to.what;
  if (auto* effort = effort_named(to.how, name))
    *effort = static_cast<std::uint32_t>(std::stoul(value));
  else if (name == "out")
    to.out = value;
  else if (name == "format")
    what.target = parse_format(value).value_or(image_format::unknown);
  else if (name == "quality")
    what.quality = static_cast<std::uint8_t>(std::stoi(value));
  else if (name == "width") {
    what.resize = resize_mode::width;
    what.width = static_cast<std::uint32_t>(std::stoul(value));
  } else if (name == "target") {
    what.op = operation::compress;
    what.mode = compress_mode::target_size;
    what.target_bytes = std::stoull(value);
  } else if (name == "strip")
    what.strip_metadata = value == "true";
  else
    throw std::runtime_error{"unknown setting " + std::string{name}};
}

request request_of(int count, char** words) {
  request x;
  x.seconds = std::stod(words[1]);
  for (int i = 2; i < count; ++i) {
    std::string word = words[i];
    if (auto at = word.find('='); at != std::string::npos && word.find('/') > at)
      set(x, word.substr(0, at), word.substr(at + 1));
    else
      x.pictures.push_back(read_picture(word));
  }
  return x;
}

encoded_image converted(const picture& x, conversion what) {
  image_limits limits;
  auto format = sniff(x.bytes);
  settle_for_source(what, format);
  auto header = probe_image(format, x.bytes, limits);
  if (auto* why = std::get_if<failure>(&header))
    throw std::runtime_error{x.name + ": " + std::string{code_of(why->code)}};
  auto done = convert_image(std::get<source_header>(header), x.bytes, what, limits);
  if (auto* why = std::get_if<failure>(&done))
    throw std::runtime_error{x.name + ": " + std::string{code_of(why->code)}};
  return std::move(std::get<encoded_image>(done));
}

void save(const std::string& name, bytes_view bytes) {
  std::ofstream{name, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                              static_cast<std::streamsize>(bytes.size()));
}

int run(const request& x) {
  std::size_t bytes = 0;
  for (const auto& each : x.pictures) { // warms, too
    auto result = converted(each, x.what);
    if (bytes == 0 && !x.out.empty())
      save(x.out, result.bytes);
    bytes += result.bytes.size();
  }
  auto until = seconds_of(CLOCK_MONOTONIC) + x.seconds;
  auto start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  std::size_t count = 0;
  do
    for (const auto& each : x.pictures) { // whole rounds: all count the same
      converted(each, x.what);
      ++count;
    }
  while (seconds_of(CLOCK_MONOTONIC) < until);
  auto each = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - start) / static_cast<double>(count);
  std::printf("{\"count\": %zu, \"cpu\": %.6f, \"bytes\": %zu}\n", count, each,
              bytes / x.pictures.size());
  return 0;
}

} // namespace
} // namespace convertd::bench

int main(int count, char** words) {
  using namespace convertd;
  bench::tune_heap();
  try {
    if (count < 3)
      return std::fputs("usage: bench_engine SECONDS SETTING=VALUE... FILE...\n", stderr), 2;
    auto request = bench::request_of(count, words);
    set_effort(request.how);
    if (auto why = start_imaging({.memory_max = bench::memory_max}); !why.empty())
      std::fprintf(stderr, "%s\n", why.c_str());
    return bench::run(request);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "bench_engine: %s\n", error.what()), 1;
  }
}
