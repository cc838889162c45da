#include "actors/codec_worker.hpp"

#include "actors/codec_files.hpp"
#include "job/test_hooks.hpp"

#include <caf/send.hpp>

#include <csignal>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace convertd {

namespace {

using clock = codec_process::clock;

/// The output of an image of up to so many pixels goes to memory first: it will most likely be kept
/// in the store, and a file that is made and dropped costs the file system ten blocks.
constexpr std::uint64_t pixels_in_memory_max = at_once_pixels_max;

/// A source from so many bytes on most likely is large, see is_large().
constexpr std::uint64_t likely_large_bytes = 512 * kib;

/// No honest output of so few pixels is larger.
constexpr std::uint64_t bytes_in_memory_max = 4 * mib;

/// Of a result. To copy more takes longer than to start the next process.
constexpr std::uint64_t copied_bytes_max = 32 * mib;

file_outcome outcome_of(const codec_fault& fault) {
  file_outcome x;
  switch (fault.what) {
    case codec_fault::kind::refused: x.what = file_outcome::kind::refused; break;
    case codec_fault::kind::died: x.what = file_outcome::kind::died; break;
    case codec_fault::kind::interrupted: x.what = file_outcome::kind::interrupted; break;
  }
  if (fault.why.code == ec::storage_full)
    x.what = file_outcome::kind::postponed;
  x.why = fault.why;
  return x;
}

file_outcome refused(failure why) {
  return outcome_of({codec_fault::kind::refused, std::move(why)});
}

/// Something in the server failed, not the image. When it is room that lacks, on the disk or for
/// descriptors, that costs the file none of its tries.
file_outcome interrupted(const std::exception& error) {
  auto outcome = outcome_of({codec_fault::kind::interrupted, fail(ec::interrupted)});
  auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system && lacks_room(system->code().value()))
    outcome.what = file_outcome::kind::postponed;
  return outcome;
}

probe_outcome ended_as(file_outcome how, image_format format = image_format::unknown) {
  probe_outcome x;
  x.header.format = format;
  x.ended = std::move(how);
  return x;
}

/// In test builds the codec program takes files that ask for a fault; they are no images.
bool asks_for_fault([[maybe_unused]] const std::vector<std::byte>& head) {
#ifdef CONVERTD_TEST_HOOKS
  constexpr std::string_view mark = "CONVERTD-FAULT:";
  return std::string_view{reinterpret_cast<const char*>(head.data()), head.size()}.starts_with(
    mark);
#else
  return false;
#endif
}

} // namespace

probe_outcome codec_worker_state::probe(file_task_ptr what, bool may_go_at_once) {
  task = nullptr;
  probe_outcome outcome;
  try {
    outcome = probe_source(*what, may_go_at_once);
  } catch (const std::exception& error) { // before the process was asked, or after it had answered
    outcome = ended_as(interrupted(error));
  }
  in_use.scratch.empty(); // what is few was read with the header
  if (outcome.ended)
    self->send(self, atom::wake_v); // is read when this is done
  else
    task = std::move(what);
  return outcome;
}

probe_outcome codec_worker_state::probe_source(const file_task& what, bool may_go_at_once) {
  codec_order order;
  order.what = what.file.what;
  if (fault_wanted("ignore-orientation"))
    order.what.auto_orient = false;
  order.limits = options.limits;
  auto source = open_source(what, order);
  if (!source)
    return ended_as(refused(fail(ec::internal, "The file's source is missing.")));
  auto head = read_head(*source, order);
  order.source_format = sniff(head);
  if (!facts_of(order.source_format).read && !asks_for_fault(head)) {
    auto why = fail(ec::unsupported_input, std::string{why_not_read(order.source_format)});
    return ended_as(refused(std::move(why)), order.source_format);
  }
  auto likely_large = order.source_length >= likely_large_bytes;
  choose_process(what.account, likely_large);
  for (;;) {
    if (auto fault = ensure_process(what.account))
      return ended_as(ended_as(file_outcome::kind::postponed, fault->why), order.source_format);
    ++in_use.served;
    tell_process();
    auto outcome = look_at(what, order, *source, may_go_at_once && !likely_large);
    if (outcome.ended)
      return outcome;
    if (large || !in_use.gives_way) {
      source_file = std::move(source->file);
      return outcome;
    }
    in_use.process->skip(); // its source is long, and still it is not large
    set_aside();
  }
}

probe_outcome codec_worker_state::look_at(const file_task& what, const codec_order& order,
                                          const source_bytes& source, bool at_once) {
  auto fd = source.file ? source.file.get() : in_use.scratch.source(source.few);
  if (at_once)
    return convert_at_once(what, order, fd);
  auto answer = in_use.process->probe(order, fd, clock::now() + options.probe_time_max);
  if (auto* fault = std::get_if<codec_fault>(&answer))
    return ended_as(ended_by(*fault, what), order.source_format);
  const auto& header = std::get<image_header>(answer);
  note_header(header, order.what);
  return {header, std::nullopt};
}

