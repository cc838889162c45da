#include "codec/channel.hpp"
#include "codec/child_limits.hpp"
#include "codec/client.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>

namespace convertd {

namespace {

using namespace std::chrono_literals;

/// How long the zygote may take to report a child that is dead already.
constexpr auto report_time_max = 5s;

codec_fault interrupted() {
  return {codec_fault::kind::interrupted,
          {.code = ec::interrupted, .message = {}, .field = {}, .detail = {}},
          0};
}

codec_fault died(ec code, std::string sentence = {}) {
  return {codec_fault::kind::died,
          {.code = code, .message = std::move(sentence), .field = {}, .detail = {}},
          0};
}

codec_fault refused(failure why) {
  return {codec_fault::kind::refused, std::move(why), 0};
}

/// What an end that nobody asked for means.
codec_fault fault_without_signal(const exited_message& x) {
  if (x.signal == SIGXCPU)
    return died(ec::timeout, "The conversion used up its processor time.");
  if (x.signal == SIGXFSZ)
    return died(ec::too_large, "The result is too large.");
  if (x.signal == 0 && x.code == exit_out_of_memory)
    return died(ec::too_large, "The image needs more memory than it was granted.");
  if (x.signal == 0 && x.code == exit_output_failed)
    return {codec_fault::kind::interrupted, fail(ec::storage_full), 0};
  return died(ec::decoder_crashed);
}

codec_fault fault_of(const exited_message& x) {
  auto fault = fault_without_signal(x);
  fault.signal = x.signal;
  return fault;
}

/// The codecs run at 10; at 19 the kernel gives an eighth of what one of those gets. Less
/// (SCHED_IDLE gives a fortieth) and beside many small files an honest photo would reach its time
/// limit.
constexpr int niceness_of_large = 19;

bool size_is(int file, std::uint64_t size) {
  struct stat facts {};
  return ::fstat(file, &facts) == 0 && facts.st_size >= 0
         && static_cast<std::uint64_t>(facts.st_size) == size;
}

} // namespace

struct codec_process::impl {
  unique_fd channel;
  unique_fd report;
  unique_fd pidfd;
  unique_fd memory_facts;
  limited_child limits; ///< Whose pid is that of the process; -1 once it has ended.
  codec_order order;    ///< Of the last probe,
  image_header header;  ///< and what came of it.

  ~impl() {
    kill();
  }

  void kill() {
    if (pidfd)
      ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  }

  /// Dead, whatever it was.
  void end() {
    kill();
    channel.reset();
    report.reset();
    pidfd.reset();
    memory_facts.reset();
    limits = {};
  }

  bool grant(std::uint64_t memory);

  codec_fault end_with(codec_fault fault) {
    end();
    return fault;
  }

