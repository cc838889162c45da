#include "imaging/compress.hpp"

#include "imaging/compressor.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/size_search.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace convertd {

namespace {

/// Where the search starts in a source of which no quality is known.
constexpr double first_quality = 70;

using candidate = std::optional<encoded_image>;

std::unique_ptr<compressor> open(const source_header& header, bytes_view source,
                                 const conversion& what) {
  if (!facts_of(header.format).write)
    throw imaging_error(ec::unsupported_input, "This server does not write "
                                                 + std::string{facts_of(header.format).name}
                                                 + " and so cannot compress it.");
  if (header.format == image_format::jpg)
    return compress_jpeg(header, source, what);
  return compress_with_magick(header, source, what);
}

/// The one with fewer bytes; of equals the first.
candidate smaller(candidate a, candidate b) {
  if (!a || (b && b->bytes.size() < a->bytes.size()))
    return b;
  return a;
}

class compression {
public:
  compression(const source_header& header, bytes_view source, const conversion& what)
    : header_{header}, source_{source}, what_{what}, with_{open(header, source, what)} {}

  encoded_image run() {
    auto found = what_.mode == compress_mode::target_size ? within_target() : smallest();
    if (!found)
      throw imaging_error(ec::encode_failed, "");
    if (what_.mode == compress_mode::target_size && found->bytes.size() > what_.target_bytes)
      throw imaging_error(ec::target_unreachable,
                          "The smallest size that can be reached is "
                            + std::to_string(found->bytes.size()) + " bytes.",
                          std::to_string(found->bytes.size()));
    return std::move(*found);
  }

private:
  candidate lossless() {
    return not_larger(with_->lossless());
  }

  candidate smallest() {
    if (what_.lossless)
      return lossless();
    auto found = with_->lossy(what_.quality);
    return found ? not_larger(std::move(found)) : lossless();
  }

  /// Instead of what has grown, the source's own image data.
  candidate not_larger(candidate found) {
    auto original = with_->original();
    auto must_turn = what_.strip_metadata && header_.orientation != 1;
    if (must_turn && found && found->bytes.size() <= source_.size())
      return found; // the original would need a tag to be seen upright
    return smaller(std::move(original), std::move(found));
  }

  candidate within_target();
  candidate search();

  source_header header_;
  bytes_view source_;
  conversion what_;
  std::unique_ptr<compressor> with_;
};

/// Without loss if that will do; with as little loss as possible if not.
candidate compression::within_target() {
  auto target = what_.target_bytes;
  auto share = static_cast<double>(target) / static_cast<double>(source_.size());
  if (what_.lossless)
    return lossless();
  candidate best;
  if (share >= with_->lossless_share())
    best = lossless();
  if (best && best->bytes.size() <= target)
    return best;
  return smaller(std::move(best), search());
}

candidate compression::search() {
  size_search steps{what_.target_bytes, first_quality};
  if (auto quality = with_->source_quality())
    steps.know(*quality, source_.size());
  candidate best;
  while (auto quality = steps.next()) {
    auto found = with_->lossy(*quality);
    if (!found)
      return std::nullopt;
    auto size = found->bytes.size();
    steps.record(*quality, size);
    auto fits = [&](const candidate& x) { return x->bytes.size() <= what_.target_bytes; };
    if (!best
        || (fits(found) ? !fits(best) || size > best->bytes.size() : size < best->bytes.size()))
      best = std::move(found);
  }
  return best;
}

} // namespace

encoded_image compress(const source_header& header, bytes_view source, const conversion& what) {
  return compression{header, source, what}.run();
}

} // namespace convertd