probe_outcome codec_worker_state::convert_at_once(const file_task& what, const codec_order& order,
                                                  int source) {
  auto output = in_use.scratch.output_in_memory();
  auto begun = clock::now();
  auto answer =
    in_use.process->convert_at_once(order, source, output, begun + options.limits.time_max);
  if (auto* fault = std::get_if<codec_fault>(&answer))
    return ended_as(ended_by(*fault, what), order.source_format);
  const auto& x = std::get<at_once_answer>(answer);
  note_header(x.header, order.what);
  if (!x.result)
    return {x.header, std::nullopt};
  return {x.header, finish(what, *x.result, output, begun)};
}

void codec_worker_state::note_header(const image_header& header, const conversion& what) {
  pixels = header.pixels();
  large = is_large(header, what);
}

/// Whoever asked, the pool, may have to kill it while we wait for it.
void codec_worker_state::tell_process() {
  auto asker = self->current_sender();
  if (!asker || told == in_use.pidfd)
    return;
  told = in_use.pidfd;
  self->send(caf::actor_cast<codec_pool_actor>(asker), atom::started_v, told);
}

/// What holds the file's bytes, and where in it they are. Nothing if they are not all there.
std::optional<source_bytes> codec_worker_state::open_source(const file_task& what,
                                                            codec_order& order) const {
  order.source_length = what.file.length;
  if (what.is_sync() && what.sources->in_memory())
    return few_of(what.sources->memory(), what.file);
  if (!what.is_sync() && what.sources_inline)
    return few_of(read_view{*options.in}.inline_sources(what.job).value_or(""), what.file);
  order.source_offset = what.file.offset;
  auto file = what.is_sync() ? what.sources->reopen() : options.files->open_source(what.job);
  return file ? std::optional{source_bytes{std::move(*file), {}}} : std::nullopt;
}

/// What is large is known from the header only; but most likely is, and costs a fresh process no
/// start then, a source of some size.
void codec_worker_state::choose_process(account_id of, bool give_way) {
  if (!fits(spare, of))
    spare = {};
  if (give_way && !in_use.gives_way && spare.gives_way)
    std::swap(in_use, spare);
  else if (!give_way && in_use.gives_way)
    set_aside();
}

/// What gives way is kept for the next large file; there is one such process at most.
void codec_worker_state::set_aside() {
  std::swap(in_use, spare);
  if (in_use.gives_way)
    in_use = {};
}

bool codec_worker_state::fits(const held_process& x, account_id of) const {
  return x.process && x.process->usable() && x.account.value_or(of) == of
         && x.served < options.files_per_process_max;
}

std::optional<codec_fault> codec_worker_state::ensure_process(account_id of) {
  auto may_see = fits(in_use, of);
  // While the zygote is being replaced a start fails at once; that is no attempt at the file.
  auto deadline = clock::now() + options.start_time_max;
  for (auto pause = std::chrono::milliseconds{5}; !may_see; pause *= 2) {
    auto fault = start_process(deadline);
    may_see = !fault;
    if (fault && clock::now() + pause >= deadline)
      return fault;
    if (fault)
      std::this_thread::sleep_for(pause);
  }
  in_use.account = of;
  return std::nullopt;
}

std::optional<codec_fault> codec_worker_state::start_process(clock::time_point deadline) {
  in_use = {};
  auto answer = codec_process::start(options.control, deadline);
  if (auto* fault = std::get_if<codec_fault>(&answer))
    return *fault;
  in_use.process.emplace(std::move(std::get<codec_process>(answer)));
  in_use.pidfd =
    std::make_shared<const owned_fd>(::fcntl(in_use.process->pidfd(), F_DUPFD_CLOEXEC, 0));
  if (!*in_use.pidfd) { // out of descriptors
    in_use = {};
    return codec_fault{codec_fault::kind::interrupted, fail(ec::interrupted)};
  }
  options.watching->codec_started();
  watch_process();
  return std::nullopt;
}

/// Its end is heard of also while it has no file.
void codec_worker_state::watch_process() const {
  if (options.deaths == nullptr)
    return;
  options.deaths->add(in_use.process->pidfd(), [worker = self->address()] {
    if (auto alive = caf::actor_cast<caf::strong_actor_ptr>(worker))
      caf::anon_send(caf::actor_cast<codec_worker_actor>(alive), atom::wake_v);
  });
}

/// The next file need not wait until one has started. A file that was probed and waits for memory
/// has to find the process that it knows, alive or not.
void codec_worker_state::have_process_ready() {
  constexpr std::chrono::milliseconds again_after{20}; // the zygote may be being replaced
  if (task)
    return;
  if (in_use.gives_way)
    set_aside();
  if (in_use.process && in_use.process->usable())
    return;
  if (!start_process(clock::now() + options.start_time_max) || clock::now() < next_try)
    return;
  next_try = clock::now() + again_after; // one at a time, however many have called meanwhile
  self->delayed_send(self, again_after, atom::wake_v);
}

