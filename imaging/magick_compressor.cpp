#include "imaging/compressor.hpp"
#include "imaging/lanczos_resizer.hpp"
#include "imaging/pixels.hpp"
#include "imaging/steps.hpp"

#include <cmath>

namespace convertd {

namespace {

/// The steps that a picture goes through which keeps its size. Where no quality says what may be
/// lost nothing is: colours stay as they are, with the profile that says what they mean.
void prepare(work& x) {
  orient(x);
  if (knows_quality(x.what.target)) {
    to_srgb(x);
    flatten(x);
  }
  auto profile = x.image.profile("ICC");
  settle_metadata(x);
  attach_profile(x.image, "ICC", {static_cast<const char*>(profile.data()), profile.length()});
}

class magick_compressor : public compressor {
public:
  magick_compressor(const source_header& header, bytes_view source, const conversion& what)
    : header_{header}, source_{source}, what_{what} {
    what_.target = header.format;
    read_pixels(work_, source);
    prepare(work_);
  }

  std::optional<encoded_image> original() override {
    return unchanged(header_, source_, what_);
  }

  std::optional<encoded_image> lossless() override {
    if (knows_quality(header_.format) || header_.format == image_format::bmp)
      return std::nullopt; // pixels made from others, in another kind of colour; nothing to gain
    return encode(work_);
  }

  std::optional<encoded_image> lossy(double quality) override {
    if (!knows_quality(header_.format))
      return std::nullopt;
    what_.quality = static_cast<std::uint8_t>(std::lround(quality));
    return encode(work_);
  }

  double lossless_share() const override {
    return knows_quality(header_.format) ? 2 : 0; // never, always
  }

private:
  source_header header_;
  bytes_view source_;
  conversion what_;
  lanczos_resizer unused_;
  work work_{.image = {},
             .header = header_,
             .what = what_,
             .plan = plan_geometry(what_, working_size(header_, what_)),
             .resampler = unused_};
};

} // namespace

std::unique_ptr<compressor> compress_with_magick(const source_header& header, bytes_view source,
                                                 const conversion& what) {
  return std::make_unique<magick_compressor>(header, source, what);
}

} // namespace convertd
