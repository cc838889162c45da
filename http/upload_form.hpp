// The parts of an upload sorted: files to the spool, fields to memory, within the account's bounds.
#pragma once

#include "http/job_form.hpp"
#include "http/multipart.hpp"
#include "http/sha256.hpp"
#include "job/account.hpp"
#include "job/image_format.hpp"
#include "job/limits.hpp"
#include "storage/upload.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

inline constexpr std::size_t field_bytes_max = 64 * kib; ///< Of one field …
inline constexpr std::size_t fields_bytes_max = 1 * mib; ///< … and of all of them.
inline constexpr std::size_t array_bytes_max = 4 * mib;  ///< Of all fields with a value per file.

struct uploaded_file {
  std::string name; ///< Cleaned.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  image_format format = image_format::unknown; ///< What its first bytes say.
  std::array<std::uint8_t, 32> sha256{};       ///< Only if the form hashes its files.
};

/// Files come as `files`, `files[]`, `files[0]` …; parts named `file` count only when there is none
/// of those. Files of `file` that turn out not to count stay as a hole among the sources: rare, and
/// cheaper than a second spool.
class upload_form : public multipart_sink {
public:
  /// `storage_left`: bytes that the account may still store.
  upload_form(const job_files& spool, const plan& limits, std::uint64_t storage_left);

  /// Computes the SHA-256 of each file. Call before anything arrives.
  void hash_files() {
    hashes_ = true;
  }
  /// The bytes of files are counted and hashed, and not kept: the request was stored before.
  void drop_files() {
    drops_ = true;
    storage_left_ = std::numeric_limits<std::uint64_t>::max();
  }

  void begin_part(const part_head& head) override;
  void part_bytes(std::string_view bytes) override;
  void end_part() override;

  const form_fields& fields() const {
    return fields_;
  }
  /// What came as `files…`; if nothing did, what came as `file`.
  const std::vector<uploaded_file>& files() const {
    return files_.empty() ? alternatives_ : files_;
  }
  /// Bytes that the fields hold.
  std::size_t memory() const {
    return plain_bytes_ + array_bytes_ + value_.capacity();
  }
  const std::shared_ptr<upload>& sources() const {
    return sources_;
  }

private:
  enum class kind : std::uint8_t { field, file, ignored };

  kind kind_of(const part_head& head);
  void begin_file(const part_head& head);
  void file_bytes(std::string_view bytes);
  void end_file();
  void field_bytes(std::string_view bytes);

  const plan* limits_;
  std::uint64_t storage_left_;
  std::shared_ptr<upload> sources_;
  form_fields fields_;
  std::vector<uploaded_file> files_;        ///< Parts named `files`, `files[]`, `files[0]` …
  std::vector<uploaded_file> alternatives_; ///< Parts named `file`.
  std::vector<uploaded_file>* into_ = &files_;

  kind kind_ = kind::ignored; ///< Of the part that is being read.
  std::string name_;
  std::string value_;
  bool named_ = false; ///< It has a file name.
  bool hashes_ = false;
  bool drops_ = false;
  std::optional<sha256> hash_; ///< Of the file that is being read.
  std::string head_;           ///< Of a file: its first bytes, for sniff().
  std::size_t plain_bytes_ = 0;
  std::size_t array_bytes_ = 0;
};

} // namespace convertd
