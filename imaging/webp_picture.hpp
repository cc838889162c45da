// A still WebP picture, decoded once and encoded as often as asked: by libwebp itself, in the
// colours that the file has, so that nothing is lost on the way.
#pragma once

#include "imaging/engine.hpp"

#include <memory>

namespace convertd {

class webp_picture {
public:
  /// Throws imaging_error(decode_failed), std::bad_alloc.
  explicit webp_picture(bytes_view source);
  ~webp_picture();
  webp_picture(const webp_picture&) = delete;
  webp_picture& operator=(const webp_picture&) = delete;

  /// Whether the source was without loss; else its pixels cannot be had in fewer bytes.
  bool is_lossless() const;

  /// `quality` 1..100. A plain file without metadata. Throws imaging_error(encode_failed).
  encoded_image encode_lossy(double quality);
  encoded_image encode_lossless();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace convertd