file_outcome codec_worker_state::convert(std::uint64_t memory) {
  self->send(self, atom::wake_v); // is read when this is done
  auto what = std::exchange(task, nullptr);
  auto source = std::exchange(source_file, {});
  if (!what || !in_use.process)
    return interrupted(std::logic_error{"no file was probed"});
  try {
    auto& scratch = in_use.scratch;
    auto output =
      goes_to_memory() ? scratch.output_in_memory() : scratch.output_on_disk(*options.files);
    if (large && !std::exchange(in_use.gives_way, true))
      in_use.process->yield_to_others();
    auto begun = clock::now();
    auto answer = in_use.process->convert(output, memory, begun + options.limits.time_max);
    auto* fault = std::get_if<codec_fault>(&answer);
    auto outcome = fault ? ended_by(*fault, *what)
                         : finish(*what, std::get<codec_result>(answer), output, begun);
    scratch.empty();
    if (outcome.what == file_outcome::kind::converted && !what->is_sync())
      give_back_cache(source.get(), what->file);
    return outcome;
  } catch (const std::exception& error) {
    in_use = {};
    return interrupted(error);
  }
}

file_outcome codec_worker_state::finish(const file_task& what, const codec_result& result,
                                        int output, clock::time_point begun) {
  auto ended = clock::now();
  auto outcome = publish(what, result, output);
  if (result.times.sum() <= ended - begun) // else it lies
    outcome.result.stages = result.times;
  outcome.result.store =
    std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - ended);
  return outcome;
}

/// Said in the log too when the decoder died: it may be an attack, and SIGSYS most likely is one.
file_outcome codec_worker_state::ended_by(const codec_fault& fault, const file_task& what) const {
  if (fault.what == codec_fault::kind::died)
    options.log("decoder died: job " + to_text(what.job) + " file "
                + std::to_string(what.file.index) + ": " + std::string{code_of(fault.why.code)}
                + (fault.signal == 0 ? "" : ", signal " + std::to_string(fault.signal))
                + (fault.signal == SIGSYS ? " (a forbidden system call)" : ""));
  return outcome_of(fault);
}

bool codec_worker_state::goes_to_memory() const {
  return pixels <= pixels_in_memory_max;
}

/// Or is confused; neither deserves another file.
file_outcome codec_worker_state::lied(const file_task& what) {
  in_use = {};
  return ended_by({codec_fault::kind::died, fail(ec::encode_failed)}, what);
}

file_outcome codec_worker_state::publish(const file_task& what, const codec_result& result,
                                         int output) {
  if (!holds_what_it_says(output, result, what.file.what.target)
      || (goes_to_memory() && result.size > bytes_in_memory_max))
    return lied(what);
  file_outcome x;
  x.what = file_outcome::kind::converted;
  x.result = {.id = mint<file_id>(wall_clock()),
              .size = result.size,
              .crc32 = result.crc32,
              .width = result.width,
              .height = result.height,
              .applied_quality = result.applied_quality,
              .stored_inline = result.size <= inline_bytes_max};
  if (x.result.stored_inline) {
    x.bytes = bytes_of_output(output, result);
    return x.bytes ? x : lied(what);
  }
  auto file = result_file(result, output);
  if (!file)
    return lied(what);
  if (what.is_sync()) {
    x.file = std::make_shared<const owned_fd>(std::move(file));
    return x;
  }
  if (fault_wanted("record-before-bytes")) {
    late_bytes.emplace_back(std::make_shared<const file_task>(what), std::move(file));
    self->delayed_send(self, std::chrono::milliseconds{30}, atom::tick_v);
    return x;
  }
  options.files->keep_output(what.job, what.file.index, file.get());
  return x;
}

/// One that the process has no hold on, or soon has none. Nothing if it is a copy, and its bytes
/// are not those that the process told of.
owned_fd codec_worker_state::result_file(const codec_result& result, int output) {
  if (result.size <= copied_bytes_max)
    return copy_of_output(output, result, *options.files);
  auto file = in_use.scratch.take_disk();
  in_use = {};
  return file;
}

void codec_worker_state::keep_late_bytes() {
  auto [what, output] = std::move(late_bytes.front());
  late_bytes.pop_front();
  options.files->keep_output(what->job, what->file.index, output.get());
}

void codec_worker_state::skip() {
  task = nullptr;
  source_file = {};
  if (in_use.process)
    in_use.process->skip();
}

codec_worker_actor::behavior_type codec_worker(codec_worker_state::pointer self,
                                               const codec_worker_options& options) {
  auto& st = self->state;
  st.options = options;
  self->send(self, atom::wake_v);
  return {
    [&st](atom::probe, file_task_ptr& what, bool may_go_at_once) {
      return st.probe(std::move(what), may_go_at_once);
    },
    [&st](atom::convert, std::uint64_t memory) { return st.convert(memory); },
    [&st](atom::skip) { st.skip(); },
    [&st](atom::wake) { st.have_process_ready(); },
    [&st](atom::tick) { st.keep_late_bytes(); },
  };
}

} // namespace convertd
