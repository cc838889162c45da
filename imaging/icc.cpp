#include "imaging/icc.hpp"

#include "imaging/pixels.hpp"
#include "imaging/srgb_profile.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lcms2.h>
#include <memory>
#include <type_traits>
#include <vector>

namespace convertd {

namespace {

constexpr std::uint32_t rows_at_once = 16;
constexpr std::size_t channels = 3;

struct profile_closer {
  void operator()(cmsHPROFILE x) const {
    cmsCloseProfile(x);
  }
};
using open_profile = std::unique_ptr<std::remove_pointer_t<cmsHPROFILE>, profile_closer>;

struct transform_deleter {
  void operator()(cmsHTRANSFORM x) const {
    cmsDeleteTransform(x);
  }
};
using colour_transform = std::unique_ptr<std::remove_pointer_t<cmsHTRANSFORM>, transform_deleter>;

open_profile opened(const void* bytes, std::size_t size) {
  return open_profile{cmsOpenProfileFromMem(bytes, static_cast<cmsUInt32Number>(size))};
}

/// Null if lcms can make nothing of the profile. With 8 bits it multiplies by the matrix of most
/// profiles, with 16 it makes a table of colours first.
colour_transform to_srgb_from(const Magick::Blob& profile, bool wide) {
  auto from = opened(profile.data(), profile.length());
  if (!from || cmsGetColorSpace(from.get()) != cmsSigRgbData)
    return nullptr;
  auto wanted = srgb_profile();
  auto to = opened(wanted.data(), wanted.size());
  auto samples = wide ? TYPE_RGB_16 : TYPE_RGB_8;
  return colour_transform{
    cmsCreateTransform(from.get(), samples, to.get(), samples, INTENT_RELATIVE_COLORIMETRIC,
                       cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_HIGHRESPRECALC)};
}

} // namespace

bool rgb_to_srgb(Magick::Image& image, const Magick::Blob& profile, bool wide) {
  auto transform = to_srgb_from(profile, wide);
  if (!transform)
    return false;
  auto height = static_cast<std::uint32_t>(image.rows());
  auto type = wide ? Magick::ShortPixel : Magick::CharPixel;
  std::vector<std::uint16_t> samples(image.columns() * rows_at_once * channels);
  for (std::uint32_t y = 0; y < height; y += rows_at_once) {
    auto rows = std::min(rows_at_once, height - y);
    auto pixels = static_cast<cmsUInt32Number>(image.columns() * rows);
    take_rows(image, y, rows, "RGB", type, samples.data());
    cmsDoTransform(transform.get(), samples.data(), samples.data(), pixels);
    put_rows(image, y, rows, "RGB", type, samples.data());
  }
  return true;
}

} // namespace convertd
