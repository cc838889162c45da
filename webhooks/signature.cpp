#include "webhooks/signature.hpp"

#include <array>
#include <cerrno>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <system_error>

namespace convertd {

namespace {

std::string hex_hmac(std::string_view key, std::string_view text) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), mac.data(), &size);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i)
    out.append({digits[mac[i] >> 4], digits[mac[i] & 15]});
  return out;
}

/// base64url without padding.
std::string url_safe(std::span<const std::uint8_t> bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto size = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(out.data()), bytes.data(),
                              static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  out.resize(out.find_last_not_of('=') + 1);
  for (auto& c : out)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

} // namespace

std::string new_webhook_secret() {
  std::array<std::uint8_t, 32> bytes{};
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    if (errno != EINTR)
      throw std::system_error{errno, std::generic_category(), "make a webhook secret"};
  return "whsec_" + url_safe(bytes);
}

std::string signature_header(std::int64_t seconds, std::string_view body,
                             std::span<const std::string> secrets) {
  auto time = std::to_string(seconds);
  auto text = time + ".";
  text += body;
  auto out = "t=" + time;
  for (const auto& secret : secrets)
    out += ",v1=" + hex_hmac(secret, text);
  return out;
}

} // namespace convertd
