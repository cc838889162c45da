#include "codec/child.hpp"

#include "codec/channel.hpp"
#include "codec/fault_hooks.hpp"
#include "codec/source_map.hpp"
#include "imaging/effort.hpp"
#include "imaging/imaging.hpp"
#include "imaging/policy.hpp"
#include "imaging/practice.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <variant>

namespace convertd {

namespace {

/// Without a file for so long, a child has the time to practise.
constexpr std::chrono::milliseconds idle_before_practice{5};

/// Of 19. With the processors to themselves codecs lose nothing by it.
constexpr int codec_niceness = 10;

failure failed(ec code, const char* sentence = "") {
  return {.code = code, .message = sentence, .field = {}, .detail = {}};
}

image_header to_header(const source_header& x) {
  return {.format = x.format,
          .width = x.width,
          .height = x.height,
          .frames = x.frames,
          .depth = x.depth,
          .alpha = x.alpha,
          .orientation = x.orientation};
}

/// Nothing when all is written. The disk's troubles are not the image's: they end the process.
std::optional<failure> write_all(int output, bytes_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto n = ::pwrite(output, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EFBIG)
      return failed(ec::too_large, "The result is too large.");
    if (n <= 0)
      _exit(exit_output_failed);
    done += static_cast<std::size_t>(n);
  }
  return std::nullopt;
}

/// One file, from its order to its result.
struct file_in_work {
  codec_order order;
  source_map source;
  source_header header;
};

class child {
public:
  /// Until the server closes the channel or says what it should not.
  void run() {
    send_message(channel_in_child, ready_message{});
    if (!wait_any({channel_in_child}, deadline_clock::now() + idle_before_practice))
      practise();
    while (auto request = next())
      if (!serve(*request))
        return;
  }

private:
  std::optional<datagram> next() {
    wait_any({channel_in_child}, deadline_clock::time_point::max());
    return receive_bytes(channel_in_child);
  }

  bool serve(datagram& request) {
    if (auto order = as<order_message>(request)) {
      auto header = begin(to_order(*order), request.fds[0].get());
      return order->at_once != 0 ? go_on(header, request.fds[1].get()) : answer(header);
    }
    if (auto order = as<convert_message>(request); order && file_)
      return conclude(finish(request.fds[0].get(), order->memory));
    if (as<skip_message>(request)) {
      file_.reset();
      return true;
    }
    return false;
  }

  template <class T>
  bool answer(const std::variant<T, failure>& x) {
    return std::visit([](const auto& y) { return send_message(channel_in_child, to_message(y)); },
                      x);
  }

  /// To the end of the file if that is near.
  bool go_on(const imaging_answer<image_header>& begun, int output) {
    const auto* header = std::get_if<image_header>(&begun);
    if (header == nullptr)
      return answer(begun);
    if (!goes_at_once(*header, file_->order.what))
      return send_message(channel_in_child, to_message(at_once_answer{*header, {}}));
    auto done = finish(output, at_once_memory);
    if (auto* result = std::get_if<codec_result>(&done))
      return conclude(imaging_answer<at_once_answer>{at_once_answer{*header, *result}});
    return conclude(done);
  }

  /// The same at the end of a file, when its memory has been given back.
  template <class T>
  bool conclude(const imaging_answer<T>& x) {
    auto spent = static_cast<std::uint8_t>(trim_memory() ? 0 : 1);
    return std::visit(
      [spent](const auto& y) {
        auto message = to_message(y);
        if constexpr (requires { message.spent; })
          message.spent = spent;
        else
          message.result.spent = spent;
        return send_message(channel_in_child, message);
      },
      x);
  }

  imaging_answer<image_header> begin(codec_order order, int source);
  imaging_answer<codec_result> finish(int output, std::uint64_t memory);
  imaging_answer<codec_result> convert(int output);

  std::optional<file_in_work> file_;
};

imaging_answer<image_header> child::begin(codec_order order, int source) {
  file_.reset();
  if (!inside_file(source, order.source_offset, order.source_length))
    return failed(ec::decode_failed, "The file is empty or cut short.");
  source_map map{source, order.source_offset, order.source_length};
  if (map.bytes().empty())
    return failed(ec::too_large, "The file is too large.");
  auto probed = fault_at_probe(map.bytes());
  if (!probed)
    probed = probe_image(order.source_format, map.bytes(), order.limits);
  if (auto* why = std::get_if<failure>(&*probed))
    return std::move(*why);
  auto header = std::get<source_header>(*probed);
  file_ = file_in_work{std::move(order), std::move(map), header};
  return to_header(header);
}

imaging_answer<codec_result> child::finish(int output, std::uint64_t memory) {
  auto needed = memory_needed(to_header(file_->header), file_->order.what);
  if (needed > memory && memory_limit_max() < needed) {
    file_.reset();
    return failed(ec::too_large, "An image of this size needs too much memory in that format.");
  }
  set_memory_limit(std::max(memory, needed)); // which is what the server lets us have
  auto result = convert(output);
  file_.reset();
  return result;
}

imaging_answer<codec_result> child::convert(int output) {
  const auto& x = *file_;
  auto bytes = x.source.bytes();
  auto done = fault_at_convert(bytes, x.order.what.target);
  if (!done)
    done = convert_image(x.header, bytes, x.order.what, x.order.limits);
  if (auto* why = std::get_if<failure>(&*done))
    return std::move(*why);
  const auto& image = std::get<encoded_image>(*done);
  if (auto why = write_all(output, image.bytes))
    return std::move(*why);
  return codec_result{.size = image.bytes.size(),
                      .crc32 = crc32_of(image.bytes),
                      .width = image.width,
                      .height = image.height,
                      .applied_quality = image.applied_quality,
                      .times = image.times};
}

void say(const std::string& line) {
  if (!line.empty())
    std::fprintf(stderr, "convertd-codec: %s\n", line.c_str());
}

} // namespace

void load_coders(const child_options& options) {
  set_effort(options.effort);
  say(start_imaging({.memory_max = options.memory_max,
                     .exit_out_of_memory = exit_out_of_memory,
                     .exit_fatal = exit_fatal}));
  say(warm_coders());
  practise();
}

void run_child(unique_fd channel, pid_t zygote, const child_options& options,
               const syscall_filter& filter) {
  keep_only(std::move(channel));
  // Whatever an image makes of its processor, the server itself still answers.
  [[maybe_unused]] auto priority = ::nice(codec_niceness);
  lock_down(options, zygote, filter);
  child{}.run();
  _exit(0);
}

} // namespace convertd
