#include "imaging/compressor.hpp"
#include "imaging/exif.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/jpeg_coefficients.hpp"
#include "imaging/magick_engine.hpp"
#include "imaging/steps.hpp"

#include <cmath>
#include <memory>
#include <vector>

namespace convertd {

namespace {

using bytes = std::vector<std::byte>;

/// A picture whose tag says how to turn it, when the tag is to go.
bool must_turn(const source_header& header, const conversion& what) {
  return what.strip_metadata && header.orientation != 1;
}

/// Drawn anew: at the finest steps, and in sRGB.
bytes painted(bytes_view source, bool upright) {
  conversion finest{
    .target = image_format::jpg, .quality = 100, .auto_orient = upright, .strip_metadata = true};
  auto image = magick_engine{}.convert(read_header(image_format::jpg, source), source, finest);
  return {image->bytes.begin(), image->bytes.end()};
}

class jpeg_compressor : public compressor {
public:
  jpeg_compressor(const source_header& header, bytes_view source, const conversion& what)
    : header_{header},
      source_{source},
      what_{what},
      keep_{kept_segments(source, what.strip_metadata)},
      turned_{turned(source)},
      coefficients_{std::make_unique<jpeg_coefficients>(stored())} {}

  std::optional<encoded_image> original() override {
    return unchanged(header_, source_, what_);
  }

  std::optional<encoded_image> lossless() override {
    return encode(100);
  }

  std::optional<encoded_image> lossy(double quality) override {
    try {
      return encode(quality);
    } catch (const imaging_error& x) {
      if (x.code() != ec::encode_failed || painted_)
        throw;
    }
    paint();
    return encode(quality);
  }

  /// Huffman tables of their own and progressive scans take about a tenth away.
  double lossless_share() const override {
    return 0.85;
  }

  std::uint64_t fixed_bytes() const override {
    std::uint64_t sum = 0;
    for (const auto& x : keep_)
      sum += x.data.size() + 4; // marker and length
    return sum;
  }

  std::optional<double> source_quality() const override {
    return coefficients_->source_quality();
  }

private:
  encoded_image encode(double quality) const {
    auto out = coefficients_->encode(quality, keep_);
    out.applied_quality = static_cast<std::uint8_t>(std::lround(quality));
    return out;
  }

  /// Empty when the source is read as it is.
  bytes turned(bytes_view source) {
    if (!must_turn(header_, what_))
      return {};
    auto out = turn_jpeg(source, header_.orientation);
    if (!out.empty())
      return out;
    if (what_.lossless) { // then the tag must stay, and nothing but the tag
      tag_ = orientation_block(header_.orientation);
      keep_.insert(keep_.begin(), {.marker = 0xE1, .data = std::as_bytes(std::span{tag_})});
      return {};
    }
    keep_.clear();                // the profile was applied
    return painted(source, true); // its sides do not end with whole blocks
  }

  bytes_view stored() const {
    return turned_.empty() ? source_ : bytes_view{turned_};
  }

  /// A decoder takes coefficients that no encoder writes. Their picture can be had all the same.
  void paint() {
    painted_ = true;
    turned_ = painted(stored(), false);
    std::erase_if(keep_, is_jpeg_profile);
    coefficients_ = std::make_unique<jpeg_coefficients>(turned_);
  }

  source_header header_;
  bytes_view source_;
  conversion what_;
  std::vector<std::uint8_t> tag_;
  std::vector<jpeg_segment> keep_;
  bytes turned_;
  std::unique_ptr<jpeg_coefficients> coefficients_;
  bool painted_ = false;
};

} // namespace

std::unique_ptr<compressor> compress_jpeg(const source_header& header, bytes_view source,
                                          const conversion& what) {
  return std::make_unique<jpeg_compressor>(header, source, what);
}

} // namespace convertd
