// The bytes of one source, as the kernel maps them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace convertd {

/// A page beyond the end of a file can be mapped, and kills whoever reads it.
bool inside_file(int file, std::uint64_t offset, std::uint64_t length);

class source_map {
public:
  source_map() = default;
  /// Maps a range that is inside `file`. Empty where it does not fit into the address space.
  source_map(int file, std::uint64_t offset, std::uint64_t length);
  source_map(source_map&& other) noexcept;
  source_map& operator=(source_map&& other) noexcept;
  ~source_map();

  std::span<const std::byte> bytes() const {
    return bytes_;
  }

private:
  void* base_ = nullptr;
  std::size_t size_ = 0;
  std::span<const std::byte> bytes_;
};

} // namespace convertd
