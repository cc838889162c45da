// SHA-256 of bytes that come piece by piece; OpenSSL's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <openssl/evp.h>
#include <string_view>

namespace convertd {

/// Looked up once: EVP_sha256() is only a name, and each use of it a search under a lock.
inline const EVP_MD* sha256_method() {
  static const auto* found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return found;
}

class sha256 {
public:
  sha256() : context_{EVP_MD_CTX_new()} {
    if (!context_ || EVP_DigestInit_ex(context_.get(), sha256_method(), nullptr) != 1)
      throw std::bad_alloc{};
  }
  void add(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  /// Once.
  std::array<std::uint8_t, 32> finish() {
    std::array<std::uint8_t, 32> out{};
    EVP_DigestFinal_ex(context_.get(), out.data(), nullptr);
    return out;
  }

private:
  struct free_context {
    void operator()(EVP_MD_CTX* x) const {
      EVP_MD_CTX_free(x);
    }
  };
  std::unique_ptr<EVP_MD_CTX, free_context> context_;
};

} // namespace convertd
