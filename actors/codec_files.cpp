#include "actors/codec_files.hpp"

#include "job/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace convertd {

// What is few is in the process's memory with the header, so that its file can be emptied then.
static_assert(inline_bytes_max <= source_read_bytes_max);

namespace {

/// Fills `piece` with what stands at `at`.
void read_piece(int fd, std::uint64_t at, std::string& piece) {
  auto got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(at));
  if (got < 0 || static_cast<std::size_t>(got) != piece.size())
    throw_errno("read an output");
}

/// As much as tells the format.
std::vector<std::byte> head_of(int fd, std::uint64_t offset, std::uint64_t length) {
  std::vector<std::byte> head(std::min<std::uint64_t>(length, sniff_bytes));
  auto got = ::pread(fd, head.data(), head.size(), static_cast<off_t>(offset));
  head.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return head;
}

} // namespace

std::optional<source_bytes> few_of(std::string_view sources, const file_record& file) {
  if (file.offset + file.length > sources.size())
    return std::nullopt;
  return source_bytes{{}, std::string{sources.substr(file.offset, file.length)}};
}

std::vector<std::byte> read_head(const source_bytes& source, const codec_order& where) {
  if (source.file)
    return head_of(source.file.get(), where.source_offset, where.source_length);
  auto head = std::as_bytes(std::span{source.few}.first(std::min(source.few.size(), sniff_bytes)));
  return {head.begin(), head.end()};
}

void give_back_cache(int source, const file_record& file) {
  if (source >= 0)
    ::posix_fadvise(source, static_cast<off_t>(file.offset), static_cast<off_t>(file.length),
                    POSIX_FADV_DONTNEED);
}

owned_fd memory_file() {
  return owned_fd{checked(::memfd_create("convertd", MFD_CLOEXEC), "create a memory file")};
}

int codec_scratch::source(std::string_view bytes) {
  if (!source_.fd)
    source_.fd = memory_file();
  source_.used = true;
  checked(static_cast<int>(::lseek(source_.fd.get(), 0, SEEK_SET)), "write a file for a codec");
  write_all(source_.fd.get(), bytes, "write a file for a codec");
  return source_.fd.get();
}

int codec_scratch::output_in_memory() {
  if (!in_memory_.fd)
    in_memory_.fd = memory_file();
  in_memory_.used = true;
  return in_memory_.fd.get();
}

int codec_scratch::output_on_disk(const job_files& files) {
  if (!on_disk_.fd)
    on_disk_.fd = files.nameless();
  on_disk_.used = true;
  return on_disk_.fd.get();
}

void codec_scratch::empty() {
  for (auto* each : {&source_, &in_memory_, &on_disk_})
    if (std::exchange(each->used, false) && each->fd && ::ftruncate(each->fd.get(), 0) != 0)
      each->fd = owned_fd{};
}

owned_fd codec_scratch::take_disk() {
  return std::exchange(on_disk_.fd, {});
}

bool holds_what_it_says(int fd, const codec_result& result, image_format target) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || result.size == 0
      || static_cast<std::uint64_t>(status.st_size) != result.size)
    return false;
  return sniff(head_of(fd, 0, result.size)) == target && result.width > 0 && result.height > 0;
}

std::shared_ptr<const std::string> bytes_of_output(int output, const codec_result& result) {
  auto bytes = std::make_shared<std::string>(result.size, '\0');
  read_piece(output, 0, *bytes);
  return crc32_of(*bytes) == result.crc32 ? std::move(bytes) : nullptr;
}

owned_fd copy_of_output(int output, const codec_result& result, const job_files& files) {
  constexpr std::size_t piece_bytes = 256 * kib;
  auto copy = files.nameless();
  std::uint32_t crc = 0;
  std::string piece(std::min<std::uint64_t>(piece_bytes, result.size), '\0');
  for (std::uint64_t at = 0; at < result.size; at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(piece.size(), result.size - at));
    read_piece(output, at, piece);
    crc = crc32_of(piece, crc);
    write_all(copy.get(), piece, "write an output");
  }
  return crc == result.crc32 ? std::move(copy) : owned_fd{};
}

} // namespace convertd
