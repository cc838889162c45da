#include "imaging/icc.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/srgb_profile.hpp"
#include "imaging/steps.hpp"

#include <string_view>

namespace convertd {

namespace {

/// A damaged profile is reported as a lack of memory, which it is not.
bool is_mismatch(const Magick::Exception& x) {
  return std::string_view{x.what()}.find("ColorProfileMismatch") != std::string_view::npos;
}

/// False when the profile is of no use: damaged, or made for other channels than the image has.
bool apply_profile(Magick::Image& image) {
  try {
    auto srgb = srgb_profile();
    image.renderingIntent(Magick::RelativeIntent);
    image.blackPointCompensation(true);
    image.profile("ICC", Magick::Blob(srgb.data(), srgb.size()));
    return true;
  } catch (const Magick::ErrorCache&) {
    throw;
  } catch (const Magick::Exception& x) {
    if (dynamic_cast<const Magick::ErrorResourceLimit*>(&x) != nullptr && !is_mismatch(x))
      throw;
    forget_error(image);
    return false;
  }
}

bool is_srgb(const Magick::Image& image) {
  return image.colorSpace() == Magick::sRGBColorspace
         || image.colorSpace() == Magick::GRAYColorspace;
}

} // namespace

void to_srgb(work& x) {
  auto profile = x.image.profile("ICC");
  auto done = profile.length() == 0
              || (x.image.colorSpace() == Magick::sRGBColorspace
                  && rgb_to_srgb(x.image, profile, x.header.depth > 8));
  if (!done && apply_profile(x.image) && !is_srgb(x.image))
    x.image.image()->colorspace = MagickCore::sRGBColorspace;
  if (!is_srgb(x.image))
    x.image.colorSpace(Magick::sRGBColorspace);
  // Every viewer takes an image without a profile as sRGB.
  x.image.profile("ICC", Magick::Blob());
}

} // namespace convertd
