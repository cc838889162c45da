// The signature of a delivery, as receivers of the hosted service check it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace convertd {

/// `whsec_` and 43 characters of base64url: 32 bytes from the kernel's generator.
std::string new_webhook_secret();

/// "t=<seconds>,v1=<hex>": HMAC-SHA-256 of "<seconds>.<body>" with the secret's text as the key. One
/// v1 for each secret: two while the older one still holds.
std::string signature_header(std::int64_t seconds, std::string_view body,
                             std::span<const std::string> secrets);

} // namespace convertd
