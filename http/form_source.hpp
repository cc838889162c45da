// A multipart form whose length is known and whose files are read when they are sent.
#pragma once

#include "http/api_client.hpp"
#include "storage/fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

class form_source {
public:
  /// Throws std::system_error for a file that cannot be opened, std::invalid_argument for what is
  /// no file.
  explicit form_source(const api_form& form);

  std::uint64_t size() const {
    return size_;
  }
  std::string content_type() const;

  /// Some of the bytes from `offset` on, at most `length` and at least one.
  std::string read(std::uint64_t offset, std::uint64_t length);

private:
  struct part {
    std::uint64_t begin = 0; ///< Within the body.
    std::uint64_t size = 0;
    std::string text;           ///< Or of the file:
    std::filesystem::path file; ///< Empty for text.
  };
  void add_text(std::string text);
  void add_file(const std::filesystem::path& file);

  std::string boundary_;
  std::vector<part> parts_;
  std::uint64_t size_ = 0;
  std::filesystem::path open_file_;
  owned_fd open_; ///< Of one file at a time.
};

} // namespace convertd
