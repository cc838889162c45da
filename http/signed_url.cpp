#include "http/signed_url.hpp"

#include "http/text.hpp"
#include "storage/fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <new>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdexcept>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace convertd {

namespace {

constexpr std::chrono::seconds step{3600}; ///< `exp` is a multiple of it.

signing_key read_key(int fd, const std::filesystem::path& path) {
  signing_key key{};
  char more = 0;
  auto got = ::read(fd, key.data(), key.size());
  if (got != static_cast<ssize_t>(key.size()) || ::read(fd, &more, 1) != 0)
    throw std::runtime_error{path.string() + " does not hold a signing key"};
  return key;
}

// Of one length for each kind, so that id and time cannot run into each other, and no text of one
// kind is one of the other: `exp` is digits only.

std::string signed_text(file_id id) {
  return std::string{id.view()};
}

std::string signed_text(job_id id) {
  return "archive:" + std::string{id.view()};
}

void sync_folder_of(const std::filesystem::path& path) {
  auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  owned_fd fd{checked(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                      "open the folder of the signing key")};
  checked(::fsync(fd.get()), "sync the folder of the signing key");
}

/// Under another name first, so that a crash leaves no half of a key behind.
signing_key make_key(const std::filesystem::path& path) {
  signing_key key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    throw_errno("make a signing key");
  auto fresh = path.string() + ".new";
  owned_fd fd{checked(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
                      "create the signing key")};
  if (::write(fd.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()))
    throw_errno("write the signing key");
  checked(::fsync(fd.get()), "sync the signing key");
  std::filesystem::rename(fresh, path);
  sync_folder_of(path);
  return key;
}

std::shared_ptr<EVP_MAC_CTX> owned(EVP_MAC_CTX* x) {
  if (x == nullptr)
    throw std::bad_alloc{};
  return {x, EVP_MAC_CTX_free};
}

} // namespace

signing_key load_or_create_signing_key(const std::filesystem::path& path) {
  owned_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (fd)
    return read_key(fd.get(), path);
  if (errno != ENOENT)
    throw_errno("open the signing key");
  return make_key(path);
}

url_signer::url_signer(const signing_key& key, std::chrono::seconds lifetime)
  : lifetime_{lifetime} {
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> method{
    EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), EVP_MAC_free};
  keyed_ = owned(EVP_MAC_CTX_new(method.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM with[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(keyed_.get(), key.data(), key.size(), with) != 1)
    throw std::bad_alloc{};
}

std::string url_signer::url(std::string_view base, file_id id, timestamp now) const {
  auto exp = exp_of(now);
  std::string out{base};
  out.append("/api/files/").append(to_text(id)).append("/content?exp=").append(exp);
  return out.append("&sig=").append(sign(signed_text(id), exp));
}

std::string url_signer::archive_url(std::string_view base, job_id id, timestamp now) const {
  auto exp = exp_of(now);
  std::string out{base};
  out.append("/api/jobs/").append(to_text(id)).append("/archive/content?exp=").append(exp);
  return out.append("&sig=").append(sign(signed_text(id), exp));
}

bool url_signer::verify(file_id id, std::string_view exp, std::string_view sig,
                        timestamp now) const {
  return verify(sign(signed_text(id), exp), exp, sig, now);
}

bool url_signer::verify_archive(job_id id, std::string_view exp, std::string_view sig,
                                timestamp now) const {
  return verify(sign(signed_text(id), exp), exp, sig, now);
}

std::string url_signer::exp_of(timestamp now) const {
  auto until = std::chrono::ceil<std::chrono::seconds>(now.time_since_epoch()) + lifetime_;
  return std::to_string((until + step - std::chrono::seconds{1}) / step * step.count());
}

bool url_signer::verify(std::string_view right, std::string_view exp, std::string_view sig,
                        timestamp now) const {
  auto until = parse_number(exp);
  if (!until || sig.size() != right.size()
      || CRYPTO_memcmp(sig.data(), right.data(), right.size()) != 0)
    return false;
  auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  return seconds >= 0 && static_cast<std::uint64_t>(seconds) < *until;
}

std::string url_signer::sign(std::string text, std::string_view exp) const {
  text += exp;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  std::size_t size = 0;
  auto of = owned(EVP_MAC_CTX_dup(keyed_.get()));
  auto first = reinterpret_cast<const std::uint8_t*>(text.data());
  if (EVP_MAC_update(of.get(), first, text.size()) != 1
      || EVP_MAC_final(of.get(), mac.data(), &size, mac.size()) != 1)
    throw std::bad_alloc{};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < size; ++i)
    hex.append({digits[mac[i] >> 4], digits[mac[i] & 15]});
  return hex;
}

} // namespace convertd
