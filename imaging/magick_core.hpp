// Owners for the structures of MagickCore that Magick++ hides: through them an image is read from
// the caller's memory without a copy, and its warnings can be told from errors.
#pragma once

#include <Magick++.h>

#include <memory>

namespace convertd {

template <auto Destroy>
struct core_deleter {
  template <class T>
  void operator()(T* x) const {
    Destroy(x);
  }
};

using core_options =
  std::unique_ptr<MagickCore::ImageInfo, core_deleter<MagickCore::DestroyImageInfo>>;
using core_problem =
  std::unique_ptr<MagickCore::ExceptionInfo, core_deleter<MagickCore::DestroyExceptionInfo>>;
using core_images = std::unique_ptr<MagickCore::Image, core_deleter<MagickCore::DestroyImageList>>;

} // namespace convertd
