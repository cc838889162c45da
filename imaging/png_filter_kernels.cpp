#include "imaging/png_filter_kernels.hpp"

#include <cstdlib>

// Highway includes this file once for each kind of processor.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "imaging/png_filter_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace convertd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

std::uint8_t plain_paeth(int left, int above, int corner) {
  auto guess = left + above - corner;
  auto a = std::abs(guess - left), b = std::abs(guess - above), c = std::abs(guess - corner);
  return static_cast<std::uint8_t>(a <= b && a <= c ? left : b <= c ? above : corner);
}

std::uint8_t plain_guess(png_filter how, const png_neighbours& x, std::size_t i) {
  switch (how) {
    case png_filter::sub: return x.left[i];
    case png_filter::up: return x.above[i];
    case png_filter::average: return static_cast<std::uint8_t>((x.left[i] + x.above[i]) / 2);
    case png_filter::paeth: return plain_paeth(x.left[i], x.above[i], x.corner[i]);
    default: return 0;
  }
}

/// What does not fill a vector.
std::uint64_t filter_rest(png_filter how, const png_neighbours& x, std::size_t from,
                          std::size_t size, std::uint8_t* out) {
  std::uint64_t sum = 0;
  for (auto i = from; i < size; ++i) {
    out[i] = static_cast<std::uint8_t>(x.now[i] - plain_guess(how, x, i));
    sum += out[i] < 128 ? out[i] : 256u - out[i];
  }
  return sum;
}

#if HWY_TARGET == HWY_SCALAR

std::uint64_t filter_row(png_filter how, const png_neighbours& x, std::size_t size,
                         std::uint8_t* out) {
  return filter_rest(how, x, 0, size, out);
}

#else

template <class V>
V difference(V a, V b) {
  return hn::Sub(hn::Max(a, b), hn::Min(a, b));
}

template <class V>
auto at_most(V a, V b) {
  return hn::Eq(hn::Min(a, b), a);
}

/// How far the guess left + above - corner is from each of them, in bytes: it is above - corner
/// away from the left one, left - corner from that above, and both together from the corner. If
/// that is more than a byte holds it is never the least.
template <class D, class V>
V paeth(D d, V left, V above, V corner) {
  const auto a = difference(above, corner), b = difference(left, corner);
  const auto rises = hn::VecFromMask(d, at_most(corner, above));
  const auto grows = hn::VecFromMask(d, at_most(corner, left));
  const auto same = hn::Eq(rises, grows);
  const auto c = hn::IfThenElse(same, hn::SaturatedAdd(a, b), difference(a, b));
  const auto second = hn::IfThenElse(at_most(b, c), above, corner);
  return hn::IfThenElse(hn::And(at_most(a, b), at_most(a, c)), left, second);
}

template <class Guess>
std::uint64_t filter_with(png_filter how, const png_neighbours& x, std::size_t size,
                          std::uint8_t* out, Guess guess) {
  const hn::ScalableTag<std::uint8_t> d;
  const hn::Repartition<std::uint64_t, decltype(d)> wide;
  auto sum = hn::Zero(wide);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d)) {
    const auto rest = hn::Sub(hn::LoadU(d, x.now + i), guess(d, i));
    hn::StoreU(rest, d, out + i);
    sum = hn::Add(sum, hn::SumsOf8(hn::Min(rest, hn::Sub(hn::Zero(d), rest))));
  }
  return hn::GetLane(hn::SumOfLanes(wide, sum)) + filter_rest(how, x, i, size, out);
}

std::uint64_t filter_row(png_filter how, const png_neighbours& x, std::size_t size,
                         std::uint8_t* out) {
  const auto with = [&](auto guess) HWY_ATTR { return filter_with(how, x, size, out, guess); };
  switch (how) {
    case png_filter::sub:
      return with([&](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, x.left + i); });
    case png_filter::up:
      return with([&](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, x.above + i); });
    case png_filter::average:
      return with([&](auto d, std::size_t i) HWY_ATTR {
        const auto a = hn::LoadU(d, x.left + i), b = hn::LoadU(d, x.above + i);
        const auto odd = hn::And(hn::Xor(a, b), hn::Set(d, 1)); // AverageRound() rounds up
        return hn::Sub(hn::AverageRound(a, b), odd);
      });
    case png_filter::paeth:
      return with([&](auto d, std::size_t i) HWY_ATTR {
        return paeth(d, hn::LoadU(d, x.left + i), hn::LoadU(d, x.above + i),
                     hn::LoadU(d, x.corner + i));
      });
    default: return with([&](auto d, std::size_t) HWY_ATTR { return hn::Zero(d); });
  }
}

#endif

} // namespace convertd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convertd {

HWY_EXPORT(filter_row);

std::uint64_t filter_png_row(png_filter how, const png_neighbours& x, std::size_t size,
                             std::uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(filter_row)(how, x, size, out);
}

} // namespace convertd
#endif