  std::optional<codec_fault> await_started(clock::time_point deadline);
  codec_answer<datagram> next(clock::time_point deadline);
  codec_fault ended();
  template <class Message>
  codec_answer<Message> answer(clock::time_point deadline);
  bool honest(const image_header& x) const;
  codec_answer<codec_result> take(const result_message& message, int output);
};

/// The process is gone, or has closed its channel and so must go: by what end?
codec_fault codec_process::impl::ended() {
  kill();
  if (!wait_any({report.get()}, clock::now() + report_time_max))
    return end_with(interrupted());
  auto last = receive_bytes(report.get());
  auto exited = last ? as<exited_message>(*last) : std::nullopt;
  return end_with(exited ? fault_of(*exited) : interrupted());
}

codec_answer<datagram> codec_process::impl::next(clock::time_point deadline) {
  auto which = wait_any({channel.get(), report.get()}, deadline);
  if (!which)
    return end_with(died(ec::timeout));
  if (which == 0)
    if (auto x = receive_bytes(channel.get()))
      return std::move(*x);
  return ended();
}

/// A message of the wanted kind, a refusal, or the end of a child that talks nonsense.
template <class Message>
codec_answer<Message> codec_process::impl::answer(clock::time_point deadline) {
  auto got = next(deadline);
  if (auto* fault = std::get_if<codec_fault>(&got))
    return std::move(*fault);
  const auto& x = std::get<datagram>(got);
  if (auto wanted = as<Message>(x); wanted && valid(*wanted))
    return *wanted;
  if (auto refusal = as<refusal_message>(x); refusal && valid(*refusal)) {
    auto fault = refused(to_failure(*refusal));
    return refusal->spent != 0 ? end_with(std::move(fault)) : fault;
  }
  return end_with(died(ec::decoder_crashed, "The decoder gave an answer that makes no sense."));
}

std::optional<codec_fault> codec_process::impl::await_started(clock::time_point deadline) {
  if (!wait_any({report.get()}, deadline))
    return end_with(interrupted());
  auto first = receive_bytes(report.get());
  auto started = first ? as<started_message>(*first) : std::nullopt;
  if (!started || !first->fds[0])
    return end_with(interrupted());
  pidfd = std::move(first->fds[0]);
  memory_facts = std::move(first->fds[1]);
  limits = {static_cast<pid_t>(started->pid), started->uid, started->gid, memory_facts.get()};
  auto hello = next(deadline);
  if (auto* fault = std::get_if<codec_fault>(&hello))
    return *fault;
  if (!as<ready_message>(std::get<datagram>(hello)))
    return end_with(died(ec::decoder_crashed));
  return std::nullopt;
}

/// What this step of the file may cost. The pid is the child's as long as the zygote has not reaped
/// it, and then some: the kernel goes through all others before it gives one out again.
bool codec_process::impl::grant(std::uint64_t memory) {
  auto source = (order.source_length + mib - 1) / mib * mib; // so that most files have the same
  return limits.limit_memory(memory + source) && limits.limit_cpu(order.limits.time_max)
         && limits.limit_output(order.limits.output_bytes_max);
}

/// An honest child would have refused what is beyond the limits.
bool codec_process::impl::honest(const image_header& x) const {
  auto as_asked = order.source_format == image_format::unknown || x.format == order.source_format;
  return as_asked && x.pixels() <= order.limits.frame_pixels_max
         && x.frames <= order.limits.frames_max;
}

codec_answer<codec_result> codec_process::impl::take(const result_message& message, int output) {
  if (!size_is(output, message.size))
    return end_with(died(ec::decoder_crashed));
  if (message.spent != 0)
    end();
  return to_result(message);
}

codec_answer<codec_process> codec_process::start(int control, clock::time_point deadline) {
  try {
    auto channel = make_socket_pair();
    auto report = make_socket_pair();
    if (!send_message(control, start_message{}, {channel.theirs.get(), report.theirs.get()}))
      return interrupted();
    codec_process x;
    x.impl_->channel = std::move(channel.ours);
    x.impl_->report = std::move(report.ours);
    channel.theirs.reset(); // or we would never see the end of either
    report.theirs.reset();
    if (auto fault = x.impl_->await_started(deadline))
      return std::move(*fault);
    return x;
  } catch (const std::system_error&) { // out of descriptors
    return interrupted();
  }
}

codec_process::codec_process() : impl_{std::make_unique<impl>()} {}
codec_process::codec_process(codec_process&&) noexcept = default;
codec_process& codec_process::operator=(codec_process&&) noexcept = default;
codec_process::~codec_process() = default;

codec_answer<image_header> codec_process::probe(const codec_order& order, int source,
                                                clock::time_point deadline) {
  if (!alive())
    return interrupted();
  impl_->order = order;
  if (!impl_->grant(codec_memory_base)
      || !send_message(impl_->channel.get(), to_message(order), {source}))
    return impl_->ended();
  auto got = impl_->answer<header_message>(deadline);
  if (auto* fault = std::get_if<codec_fault>(&got))
    return std::move(*fault);
  impl_->header = to_header(std::get<header_message>(got));
  if (!impl_->honest(impl_->header))
    return impl_->end_with(died(ec::decoder_crashed));
  return impl_->header;
}

codec_answer<at_once_answer> codec_process::convert_at_once(const codec_order& order, int source,
                                                            int output,
                                                            clock::time_point deadline) {
  if (!alive())
    return interrupted();
  impl_->order = order;
  auto message = to_message(order);
  message.at_once = 1;
  if (!impl_->grant(at_once_memory)
      || !send_message(impl_->channel.get(), message, {source, output}))
    return impl_->ended();
  auto got = impl_->answer<whole_message>(deadline);
  if (auto* fault = std::get_if<codec_fault>(&got))
    return std::move(*fault);
  const auto& said = std::get<whole_message>(got);
  auto answer = to_answer(said);
  impl_->header = answer.header;
  if (!impl_->honest(answer.header) || (answer.result && !goes_at_once(answer.header, order.what)))
    return impl_->end_with(died(ec::decoder_crashed));
  if (!answer.result)
    return answer;
  auto taken = impl_->take(said.result, output);
  if (auto* fault = std::get_if<codec_fault>(&taken))
    return std::move(*fault);
  return answer;
}

codec_answer<codec_result> codec_process::convert(int output, std::uint64_t memory,
                                                  clock::time_point deadline) {
  if (!alive())
    return interrupted();
  convert_message order;
  order.memory = memory;
  memory = std::max(memory, memory_needed(impl_->header, impl_->order.what));
  if (!impl_->grant(memory) || !send_message(impl_->channel.get(), order, {output}))
    return impl_->ended();
  auto got = impl_->answer<result_message>(deadline);
  if (auto* fault = std::get_if<codec_fault>(&got))
    return std::move(*fault);
  return impl_->take(std::get<result_message>(got), output);
}

void codec_process::yield_to_others() {
  if (alive())
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(impl_->limits.pid), niceness_of_large);
}

void codec_process::skip() {
  if (alive() && !send_message(impl_->channel.get(), skip_message{}))
    impl_->ended();
}

bool codec_process::alive() const {
  return impl_ && impl_->limits.pid >= 0;
}

bool codec_process::usable() const {
  return alive() && !wait_any({impl_->pidfd.get()}, clock::now());
}

int codec_process::pidfd() const {
  return impl_ ? impl_->pidfd.get() : -1;
}

int codec_process::pid() const {
  return impl_ ? impl_->limits.pid : -1;
}

} // namespace convertd
