#include "imaging/compressor.hpp"
#include "imaging/webp_metadata.hpp"
#include "imaging/webp_picture.hpp"

#include <cmath>
#include <utility>

namespace convertd {

namespace {

class webp_compressor : public compressor {
public:
  webp_compressor(const source_header& header, bytes_view source, const conversion& what)
    : header_{header}, source_{source}, what_{what}, picture_{source} {}

  std::optional<encoded_image> original() override {
    return unchanged(header_, source_, what_);
  }

  std::optional<encoded_image> lossless() override {
    if (!picture_.is_lossless())
      return std::nullopt;
    return with_metadata(picture_.encode_lossless(), 100);
  }

  std::optional<encoded_image> lossy(double quality) override {
    return with_metadata(picture_.encode_lossy(quality), quality);
  }

  double lossless_share() const override {
    return picture_.is_lossless() ? 0.5 : 1;
  }

  bool lossless_may_win() const override {
    return picture_.is_lossless();
  }

private:
  encoded_image with_metadata(encoded_image plain, double quality) const {
    plain.applied_quality = static_cast<std::uint8_t>(std::lround(quality));
    auto whole = webp_with_metadata(plain.bytes, source_, what_.strip_metadata);
    return whole.empty() ? plain : owned_image(std::move(whole), plain);
  }

  source_header header_;
  bytes_view source_;
  conversion what_;
  webp_picture picture_;
};

} // namespace

std::unique_ptr<compressor> compress_webp(const source_header& header, bytes_view source,
                                          const conversion& what) {
  return std::make_unique<webp_compressor>(header, source, what);
}

} // namespace convertd
