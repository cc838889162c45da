// Owners for libheif's structures, and its errors as ours.
#pragma once

#include "imaging/imaging_error.hpp"

#include <libheif/heif.h>
#include <memory>
#include <new>

namespace convertd {

template <auto Destroy>
struct heif_deleter {
  template <class T>
  void operator()(T* x) const {
    Destroy(x);
  }
};

using heif_file = std::unique_ptr<heif_context, heif_deleter<heif_context_free>>;
using heif_handle = std::unique_ptr<heif_image_handle, heif_deleter<heif_image_handle_release>>;
using heif_picture = std::unique_ptr<heif_image, heif_deleter<heif_image_release>>;
using heif_codec = std::unique_ptr<heif_encoder, heif_deleter<heif_encoder_release>>;
using heif_encoding =
  std::unique_ptr<heif_encoding_options, heif_deleter<heif_encoding_options_free>>;
using heif_colours =
  std::unique_ptr<heif_color_profile_nclx, heif_deleter<heif_nclx_color_profile_free>>;

inline void require(const heif_error& result, ec otherwise) {
  if (result.code == heif_error_Ok)
    return;
  if (result.code == heif_error_Memory_allocation_error)
    throw imaging_error(ec::too_large, "");
  if (result.code == heif_error_Unsupported_filetype
      || result.code == heif_error_Unsupported_feature)
    throw imaging_error(otherwise == ec::decode_failed ? ec::unsupported_input : otherwise, "");
  throw imaging_error(otherwise, "");
}

/// Memory is not locked to one thread of libheif's: tiles are decoded in ours.
inline heif_file new_heif_file() {
  heif_file x{heif_context_alloc()};
  if (!x)
    throw std::bad_alloc();
  heif_context_set_max_decoding_threads(x.get(), 0);
  return x;
}

} // namespace convertd
