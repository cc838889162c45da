#include "imaging/compressor.hpp"
#include "imaging/magick_resizer.hpp"
#include "imaging/steps.hpp"

#include <cmath>

namespace convertd {

namespace {

/// The steps that a picture goes through which keeps its size.
void prepare(work& x) {
  for (auto step : {orient, to_srgb, flatten, settle_metadata})
    step(x);
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
    if (what_.strip_metadata)
      return std::nullopt;
    return unchanged(header_, source_);
  }

  std::optional<encoded_image> lossless() override {
    if (knows_quality(header_.format))
      return std::nullopt; // its pixels were made from others, in another kind of colour
    return encode(work_);
  }

  std::optional<encoded_image> lossy(double quality) override {
    if (!knows_quality(header_.format))
      return std::nullopt;
    what_.quality = static_cast<std::uint8_t>(std::lround(quality));
    return encode(work_);
  }

  double lossless_share() const override {
    return 0;
  }

private:
  source_header header_;
  bytes_view source_;
  conversion what_;
  magick_resizer unused_;
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
