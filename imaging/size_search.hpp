// Looks for the quality whose result comes close to a number of bytes and not above, in few
// encodes.
#pragma once

#include <cstdint>
#include <optional>

namespace convertd {

/// Sizes fall almost as a power of the factor that scales a quantiser's steps: on logarithms of
/// both the search is a regula falsi, and knows from the first encode roughly where to go.
///
///   while (auto quality = search.next()) search.record(*quality, encode(*quality).size());
class size_search {
public:
  /// Encodes, the first included.
  static constexpr int encodes_max = 7;

  /// `start` is the quality to begin with. `fixed` bytes of each size are metadata, which no
  /// quality makes smaller.
  size_search(std::uint64_t target, double start, std::uint64_t fixed = 0);

  /// The quality to try next, 1..100; nothing when there is nothing better to hope for.
  std::optional<double> next() const;
  void record(double quality, std::uint64_t size);

  /// A size that is known without an encode of ours: it does not count.
  void know(double quality, std::uint64_t size);

  /// An encode that tells nothing about the curve counts all the same.
  void spend() {
    ++encodes_;
  }
  int encodes() const {
    return encodes_;
  }

private:
  struct point {
    double x; ///< Logarithm of the factor,
    double y; ///< and of the size.
  };

  void learn_slope(point now);
  point at(double quality, std::uint64_t size) const;
  bool good_enough() const;
  double guess() const;

  double fixed_;
  double goal_;   ///< What is aimed at, a little below
  double target_; ///< what may not be exceeded; both as logarithms.
  double start_;
  std::optional<point> over_;  ///< The coarsest that was too large,
  std::optional<point> under_; ///< and the finest that was not.
  std::optional<point> last_;
  double slope_ = -0.7; ///< Of the size over the factor; the usual one until two sizes are known.
  int encodes_ = 0;
  int same_side_ = 0; ///< Encodes in a row that fell on the same side; below 0: under.
};

} // namespace convertd
