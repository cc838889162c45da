// The bytes of one source, as the kernel maps them. Few are read: to take a mapping away costs an
// interrupt on every processor that the process ran on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace convertd {

/// A page beyond the end of a file can be mapped, and kills whoever reads it.
bool inside_file(int file, std::uint64_t offset, std::uint64_t length);

class source_map {
public:
  source_map() = default;
  /// Of a range that is inside `file`. Empty where it does not fit into the address space, or
  /// cannot be read.
  source_map(int file, std::uint64_t offset, std::uint64_t length);
  source_map(source_map&& other) noexcept;
  source_map& operator=(source_map&& other) noexcept;
  ~source_map();

  std::span<const std::byte> bytes() const {
    return bytes_;
  }

private:
  void map(int file, std::uint64_t offset, std::uint64_t length);
  void read(int file, std::uint64_t offset, std::size_t length);

  std::unique_ptr<std::byte[]> few_;
  void* base_ = nullptr;
  std::size_t size_ = 0;
  std::span<const std::byte> bytes_;
};

} // namespace convertd
