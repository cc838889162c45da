#include "imaging/compressor.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_write.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace convertd {

namespace {

/// So far below what was asked the picture is better kept in all its colours.
constexpr int quality_slack = 40;

/// Says what the colours mean, or may be copied whatever became of the pixels: then the fourth
/// letter is small.
bool may_be_kept(std::string_view name, bool strip) {
  if (is_critical_png(name))
    return false;
  return is_png_colour(name) || (!strip && name[3] >= 'a' && name[3] <= 'z');
}

std::vector<bytes_view> kept_chunks(bytes_view source, bool strip) {
  std::vector<bytes_view> out;
  for_each_png_chunk(source, [&](const png_chunk_view& x) {
    if (may_be_kept(x.name, strip))
      out.push_back(x.whole);
  });
  return out;
}

bool has_profile(bytes_view source) {
  auto found = false;
  for_each_png_chunk(source, [&](const png_chunk_view& x) { found |= x.name == "iCCP"; });
  return found;
}

class png_compressor : public compressor {
public:
  png_compressor(const source_header& header, bytes_view source, const conversion& what)
    : header_{header},
      source_{source},
      what_{what},
      extras_{kept_chunks(source, what.strip_metadata)},
      picture_{read_png(source)} {
    if (what.strip_metadata && header.orientation != 1)
      picture_ = turn_png(picture_, header.orientation);
  }

  std::optional<encoded_image> original() override {
    return unchanged(header_, source_, what_);
  }

  std::optional<encoded_image> lossless() override {
    return written(reduce_png(picture_, !has_profile(source_)), 0);
  }

  /// 16 bits a channel do not become a palette unless the size demands it.
  std::optional<encoded_image> lossy(double quality) override {
    auto must = what_.mode == compress_mode::target_size;
    auto wanted = static_cast<int>(std::lround(quality));
    if (!must && (picture_.depth == 16 || wanted == 100))
      return std::nullopt;
    auto few = quantise_png(picture_, wanted, must ? 0 : std::max(0, wanted - quality_slack));
    return few ? written(*few, static_cast<std::uint8_t>(wanted)) : std::nullopt;
  }

  double lossless_share() const override {
    return 0.1;
  }

  bool lossless_may_win() const override {
    return true;
  }

private:
  std::optional<encoded_image> written(const png_picture& x, std::uint8_t quality) const {
    auto bytes = write_png(x, extras_, source_.size());
    if (bytes.empty())
      return std::nullopt;
    encoded_image like;
    like.width = x.width;
    like.height = x.height;
    like.applied_quality = quality;
    return owned_image(std::move(bytes), like);
  }

  source_header header_;
  bytes_view source_;
  conversion what_;
  std::vector<bytes_view> extras_;
  png_picture picture_;
};

} // namespace

std::unique_ptr<compressor> compress_png(const source_header& header, bytes_view source,
                                         const conversion& what) {
  return std::make_unique<png_compressor>(header, source, what);
}

} // namespace convertd
