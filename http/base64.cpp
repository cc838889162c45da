#include "http/base64.hpp"

#include <openssl/evp.h>

namespace convertd {

std::string base64(std::string_view bytes) {
  std::string out(base64_size(bytes.size()) + 1, '\0'); // OpenSSL ends it with a zero
  auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                              reinterpret_cast<const unsigned char*>(bytes.data()),
                              static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

} // namespace convertd
