#include "imaging/exif.hpp"
#include "imaging/magick_core.hpp"
#include "imaging/steps.hpp"
#include "imaging/xmp.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

namespace {

void mend_exif_profile(work& x) {
  auto profile = x.image.profile("EXIF");
  if (profile.length() == 0)
    return;
  auto first = static_cast<const std::uint8_t*>(profile.data());
  std::vector<std::uint8_t> block(first, first + profile.length());
  exif_facts facts{.upright = x.what.auto_orient || x.header.orientation == 1,
                   .width = static_cast<std::uint32_t>(x.image.columns()),
                   .height = static_cast<std::uint32_t>(x.image.rows())};
  auto whole = mend_exif(block, facts);
  x.image.profile("EXIF", whole ? Magick::Blob(block.data(), block.size()) : Magick::Blob());
}

void mend_xmp_profile(work& x) {
  auto profile = x.image.profile("XMP");
  std::string_view text{static_cast<const char*>(profile.data()), profile.length()};
  if (xmp_is_stale(text, x.header, x.what,
                   {static_cast<std::uint32_t>(x.image.columns()),
                    static_cast<std::uint32_t>(x.image.rows())}))
    x.image.profile("XMP", Magick::Blob());
}

/// Photoshop resources hold thumbnails (1033, 1036); the IPTC record in them has a place of its
/// own.
void drop_photoshop_resources(work& x) {
  auto iptc = x.image.profile("IPTC");
  x.image.profile("8BIM", Magick::Blob());
  if (iptc.length() != 0)
    x.image.profile("IPTC", iptc);
}

/// Properties that ImageMagick derived from the source; some writers would write them as text.
void drop_derived_properties(work& x) {
  constexpr std::string_view derived[] = {"exif:", "tiff:", "date:", "png:", "jpeg:", "webp:"};
  auto* image = x.image.image();
  std::vector<std::string> names;
  MagickCore::ResetImagePropertyIterator(image);
  while (auto* name = MagickCore::GetNextImageProperty(image))
    for (auto prefix : derived)
      if (std::string_view{name}.starts_with(prefix))
        names.emplace_back(name);
  for (const auto& name : names)
    MagickCore::DeleteImageProperty(image, name.c_str());
}

} // namespace

void settle_metadata(work& x) {
  x.image.modifyImage();
  if (x.what.strip_metadata) {
    x.image.strip();
    return;
  }
  mend_exif_profile(x);
  mend_xmp_profile(x);
  drop_photoshop_resources(x);
  drop_derived_properties(x);
}

} // namespace convertd
