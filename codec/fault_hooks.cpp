#include "codec/fault_hooks.hpp"

#include "codec/channel.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/raster.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <poll.h>
#include <random>
#include <string_view>
#include <sys/socket.h>
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

constexpr int channel = 3;

/// Some of them begin as a message should.
void say_anything() {
  std::mt19937_64 random{4};
  message_head head{.kind = message_kind::result};
  std::array<std::uint64_t, 31> words{};
  for (int i = 0; i < 1'000'000; ++i) {
    for (auto& word : words)
      word = random();
    head.kind = static_cast<message_kind>(words[1] % 16);
    if (words[2] % 2 == 0)
      std::memcpy(words.data(), &head, sizeof head);
    ::send(channel, words.data(), words[3] % sizeof words, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

/// Writes to whatever it has; the output is among it.
void leave_half() {
  std::array<char, 4096> some{};
  for (int fd = channel + 1; fd < 16; ++fd)
    if (::pwrite(fd, some.data(), some.size(), 0) > 0)
      ::lseek(fd, 0, SEEK_END);
  std::_Exit(0);
}

void tell_of_more_than_was_written() {
  send_message(channel, to_message(codec_result{.size = 1 << 20, .width = 64, .height = 64}));
  ::poll(nullptr, 0, -1);
}

void send_descriptors() {
  send_message(channel, ready_message{}, {0, 1});
}

void run_shell() {
  ::execl("/bin/sh", "sh", "-c", "exit 0", nullptr);
}

void call_home() {
  ::socket(AF_INET, SOCK_STREAM, 0);
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
      ::poll(nullptr, 0, -1);
  if (fault == "spin")
    spin();
  if (fault == "memory")
    take_all_memory();
  if (fault == "exit")
    std::_Exit(0);
  if (fault == "say-anything")
    say_anything();
  if (fault == "leave-half")
    leave_half();
  if (fault == "lie-of-result")
    tell_of_more_than_was_written();
  if (fault == "send-descriptors")
    send_descriptors();
  if (fault == "run-shell")
    run_shell();
  if (fault == "call-home")
    call_home();
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
  if (fault == "hang-probe")
    ::poll(nullptr, 0, -1);
  if (fault == "lie-of-size")
    return source_header{.format = image_format::png, .width = 1 << 30, .height = 1 << 30};
  if (fault == "lie-of-frames")
    return source_header{
      .format = image_format::png, .width = 64, .height = 64, .frames = 1'000'000};
  if (fault == "lie-of-format")
    return source_header{.format = image_format::gif, .width = 64, .height = 64};
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
