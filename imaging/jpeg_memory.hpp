// Where libjpeg writes to: memory that grows.
#pragma once

#include "imaging/engine.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <jerror.h>
#include <jpeglib.h>
#include <memory>
#include <utility>

namespace convertd {

/// Not jpeg_mem_dest(), which tells where its bytes are only at the end: after an error in the
/// middle its caller would free what it has freed already.
struct jpeg_memory : jpeg_destination_mgr {
  static constexpr std::size_t first_bytes = 16 * 1024;

  unsigned char* bytes = nullptr; ///< From malloc().
  std::size_t capacity = 0;

  jpeg_memory() : jpeg_destination_mgr{} {
    init_destination = [](j_compress_ptr x) { of(x).grow(x); };
    empty_output_buffer = [](j_compress_ptr x) -> boolean {
      of(x).free_in_buffer = 0; // libjpeg leaves it as it was before the last byte
      of(x).grow(x);
      return TRUE;
    };
    term_destination = [](j_compress_ptr) {};
  }

  static jpeg_memory& of(j_compress_ptr x) {
    return *static_cast<jpeg_memory*>(x->dest);
  }

  std::size_t size() const {
    return capacity - free_in_buffer;
  }

  void grow(j_compress_ptr x) {
    auto used = size();
    auto wanted = std::max<std::size_t>(first_bytes, 2 * capacity);
    auto* larger = static_cast<unsigned char*>(std::realloc(bytes, wanted));
    if (larger == nullptr)
      ERREXIT1(x, JERR_OUT_OF_MEMORY, 0);
    bytes = larger;
    capacity = wanted;
    next_output_byte = bytes + used;
    free_in_buffer = capacity - used;
  }
};

/// A file that is being written, and what it was written to.
struct jpeg_writer {
  jpeg_compress_struct to{};
  jpeg_memory memory;

  jpeg_writer() = default;
  jpeg_writer(const jpeg_writer&) = delete;
  jpeg_writer& operator=(const jpeg_writer&) = delete;
  ~jpeg_writer() {
    jpeg_destroy_compress(&to);
    std::free(memory.bytes);
  }

  /// Hands over what was written.
  encoded_image take(std::uint32_t width, std::uint32_t height) {
    encoded_image out;
    out.bytes = {reinterpret_cast<const std::byte*>(memory.bytes), memory.size()};
    out.owner = std::shared_ptr<void>{std::exchange(memory.bytes, nullptr), std::free};
    out.width = width;
    out.height = height;
    return out;
  }
};

} // namespace convertd
