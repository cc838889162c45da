// Signed URLs of stored files: whoever has one may fetch that file for an hour or two, without a
// key.
#pragma once

#include "job/ids.hpp"
#include "job/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>

namespace convertd {

using signing_key = std::array<std::uint8_t, 32>;

/// The key in the file `path`; if there is none, a new one is made: mode 0600, synced before it is
/// used. Throws std::system_error, or std::runtime_error for a file that holds something else.
signing_key load_or_create_signing_key(const std::filesystem::path& path);

/// Makes and checks the `exp` and `sig` of a URL: HMAC-SHA-256 (RFC 2104) over file and time.
class url_signer {
public:
  url_signer(const signing_key& key, std::chrono::seconds lifetime);

  /// `base`/api/files/…/content?exp=…&sig=…; the same text for all calls within an hour.
  std::string url(std::string_view base, file_id id, timestamp now) const;

  /// The same for the archive of a job: `base`/api/jobs/…/archive/content?exp=…&sig=…
  std::string archive_url(std::string_view base, job_id id, timestamp now) const;

  /// True if `sig` is ours for that file and time, and the time has not passed. Takes the same time
  /// for every wrong `sig`.
  bool verify(file_id id, std::string_view exp, std::string_view sig, timestamp now) const;
  bool verify_archive(job_id id, std::string_view exp, std::string_view sig, timestamp now) const;

private:
  std::string exp_of(timestamp now) const;
  std::string sign(std::string text, std::string_view exp) const;
  bool verify(std::string_view right, std::string_view exp, std::string_view sig,
              timestamp now) const;

  std::shared_ptr<evp_mac_ctx_st> keyed_; ///< OpenSSL's, after the key; copied for each use.
  std::chrono::seconds lifetime_;
};

} // namespace convertd
