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
  if (has_more_pictures(header, source))
    return keep_pictures(header, source, what);
  auto must_turn = what.strip_metadata && header.orientation != 1;
  switch (header.format) {
    case image_format::jpg: return compress_jpeg(header, source, what);
    case image_format::png: return compress_png(header, source, what);
    case image_format::webp:
      if (!must_turn)
        return compress_webp(header, source, what);
      [[fallthrough]];
    case image_format::avif:
    case image_format::tiff:
    case image_format::gif:
    case image_format::bmp: return compress_with_magick(header, source, what);
    default: return keep_pictures(header, source, what); // an icon has several sizes
  }
}

/// The one with fewer bytes; of equals the first.
candidate smaller(candidate a, candidate b) {
  if (!a || (b && b->bytes.size() < a->bytes.size()))
    return b;
  return a;
}

/// What cannot be encoded anew can be kept.
template <class F>
candidate attempt(F encode) {
  try {
    return encode();
  } catch (const imaging_error& x) {
    if (x.code() != ec::encode_failed)
      throw;
    return std::nullopt;
  }
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
    return not_larger(attempt([&] { return with_->lossless(); }));
  }

  candidate smallest() {
    if (what_.lossless)
      return lossless();
    auto found = attempt([&] { return with_->lossy(what_.quality); });
    if (!found || with_->lossless_may_win())
      found = smaller(attempt([&] { return with_->lossless(); }), std::move(found));
    return not_larger(std::move(found));
  }

  /// Instead of what has grown, the source's own image data.
  candidate not_larger(candidate found) {
    auto original = with_->original();
    auto must_turn = what_.strip_metadata && header_.orientation != 1;
    if (!original && found && found->bytes.size() > source_.size())
      return search(source_.size());
    if (must_turn && found && found->bytes.size() <= source_.size())
      return found; // the original would need a tag to be seen upright
    return smaller(std::move(original), std::move(found));
  }

  candidate within_target();
  candidate search(std::uint64_t target, int spent = 0);

  source_header header_;
  bytes_view source_;
  conversion what_;
  std::unique_ptr<compressor> with_;
};

/// Without loss if that will do; with as little loss as possible if not.
candidate compression::within_target() {
  if (what_.lossless)
    return lossless();
  auto target = std::min<std::uint64_t>(what_.target_bytes, source_.size());
  auto fits = [&](const candidate& x) { return x && x->bytes.size() <= target; };
  auto share = static_cast<double>(target) / static_cast<double>(source_.size());
  auto without_loss = fits(with_->original()) || share >= with_->lossless_share();
  auto best = without_loss ? lossless() : std::nullopt;
  if (fits(best))
    return best;
  auto found = search(target, without_loss ? 1 : 0);
  return fits(found) ? std::move(found) : smaller(std::move(best), std::move(found));
}

candidate compression::search(std::uint64_t target, int spent) {
  size_search steps{target, first_quality, with_->fixed_bytes()};
  if (auto quality = with_->source_quality())
    steps.know(*quality, source_.size());
  for (; spent > 0; --spent)
    steps.spend();
  candidate best;
  while (auto quality = steps.next()) {
    auto found = with_->lossy(*quality);
    if (!found)
      break;
    auto size = found->bytes.size();
    steps.record(*quality, size);
    auto fits = [&](const candidate& x) { return x->bytes.size() <= target; };
    if (!best
        || (fits(found) ? !fits(best) || size > best->bytes.size() : size < best->bytes.size()))
      best = std::move(found);
  }
  if (best)
    best->encodes = static_cast<std::uint8_t>(steps.encodes());
  return best;
}

} // namespace

encoded_image compress(const source_header& header, bytes_view source, const conversion& what) {
  return compression{header, source, what}.run();
}

} // namespace convertd
