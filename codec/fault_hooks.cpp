#include "codec/fault_hooks.hpp"

#include "imaging/imaging_error.hpp"
#include "imaging/raster.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace convertd {

namespace {

constexpr std::string_view prefix = "CONVERTD-FAULT:";

/// "crash" of "CONVERTD-FAULT:crash"; empty for any other source.
std::string_view fault_named_in(bytes_view source) {
  std::string_view text{reinterpret_cast<const char*>(source.data()), source.size()};
  if (!text.starts_with(prefix))
    return {};
  text.remove_prefix(prefix.size());
  return text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"));
}

void take_all_memory() {
#ifdef CONVERTD_SANITIZED // without RLIMIT_AS it would be the machine's
  throw std::bad_alloc();
#else
  constexpr std::size_t step = 1 << 20;
  for (;;)
    std::memset(::operator new(step), 1, step); // kept until the process ends
#endif
}

void spin() {
  volatile bool forever = true;
  while (forever) {
  }
}

encoded_image small_image(image_format target) {
  raster x{.width = 64, .height = 64, .channels = 3, .samples = {}};
  x.samples.assign(std::size_t{64} * 64 * 3, 128);
  return encode_raster(x, target);
}

encoded_image commit(std::string_view fault, image_format target) {
  if (fault == "crash")
    ::raise(SIGSEGV);
  if (fault == "hang")
    for (;;)
      ::pause();
  if (fault == "spin")
    spin();
  if (fault == "memory")
    take_all_memory();
  if (fault == "exit")
    std::_Exit(0);
  if (fault == "slow")
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return small_image(target);
}

} // namespace

std::optional<imaging_answer<source_header>> fault_at_probe(bytes_view source) {
  auto fault = fault_named_in(source);
  if (fault.empty())
    return std::nullopt;
  if (fault == "crash-probe")
    ::raise(SIGSEGV);
  return source_header{.format = image_format::png, .width = 64, .height = 64};
}

std::optional<imaging_answer<encoded_image>> fault_at_convert(bytes_view source,
                                                              image_format target) {
  auto fault = fault_named_in(source);
  if (fault.empty())
    return std::nullopt;
  try {
    return commit(fault, target);
  } catch (...) {
    return failure_in_flight(ec::decode_failed);
  }
}

} // namespace convertd
