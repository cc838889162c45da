// Bodies of multipart/form-data (RFC 7578), put together from their parts.
#pragma once

#include <string>

namespace convertd {

inline const std::string form_type = "Content-Type: multipart/form-data; boundary=b\r\n";
inline const std::string form_end = "--b--\r\n"; ///< After the last part.

inline std::string field(const std::string& name, const std::string& value) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}

inline std::string file(const std::string& name, const std::string& filename,
                        const std::string& bytes, const std::string& type = "image/png") {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + filename
         + "\"\r\nContent-Type: " + type + "\r\n\r\n" + bytes + "\r\n";
}

/// Of a job in two parts: settings that every job needs.
inline const std::string job_settings = field("format", "webp") + field("saveToStorage", "true");

} // namespace convertd
