// Stored files (api.md section 5): what has a `storedFileId` and a signed URL. Either a request
// saved it, and it stays until its owner erases it; or it is the output of a job, and goes with
// that.
#pragma once

#include "job/ids.hpp"
#include "job/image_format.hpp"
#include "job/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace convertd {

/// The record of a file that a request saved.
struct saved_file {
  file_id id;
  account_id account = 0;
  std::string name;                            ///< Cleaned; data, never a path.
  image_format format = image_format::unknown; ///< By its first bytes; `unknown` for no image.
  std::uint64_t size = 0;
  timestamp created{};
  bool stored_inline = false; ///< The bytes live in the store, not in the folder of saved files.
  std::optional<std::uint32_t> crc32{}; ///< Of the bytes; nothing in records of before.

  friend bool operator==(const saved_file&, const saved_file&) = default;
};

/// Where the bytes of a job's output belong.
struct output_place {
  job_id job;
  std::uint32_t index = 0;
  std::string name{}; ///< That its owner gave it; empty = the one that its job gave it.
};

/// Any stored file, as the API shows it.
struct stored_file {
  saved_file facts;
  bool of_job = false; ///< It is the output at `place`, with that checksum.
  output_place place;
  std::uint32_t crc32 = 0;
};

/// Which stored files of an account are wanted; empty = all.
struct stored_filter {
  std::string name_part;   ///< Somewhere in the name; the case of ASCII letters does not matter.
  std::string mime_prefix; ///< "image/", "image/webp"

  bool matches(const stored_file& x) const;
  bool empty() const {
    return name_part.empty() && mime_prefix.empty();
  }
};

} // namespace convertd
