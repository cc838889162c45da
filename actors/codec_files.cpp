#include "actors/codec_files.hpp"

#include <algorithm>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

/// Fills `piece` with what stands at `at`.
void read_piece(int fd, std::uint64_t at, std::string& piece) {
  auto got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(at));
  if (got < 0 || static_cast<std::size_t>(got) != piece.size())
    throw_errno("read an output");
}

} // namespace

std::vector<std::byte> read_head(int fd, std::uint64_t offset, std::uint64_t length) {
  std::vector<std::byte> head(std::min<std::uint64_t>(length, sniff_bytes));
  auto got = ::pread(fd, head.data(), head.size(), static_cast<off_t>(offset));
  head.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return head;
}

owned_fd memory_file() {
  return owned_fd{checked(::memfd_create("convertd", MFD_CLOEXEC), "create a memory file")};
}

owned_fd slice_of(std::string_view sources, const file_record& file) {
  if (file.offset + file.length > sources.size())
    return {};
  auto slice = memory_file();
  write_all(slice.get(), sources.substr(file.offset, file.length), "write a file for a codec");
  return slice;
}

std::string read_all(int fd, std::uint64_t size) {
  std::string bytes(size, '\0');
  read_piece(fd, 0, bytes);
  return bytes;
}

bool holds_what_it_says(int fd, const codec_result& result, image_format target) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || result.size == 0
      || static_cast<std::uint64_t>(status.st_size) != result.size)
    return false;
  return sniff(read_head(fd, 0, result.size)) == target && result.width > 0 && result.height > 0;
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
