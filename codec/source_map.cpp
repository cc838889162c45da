#include "codec/source_map.hpp"

#include "codec/client.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace convertd {

bool inside_file(int file, std::uint64_t offset, std::uint64_t length) {
  struct stat facts {};
  // Not fstat(): the C library makes a call of it that could also look at a name, and a child must
  // not.
  if (::syscall(SYS_fstat, file, &facts) != 0 || facts.st_size < 0)
    return false;
  auto size = static_cast<std::uint64_t>(facts.st_size);
  return length != 0 && offset <= size && size - offset >= length;
}

source_map::source_map(int file, std::uint64_t offset, std::uint64_t length) {
  if (length <= source_read_bytes_max)
    read(file, offset, static_cast<std::size_t>(length));
  else
    map(file, offset, length);
}

void source_map::read(int file, std::uint64_t offset, std::size_t length) {
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(length);
  for (std::size_t done = 0; done < length;) {
    auto n = ::pread(file, bytes.get() + done, length - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return;
    done += static_cast<std::size_t>(n);
  }
  few_ = std::move(bytes);
  bytes_ = {few_.get(), length};
}

void source_map::map(int file, std::uint64_t offset, std::uint64_t length) {
  auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  auto lead = offset % page;
  auto size = static_cast<std::size_t>(lead + length);
  auto* base =
    ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, static_cast<off_t>(offset - lead));
  if (base == MAP_FAILED)
    return;
  base_ = base;
  size_ = size;
  bytes_ = {static_cast<const std::byte*>(base) + lead, static_cast<std::size_t>(length)};
}

source_map::source_map(source_map&& other) noexcept {
  *this = std::move(other);
}

source_map& source_map::operator=(source_map&& other) noexcept {
  std::swap(few_, other.few_);
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

source_map::~source_map() {
  if (base_ != nullptr)
    ::munmap(base_, size_);
}

} // namespace convertd
